"""Direct: what images may be, and what the input layer shows of them."""

import numpy as np
import pytest

from neurosim.errors import InputError
from neurosim.neurons import Input
from neurosim.stimuli import Direct, as_stimulus

SHAPE, STEPS = (3, 4, 5), 6


def test_a_bare_array_means_direct():
    values = np.zeros((7, *SHAPE), np.uint8)
    stimulus = as_stimulus(values)
    assert isinstance(stimulus, Direct)
    assert stimulus.values is values  # nothing is copied
    assert len(stimulus) == 7
    assert as_stimulus(stimulus) is stimulus


@pytest.mark.parametrize("steps", [(), (STEPS,)])
def test_frames_are_normalised_images(steps):
    random = np.random.default_rng(0)
    values = random.integers(0, 256, (7, *steps, *SHAPE), dtype=np.uint8)
    neuron = Input(mean=random.random(3), std=random.random(3) + 1, low=0, high=255)
    frames = Direct(values).frames(neuron, SHAPE, STEPS, slice(2, 5))
    assert frames.shape == (3, *(steps or (1,)), *SHAPE)
    assert frames.dtype == np.float64
    for n in range(3):
        own = values[2 + n][None] if not steps else values[2 + n]
        np.testing.assert_array_equal(frames[n], [neuron.normalise(image) for image in own])


def test_pixels_out_of_range_are_refused_when_they_are_shown():
    stimulus = Direct([[0.0], [2.0]])
    neuron = Input(low=0, high=1)
    assert stimulus.frames(neuron, (1,), STEPS, slice(0, 1)).tolist() == [[[0.0]]]
    with pytest.raises(InputError, match=r"input pixels span \[2, 2\]: Input accepts \[0.0, 1.0\]"):
        stimulus.frames(neuron, (1,), STEPS, slice(1, 2))


@pytest.mark.parametrize("shape", [SHAPE, (STEPS, *SHAPE)])
def test_shapes_that_fit(shape):
    Direct(np.zeros((2, *shape))).check(Input(), SHAPE, STEPS)


GIVE = "give numbers of shape (images, *shape) with at least one image"
VALUES = {
    "no image": (np.zeros((0, 3)), f"Direct.values has shape (0, 3) and type float64: {GIVE}"),
    "a number": (5, f"Direct.values has shape () and type int64: {GIVE}"),
    "one axis": ([1, 2], f"Direct.values has shape (2,) and type int64: {GIVE}"),
    "no pixel": (np.zeros((2, 0)), f"Direct.values has shape (2, 0) and type float64: {GIVE}"),
    "truths": ([[True]], f"Direct.values has shape (1, 1) and type bool: {GIVE}"),
    "texts": ([["a"]], f"Direct.values has shape (1, 1) and type <U1: {GIVE}"),
    "objects": (np.array([[None]]), f"Direct.values has shape (1, 1) and type object: {GIVE}"),
    "ragged": ([[1], [1, 2]], f"Direct.values has shape (0,) and type object: {GIVE}"),
}


@pytest.mark.parametrize(("values", "message"), VALUES.values(), ids=VALUES)
def test_values_that_are_no_images(values, message):
    with pytest.raises(InputError) as caught:
        Direct(values)
    assert str(caught.value) == message


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 6), (1, 3, 4, 5), (5, *SHAPE), (6, 6, *SHAPE)])
def test_shapes_that_do_not_fit(shape):
    with pytest.raises(InputError) as caught:
        Direct(np.zeros((2, *shape))).check(Input(), SHAPE, STEPS)
    assert str(caught.value) == (
        f"images have shape {shape} and the input layer (3, 4, 5): resize them, or give one frame a step, "
        "(6, 3, 4, 5)"
    )
