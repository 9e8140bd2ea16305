"""A network of a scene: each neuron of each pixel's patch does what it does in the network of patches."""

import itertools
import math

import numpy as np
import pytest
from nets import Weights

from neurosim import (
    BMIF,
    IF,
    LIF,
    Accumulate,
    AdaptiveAvgPool,
    AvgPool,
    Conv,
    Identity,
    Input,
    Layer,
    Linear,
    MaxPool,
    Network,
    Noise,
    Projection,
    Relay,
    Reshape,
    Scale,
)
from neurosim.errors import InputError, Unsupported
from neurosim.extras import extended
from neurosim.reference import simulate
from neurosim.sliding import of_pixel, over_scene

ROWS, COLUMNS, STEPS = 3, 4, 6
RANKS = {"spectra": (2, 11), "images": (3, 6, 5), "volumes": (2, 8, 5, 4), "vectors": (7,)}


class Draw:
    """Random networks of patches of which a scene can be made: ops in all their settings, skips, loops."""

    def __init__(self, seed):
        self.random, self.weights = np.random.default_rng(seed), Weights(seed, dyadic=False)

    def whole(self, least, most):
        return int(self.random.integers(least, most + 1))

    def bands(self, shape):
        """How many axes are neither channels, rows nor columns."""
        return len(shape) - 1 if len(shape) < 3 else len(shape) - 3

    def conv(self, shape):
        bands, space = self.bands(shape), 2 * (len(shape) > 2)
        groups = self.whole(1, 2) if shape[0] % 2 == 0 else 1
        kernel = [self.whole(1, min(size, 3)) for size in shape[1:]]
        room = [size // k if k > 1 else 1 for k, size in zip(kernel, shape[1:], strict=True)]
        dilation = [self.whole(1, min(2, most)) for most in room]
        stride = [self.whole(1, 2) for _ in range(bands)]
        padding = [(self.whole(0, 1), self.whole(0, 2)) for _ in range(bands)]
        spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
        alone = [span == size for span, size in zip(spans, shape[1:], strict=True)][bands:]
        stride += [self.whole(1, 4) if one else 1 for one in alone]  # where one window fits, any will do
        weight = self.weights.weight(groups * self.whole(1, 3), shape[0] // groups, *kernel)
        return Conv(weight, tuple(stride), (*padding, *[(0, 0)] * space), tuple(dilation), groups)

    def pool(self, shape):
        bands, space = self.bands(shape), 2 * (len(shape) > 2)
        kernel = tuple(self.whole(1, min(size, 3)) for size in shape[1:])
        stride = tuple(self.whole(1, 2) for _ in range(bands)) + (1,) * space
        return kernel, stride, (0,) * (bands + space)

    def average(self, shape):
        return AvgPool(*self.pool(shape), ceil_mode=bool(self.whole(0, 1)))

    def adaptive(self, shape):
        return AdaptiveAvgPool(tuple(self.random.choice([1, size]) for size in shape[1:]))

    def scale(self, shape):
        return Scale(self.random.uniform(-2, 2, [(), shape[:1]][self.whole(0, 1)]))

    def identity(self, shape):
        return Identity(1, (self.whole(0, 1), self.whole(0, 1)))

    def merged(self, shape):
        """Channels and bands as channels, or the other way round."""
        features, space = (shape, ()) if len(shape) < 3 else (shape[:-2], shape[-2:])
        size = math.prod(features)
        return Reshape((size, *space)) if len(features) == 2 else Reshape((1, size, *space))

    def linear(self, shape):
        return Linear(self.weights.weight(self.whole(2, 6), math.prod(shape)))

    def chain(self, shape):
        ops = []
        for _ in range(self.whole(1, 3)):
            kinds = [self.conv, self.conv, self.average, self.adaptive][: 4 * (len(shape) > 1)]
            kinds += [self.scale, self.identity, self.merged] + [self.linear] * (self.whole(0, 2) == 0)
            ops.append(kinds[self.whole(0, len(kinds) - 1)](shape))
            shape = ops[-1].output_shape(shape)
        return tuple(ops), shape

    def neuron(self, channels):
        threshold, leak = self.random.uniform(0.4, 1.2, channels), self.random.uniform(0.5, 1)
        return [
            IF(threshold, lower_bound=-1.0),
            LIF(threshold, leak=leak, strict=True),
            LIF(threshold[0], leak=leak, reset="delayed", initial=0.2),
            BMIF(threshold, strength=3),
        ][self.whole(0, 3)]

    def network(self, shape):
        layers, projections = [Layer("in", shape, Input(0.25, 1.5))], []
        for number in range(5):
            name, source = f"layer{number}", layers[-1]
            if number and len(source.shape) > 1 and self.whole(0, 3) == 0:
                op = MaxPool(*self.pool(source.shape), rule=["count", "step"][self.whole(0, 1)])
                layers.append(Layer(name, op.output_shape(source.shape), Relay()))
                projections.append(Projection(source.name, name, op, delay=self.whole(0, 1)))
                continue
            ops, shape = self.chain(source.shape)
            bias = [None, self.weights.bias(shape[0])][self.whole(0, 1)]
            layers.append(Layer(name, shape, self.neuron(shape[0])))
            projections.append(Projection(source.name, name, ops, bias, self.whole(0, 1)))
            skips = [known for known in layers[1:] if known.shape == shape]  # the layer itself: recurrent
            projections += [Projection(s.name, name, Scale(0.25), delay=7) for s in skips[:2]]
        weight = self.weights.weight(4, layers[-1].size)
        projections.append(Projection(layers[-1].name, "out", Linear(weight)))
        return Network([*layers, Layer("out", (4,), Accumulate())], projections)


def scene_and_patches(network, seed=0):
    """Random raw pixels of the scene (1, ...) and, row by row, of every pixel's patch."""
    wide = over_scene(network, ROWS, COLUMNS)
    scene = np.random.default_rng(seed).normal(0.5, 1.5, (1, *wide.input.shape))
    places = itertools.product(range(ROWS), range(COLUMNS))
    return wide, scene, np.concatenate([of_pixel(scene, network.input.shape, *place) for place in places])


def simulated(network, images, dtype):
    """Yield each step's strengths and potentials by layer, in some precision."""
    values = network.input.neuron.normalise(images, images.ndim - 1)[:, None].astype(dtype)
    return simulate(network, values, STEPS, dtype=dtype)


def check_pixels(network, over, apart):
    """Compare one step of the scene's layers with that of all pixels' patches; return how many spikes."""
    for layer in network.neurons:
        for kind in ("strength", "potential"):
            scene, patches = (getattr(step[layer.name], kind) for step in (over, apart))
            for patch, place in zip(patches, itertools.product(range(ROWS), range(COLUMNS)), strict=True):
                said = of_pixel(scene[0], layer.shape, *place)
                np.testing.assert_array_equal(said, patch, f"{kind} of {layer.name} at {place}")
    return sum(np.count_nonzero(step.strength) for step in apart.values())


@pytest.mark.parametrize("shape", RANKS.values(), ids=RANKS)
def test_random_networks_slide_bit_for_bit(shape):
    spikes = 0
    for seed in range(25):
        network, dtype = Draw(seed).network(shape), (np.float64, np.float32)[seed % 2]
        wide, scene, patches = scene_and_patches(network, seed)
        steps = zip(simulated(wide, scene, dtype), simulated(network, patches, dtype), strict=True)
        spikes += sum(check_pixels(network, over, apart) for over, apart in steps)
    assert spikes > 5000


def pixel(weight=(2, 1, 3, 3, 3), neuron=None, bias=None, **changes):
    """A network of patches 5x5 with six bands that slides; or, changed, one that does not."""
    conv = Conv(np.ones(weight), **changes)
    shape = conv.output_shape((1, 6, 5, 5))
    layers = [Layer("in", (1, 6, 5, 5), Input()), Layer("conv", shape, neuron or IF())]
    layers.append(Layer("out", (2,), Accumulate()))
    size = math.prod(shape)
    projections = [
        Projection("in", "conv", conv, bias),
        Projection("conv", "out", Linear(np.ones((2, size)))),
    ]
    return Network(layers, projections)


def through(*ops):
    """A network with a projection of spikes through `ops`."""
    made = source = (4, 5, 5)
    for op in ops:
        made = op.output_shape(made)
    layers = [Layer("in", source, Input()), Layer("a", source, IF()), Layer("b", made, IF())]
    return Network(layers, [Projection("in", "a", Identity()), Projection("a", "b", ops)])


def test_shapes():
    wide = over_scene(pixel(stride=(2, 1, 1), padding=(1, 0, 0)), 4, 7)
    assert [layer.shape for layer in wide.layers] == [(1, 6, 8, 11), (2, 3, 6, 9), (2, 4, 7)]
    kernel, flat = wide.into("out")[0].ops
    assert (kernel.weight.shape, flat.shape) == ((2, 2, 3, 3, 3), (2, 4, 7))
    assert over_scene(pixel(), 1, 1)["conv"].shape == pixel()["conv"].shape


def test_a_window_as_large_as_the_map_may_have_any_stride():
    wide = over_scene(through(AvgPool(5), Conv(np.ones((3, 4, 1, 1)), stride=9)), 2, 3)
    assert wide["b"].shape == (3, 2, 3)
    assert over_scene(through(AdaptiveAvgPool(1)), 2, 3)["b"].shape == (4, 2, 3)


REFUSALS = {
    "padding": (
        pixel(padding=(0, 1, 1)),
        "projection 'in' -> 'conv': Conv has padding along rows or columns, where the scene has pixels: use "
        "none",
    ),
    "stride": (
        pixel(stride=(1, 1, 2)),
        "projection 'in' -> 'conv': Conv has a stride along rows or columns, which leaves out pixels: use 1",
    ),
    "half a pool": (
        through(AvgPool(2)),
        "projection 'a' -> 'b': AvgPool has a stride along rows or columns, which leaves out pixels: use 1",
    ),
    "every other": (
        through(Identity(2)),
        "projection 'a' -> 'b': Identity has a stride along rows or columns, which leaves out pixels: use 1",
    ),
    "adaptive": (
        through(AdaptiveAvgPool(2)),
        "projection 'a' -> 'b': AdaptiveAvgPool has windows of several sizes, (2, 2) of (5, 5): use AvgPool",
    ),
    "flattened": (
        through(Reshape((100,))),
        "projection 'a' -> 'b': Reshape of (4, 5, 5) to (100,) mixes rows and columns with other axes: leave "
        "the last two as they are",
    ),
    "factors": (
        through(Scale(np.ones((4, 5, 5)))),
        "projection 'a' -> 'b': Scale has one factor a neuron: give a scalar or one a channel",
    ),
    "thresholds": (
        pixel(neuron=IF(np.ones((2, 4, 3, 3)))),
        "layer 'conv': IF has threshold one a neuron: give a scalar or one a channel",
    ),
    "bias": (
        pixel(bias=np.ones((2, 4, 3, 3))),
        "projection 'in' -> 'conv': bias is one a neuron: give one a channel",
    ),
}


@pytest.mark.parametrize(("network", "text"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(network, text):
    with pytest.raises(Unsupported) as raised:
        over_scene(network, 2, 2)
    assert str(raised.value) == f"over_scene: {text}"


def test_noise_is_refused():
    noisy = extended(pixel(), (Noise(0.1, seed=1),))
    with pytest.raises(Unsupported) as raised:
        over_scene(noisy, 2, 2)
    assert str(raised.value).endswith("draws random numbers, which differ between patches: leave noise out")


@pytest.mark.parametrize(
    ("rows", "columns", "field"), [(0, 3, "rows"), (2, 1.5, "columns"), (True, 2, "rows")]
)
def test_sizes_are_whole(rows, columns, field):
    with pytest.raises(InputError, match=f"^over_scene.{field} is"):
        over_scene(pixel(), rows, columns)


def test_a_pixel_outside_has_no_patch():
    with pytest.raises(InputError) as raised:
        of_pixel(np.zeros((9, 4, 6, 8)), (4, 5, 5), 2, 0)
    assert str(raised.value) == (
        "of_pixel: values of shape (9, 4, 6, 8) have no patch (4, 5, 5) at row 2, column 0: give values of "
        "that layer in the scene, and a pixel within it"
    )
