"""Comparison: the first place where recordings part, ties, and the error of a read-out."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nets import images, residual
from recorded import DT, SHAPES, STEPS, dense, header, packed

from neurosim.comparison import (
    Agreement,
    Divergence,
    compare,
    deviation,
    margins,
    readout_error,
    tie_tolerance,
)
from neurosim.errors import InputError
from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.neurons import BMIF, IF, Input
from neurosim.ops import Identity
from neurosim.recording import Chunk, Recording
from neurosim.reference import simulate

IMAGES = 4


def recording(changes=(), output=0.0, images=IMAGES, dt=DT):
    """A recording in which some strengths, {(layer, image, step, neuron): strength}, were changed."""
    strengths, outputs, _ = dense(images)
    for (layer, image, step, neuron), strength in dict(changes).items():
        strengths[layer].reshape(images, STEPS, -1)[image, step, neuron] = strength
    spikes = {name: packed(strengths[name]) for name in ("input", "conv")}
    return Recording.write(None, header(dt=dt), [Chunk(images, spikes, outputs={"fc": outputs + output})])


def strength(layer, image, step, neuron):
    return int(dense(IMAGES)[0][layer].reshape(IMAGES, STEPS, -1)[image, step, neuron])


BASE = recording()


def test_equal_recordings_agree():
    agreement = compare({"one": BASE, "two": recording(), "three": recording()})
    assert agreement
    assert agreement == Agreement(len(BASE.spikes("input")) + len(BASE.spikes("conv")), 0)


places = st.tuples(
    st.sampled_from(["input", "conv"]),
    st.integers(0, IMAGES - 1),
    st.integers(0, STEPS - 1),
    st.integers(0, 3),
)


@given(st.dictionaries(places, st.integers(-3, 5), min_size=1, max_size=4))
def test_the_first_divergence_is_the_earliest_in_image_step_layer_and_neuron(changes):
    found = compare({"one": BASE, "two": recording(changes)}, image=100)
    different = {place: k for place, k in changes.items() if k != strength(*place)}
    if not different:
        assert found
        return
    layer, image, step, neuron = min(different, key=lambda p: (p[1], p[2], list(SHAPES).index(p[0]), p[3]))
    said = {"one": strength(layer, image, step, neuron), "two": different[layer, image, step, neuron]}
    assert not found
    assert found.first == Divergence(layer, 100 + image, step, neuron, said)


def test_the_earliest_of_several_devices_is_told():
    late, early = {("conv", 2, 0, 0): 9}, {("conv", 1, 4, 3): 9}
    found = compare({"one": BASE, "late": recording(late), "early": recording(early)})
    assert found.first.strengths == {"one": strength("conv", 1, 4, 3), "early": 9}


def test_outputs_are_compared_bit_by_bit():
    found = compare({"one": BASE, "two": recording(output=1e-15)})
    assert not found
    assert found.first is None
    assert not found.outputs


def test_a_divergence_in_words():
    first = Divergence("conv", 3, 1, 7, {"Reference": 1, "CppStandalone": 0})
    assert str(first) == "layer 'conv', image 3, step 1, neuron 7: Reference 1, CppStandalone 0"
    close = Divergence("conv", 3, 1, 7, {"Reference": 1, "Runtime": 0}, margin=1.25e-16)
    assert str(close).endswith("Runtime 0, |U - threshold| / threshold = 1.25e-16")


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (lambda: recording(images=3), "compare: images is 4 and 3: "),
        (lambda: recording(dt=2e-3), "compare: dt is 0.001 and 0.002: "),
    ],
)
def test_recordings_of_different_runs_are_refused(other, message):
    with pytest.raises(InputError) as caught:
        compare({"one": BASE, "two": other()})
    assert str(caught.value) == message + "give recordings of one network and one input"


# ---- ties


def test_margins_are_the_distances_of_the_charged_membranes():
    network = residual("mixed", dyadic=False)
    frames = network.input.neuron.normalise(images(2, dyadic=False))[:, None]
    found = margins(network, frames, 3, 1e-3, np.float64)
    for distances, made in zip(found, simulate(network, frames, 3), strict=True):
        assert distances.keys() == made.keys() - {"out"}
        theta = network["a"].neuron.threshold
        np.testing.assert_array_equal(distances["a"], np.abs(made["a"].charged - theta) / theta)
        assert all((distance >= 0).all() for distance in distances.values())


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_neuron_at_its_threshold_is_a_tie_and_one_beside_it_is_none(dtype):
    tolerance = tie_tolerance({np.float64: "double", np.float32: "single"}[dtype])
    offsets = np.array([0, tolerance / 4, -tolerance / 4, 2 * tolerance, -2 * tolerance])
    for neuron, thresholds in (
        (IF(), [1]),
        (BMIF(initial=0), [1, 2, -1]),
        (BMIF(1, 0.5, initial=0), [3, -0.5]),
    ):
        layers = [Layer("in", (5,), Input()), Layer("a", (5,), neuron)]
        network = Network(layers, [Projection("in", "a", Identity())])
        for threshold in thresholds:
            (distances,) = margins(network, (threshold + offsets)[None, None], 1, 1e-3, dtype)
            assert (distances["a"][0] < tolerance).tolist() == [True, True, True, False, False]


def test_readout_error_is_relative_to_the_activation():
    activation = np.array([[3.0, 0.0], [0.0, 4.0]])
    assert readout_error(activation, activation) == 0
    assert readout_error(np.zeros((2, 2)), activation) == 1
    assert readout_error(activation + np.diag([0.375, 0.5]), activation) == 0.125
    assert math.isnan(readout_error(activation, np.zeros((2, 2))))


def test_deviation_is_that_of_the_sums_at_the_end():
    """One strength more, whenever, is one in the sum; a layer that accumulates ends with its potential."""
    strengths, output, _ = dense(IMAGES)
    size = np.linalg.norm(strengths["conv"].sum(axis=1).ravel())
    more = recording({("conv", 1, 2, 3): strength("conv", 1, 2, 3) + 2}, output=0.25)
    assert deviation(BASE, BASE, "conv") == 0
    assert deviation(more, BASE, "conv") == pytest.approx(2 / size)
    end = np.linalg.norm(output[:, -1].ravel())
    assert deviation(more, BASE, "fc") == pytest.approx(0.25 * math.sqrt(IMAGES * 4) / end)
