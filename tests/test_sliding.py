"""A network of a whole scene: each neuron of each pixel's patch does what it does in the network of patches."""

import itertools
import math

import numpy as np
import pytest
from nets import Weights

from neurosim import (
    IF,
    LIF,
    Accumulate,
    AdaptiveAvgPool,
    AvgPool,
    BMIF,
    Conv,
    CppStandalone,
    Identity,
    Input,
    Layer,
    Linear,
    MaxPool,
    Network,
    Projection,
    Reference,
    Relay,
    Reshape,
    Scale,
    Simulation,
)
from neurosim.errors import InputError, Unsupported
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
        dilation = [self.whole(1, 2) if 2 * k - 1 <= size else 1 for k, size in zip(kernel, shape[1:])]
        stride = [self.whole(1, 2) for _ in range(bands)]
        padding = [(self.whole(0, 1), self.whole(0, 2)) for _ in range(bands)]
        whole = [d * (k - 1) + 1 == size for k, d, size in zip(kernel, dilation, shape[1:])][bands:]
        stride += [self.whole(1, 4) if alone else 1 for alone in whole]  # a map of one pixel may have any
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
        layers.append(Layer("out", (4,), Accumulate()))
        projections.append(Projection(layers[-2].name, "out", self.linear_to(4, layers[-2].shape)))
        return Network(layers, projections)

    def linear_to(self, outputs, shape):
        return Linear(self.weights.weight(outputs, math.prod(shape)))


def scene_and_patches(network, seed=0):
    """Random raw pixels of the scene (1, ...) and, row by row, of every pixel's patch."""
    wide = over_scene(network, ROWS, COLUMNS)
    scene = np.random.default_rng(seed).normal(0.5, 1.5, (1, *wide.input.shape))
    places = itertools.product(range(ROWS), range(COLUMNS))
    return wide, scene, np.concatenate([of_pixel(scene, network.input.shape, *place) for place in places])


def frames(network, images):
    return network.input.neuron.normalise(images, images.ndim - 1)[:, None]


def check_pixels(network, scene, patches):
    """Compare dense arrays by layer: scene (..., *shape of the scene), patches (pixels, ..., *shape)."""
    for layer in network.neurons:
        for number, place in enumerate(itertools.product(range(ROWS), range(COLUMNS))):
            said = of_pixel(scene[layer.name], layer.shape, *place)
            np.testing.assert_array_equal(said, patches[layer.name][number], f"{layer.name} at {place}")


@pytest.mark.parametrize("shape", RANKS.values(), ids=RANKS)
def test_random_networks_slide_bit_for_bit(shape):
    spikes = 0
    for seed in range(25):
        network = Draw(seed).network(shape)
        wide, scene, patches = scene_and_patches(network, seed)
        both = zip(
            simulate(wide, frames(wide, scene), STEPS), simulate(network, frames(network, patches), STEPS)
        )
        for over, apart in both:
            for kind in ("strength", "potential"):
                check_pixels(
                    network,
                    {name: getattr(step, kind)[0] for name, step in over.items()},
                    {name: getattr(step, kind) for name, step in apart.items()},
                )
            spikes += sum(np.count_nonzero(step.strength) for step in apart.values())
    assert spikes > 1000
