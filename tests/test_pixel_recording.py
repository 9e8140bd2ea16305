"""Patches cut out of the recording of a scene are the recording of the patches, to the last bit."""

import itertools

import numpy as np
import pytest

from neurosim import BMIF, LIF, Accumulate, Conv, Input, Layer, Linear, Network, Projection, Reference
from neurosim.comparison import compare
from neurosim.errors import InputError, NotRecorded
from neurosim.simulation import Simulation
from neurosim.sliding import of_pixel, over_scene
from neurosim.workflows.pixel_recording import recording_of_pixels

STEPS, ROWS, COLUMNS = 6, 2, 3
PLACES = list(itertools.product(range(ROWS), range(COLUMNS)))
LABELS = [0, 1, 1, 0, 1, 0]


def network():
    """Spikes with and without strengths, and an output."""
    random = np.random.default_rng(0)
    layers = [
        Layer("in", (1, 4, 3, 3), Input()),
        Layer("graded", (2, 3, 2, 2), BMIF(0.5, strength=4)),
        Layer("plain", (5,), LIF(0.7, leak=0.9)),
        Layer("out", (2,), Accumulate()),
    ]
    projections = [
        Projection("in", "graded", Conv(random.normal(size=(2, 1, 2, 2, 2)))),
        Projection("graded", "plain", Linear(random.normal(size=(5, 24)))),
        Projection("plain", "out", Linear(random.normal(size=(2, 5)))),
    ]
    return Network(layers, projections, classes=("field", "wood"))


def run(net, images, labels=None, record="spikes"):
    with Simulation(net, Reference(), STEPS, record=record) as simulation:
        return simulation.run(images, labels, progress=False)


@pytest.fixture(scope="module")
def scenes():
    """Raw pixels of two scenes."""
    shape = over_scene(network(), ROWS, COLUMNS).input.shape
    return np.random.default_rng(1).normal(0.4, 1, (2, *shape))


@pytest.fixture(scope="module")
def recorded(scenes):
    return run(over_scene(network(), ROWS, COLUMNS), scenes)


def test_it_is_what_the_patches_do_by_themselves(scenes, recorded):
    net = network()
    patches = np.stack([of_pixel(scenes[1], net.input.shape, *place) for place in PLACES])
    apart = run(net, patches, LABELS)
    cut = recording_of_pixels(net, recorded, 1, PLACES, LABELS)
    agreement = compare({"cut": cut, "apart": apart})
    assert agreement
    assert agreement.spikes > 50
    assert np.abs(cut.spikes("graded").strength).max() > 1
    for name in ("latency", "outputs", "classes", "spiking", "dt"):
        assert getattr(cut, name) == getattr(apart, name)
    assert cut.accuracy().tolist() == apart.accuracy().tolist()
    for layer in cut.layers:
        assert cut.totals(layer).tolist() == apart.totals(layer).tolist()
    assert cut.provenance["network"] == net.fingerprint()


def test_a_change_is_seen(recorded):
    here, there = (recording_of_pixels(network(), recorded, image, PLACES) for image in (0, 1))
    assert not compare({"here": here, "there": there})


def test_refusals(scenes, recorded):
    with pytest.raises(InputError, match="have no patch"):
        recording_of_pixels(network(), recorded, 0, [(ROWS, 0)])
    with pytest.raises(InputError, match="2"):
        recording_of_pixels(network(), recorded, 2, PLACES)
    few = run(over_scene(network(), ROWS, COLUMNS), scenes, record="totals")
    with pytest.raises(NotRecorded, match="'graded'"):
        recording_of_pixels(network(), few, 0, PLACES)
