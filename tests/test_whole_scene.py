"""A whole scene, strip by strip: what it says of a pixel is what the network says of the pixel's patch."""

import numpy as np
import pytest
from nets import Weights

from neurosim import (
    BMIF,
    LIF,
    Accumulate,
    AvgPool,
    Conv,
    CppStandalone,
    Identity,
    Input,
    Layer,
    Linear,
    Network,
    Projection,
    Reference,
    Reshape,
    Scale,
    Simulation,
    of_pixel,
    over_scene,
    scene_outputs,
)
from neurosim.datasets import Patches, Scene, Strips
from neurosim.errors import InputError

STEPS, SIZE, ROWS = 5, 5, 4
HEIGHT, WIDTH, BANDS = 10, 7, 9  # the last strip of four rows has two


@pytest.fixture(scope="module")
def scene():
    cube = np.random.default_rng(0).normal(0.4, 1, (HEIGHT, WIDTH, BANDS))
    return Scene("field", cube, np.ones((HEIGHT, WIDTH), np.int64), ("grass",))


@pytest.fixture(scope="module")
def network():
    """As HybridSN, with a shortcut, a pool and a recurrent layer; no weight is dyadic."""
    weights = Weights(3, dyadic=False)
    layers = [
        Layer("in", (1, BANDS, SIZE, SIZE), Input(0.1, 0.9)),
        Layer("volume", (4, 4, 4, 4), LIF(weights.random.uniform(0.5, 0.9, 4), leak=0.9, strict=True)),
        Layer("map", (6, 3, 3), LIF(0.6, leak=0.83)),
        Layer("shortcut", (6, 3, 3), BMIF(0.7, strength=4)),
        Layer("hidden", (12,), LIF(weights.random.uniform(0.4, 0.8, 12), leak=0.7)),
        Layer("out", (3,), Accumulate()),
    ]
    projections = [
        Projection("in", "volume", Conv(weights.weight(4, 1, 3, 2, 2), (2, 1, 1))),
        Projection("volume", "map", (Reshape((16, 4, 4)), Conv(weights.weight(6, 16, 2, 2)), Scale(0.7))),
        Projection("map", "shortcut", Conv(weights.weight(6, 6, 1, 1)), weights.bias(6)),
        Projection("map", "shortcut", Identity()),
        Projection("shortcut", "hidden", Linear(weights.weight(12, 54))),
        Projection("map", "hidden", (AvgPool(3), Linear(weights.weight(12, 6)))),
        Projection("hidden", "hidden", Linear(weights.weight(12, 12, gain=0.5)), delay=1),
        Projection("hidden", "out", Linear(weights.weight(3, 12))),
    ]
    return Network(layers, projections)


@pytest.fixture(scope="module")
def patchwise(scene, network):
    """The recording of every pixel's patch."""
    with Simulation(network, Reference(), STEPS, record="spikes") as simulation:
        return simulation.run(Patches(scene, scene.labelled, SIZE).images[:], progress=False)


def test_strips_hold_every_patch(scene):
    strips = Strips(scene, SIZE, ROWS)
    patches = Patches(scene, scene.labelled, SIZE).images
    assert strips.images.shape == (3, 1, BANDS, ROWS + SIZE - 1, WIDTH + SIZE - 1)
    for number, patch in enumerate(patches[:]):
        row, column = divmod(number, WIDTH)
        held = of_pixel(strips.images[row // ROWS], patches.shape[1:], row % ROWS, column)
        np.testing.assert_array_equal(held, patch)
    np.testing.assert_array_equal(Strips(scene, SIZE, ROWS, volume=False).images, strips.images[:, 0])
    numbers = np.arange(3 * ROWS * WIDTH).reshape(3, 1, ROWS, WIDTH)
    np.testing.assert_array_equal(strips.joined(numbers)[..., 0].ravel(), np.arange(HEIGHT * WIDTH))


def test_every_spike_in_compiled_code(scene, network, patchwise):
    strips = Strips(scene, SIZE, ROWS)
    wide = over_scene(network, strips.rows, strips.columns)
    with Simulation(wide, CppStandalone(), STEPS, record="spikes") as simulation:
        recording = simulation.run(strips.images, progress=False)
    for layer in network.neurons[:-1]:
        over, apart = recording.dense(layer.name), patchwise.dense(layer.name)
        assert 0.02 < np.mean(apart != 0) < 0.9
        for number, said in enumerate(apart):
            row, column = divmod(number, WIDTH)
            held = of_pixel(over[row // ROWS], layer.shape, row % ROWS, column)
            np.testing.assert_array_equal(held, said)
    outputs = strips.joined(recording.output()[:, -1])
    np.testing.assert_array_equal(outputs.reshape(-1, 3), patchwise.output()[:, -1])


@pytest.mark.parametrize("rows", [1, 3, 10, 16])
def test_outputs_of_all_pixels(scene, network, patchwise, rows):
    outputs = scene_outputs(network, scene, Reference(), STEPS, rows=rows, progress=False)
    assert outputs.shape == (HEIGHT, WIDTH, 3)
    np.testing.assert_array_equal(outputs.reshape(-1, 3), patchwise.output()[:, -1])


@pytest.mark.parametrize("shape", [(1, BANDS), (BANDS,), (BANDS, 3, 3)], ids=str)
def test_spectra_and_images(scene, shape):
    weights = Weights(1, dyadic=False)
    layers = [Layer("in", shape, Input()), Layer("hidden", (8,), LIF(0.5, leak=0.9))]
    projections = [Projection("in", "hidden", Linear(weights.weight(8, int(np.prod(shape)))))]
    projections.append(Projection("hidden", "out", Linear(weights.weight(4, 8))))
    network = Network([*layers, Layer("out", (4,), Accumulate())], projections)
    found = scene_outputs(network, scene, Reference(), STEPS, progress=False)
    patches = Patches(scene, scene.labelled, shape[-1] if len(shape) == 3 else 1, volume=False).images[:]
    with Simulation(network, Reference(), STEPS) as simulation:
        expected = simulation.run(patches.reshape(-1, *shape), progress=False).output()[:, -1]
    np.testing.assert_array_equal(found.reshape(-1, 4), expected)


def test_refusals(scene, network):
    with pytest.raises(InputError, match=r"^Strips: size is 4: give an odd one, so that the pixel is in the"):
        Strips(scene, 4, 2)
    with pytest.raises(InputError, match=r"^Strips: rows is 0: give 1 or more$"):
        Strips(scene, 5, 0)
    with pytest.raises(InputError) as raised:
        Strips(scene, 5, 4).joined(np.zeros((3, 2, 4, 8)))
    assert str(raised.value) == "Strips.joined: values have shape (3, 2, 4, 8): give (3, values, 4, 7)"
    few = Scene("field", scene.cube[..., :8], scene.labels, scene.classes)
    with pytest.raises(InputError) as raised:
        scene_outputs(network, few, Reference(), STEPS)
    assert str(raised.value) == (
        "scene_outputs: the network takes (1, 9, 5, 5) and the scene has 8 bands: give a network of "
        "(1, 8, size, size), (8, size, size), (1, 8) or (8,)"
    )
