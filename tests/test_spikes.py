"""Spikes against dense numpy arrays, which are slow and obvious."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from neurosim.errors import InputError
from neurosim.spikes import Spikes

strengths = hnp.arrays(
    np.int32,
    st.tuples(st.integers(1, 4), st.integers(1, 5)).flatmap(
        lambda head: hnp.array_shapes(min_dims=1, max_dims=3, max_side=3).map(lambda shape: head + shape)
    ),
    elements=st.integers(-3, 3),
    fill=st.just(0),
)


@given(strengths)
def test_dense_round_trip_and_sums(dense):
    spikes = Spikes.from_dense(dense, 1e-3)
    assert len(spikes) == np.count_nonzero(dense)
    np.testing.assert_array_equal(spikes.dense(), dense, strict=True)
    np.testing.assert_array_equal(spikes.counts(), dense.sum(axis=1, dtype=np.int32), strict=True)
    np.testing.assert_array_equal(spikes.events(), (dense != 0).sum(axis=1, dtype=np.int32), strict=True)
    np.testing.assert_array_equal(
        spikes.totals(), (dense != 0).reshape(len(dense), -1).sum(axis=1), strict=True
    )
    np.testing.assert_array_equal(spikes.times, spikes.step / 1000)


@given(strengths, st.data())
def test_select_is_indexing(dense, data):
    images = data.draw(st.lists(st.integers(-len(dense), len(dense) - 1), min_size=1, max_size=6))
    chosen = Spikes.from_dense(dense, 1.0).select(images)
    np.testing.assert_array_equal(chosen.dense(), dense[images])


@given(strengths, st.data())
def test_join_undoes_a_cut(dense, data):
    spikes = Spikes.from_dense(dense, 1.0)
    cut = data.draw(st.integers(0, len(dense)))
    parts = [spikes.select(part) for part in (slice(0, cut), slice(cut, None)) if range(len(dense))[part]]
    assert Spikes.join(parts) == spikes


def test_trains_are_numbered_beyond_32_bits():
    spikes = Spikes([0, 99_999], [0, 0], [2, 29_999], [1, 1], (100, 300), 100_000, 1, 1e-3)
    assert spikes.train.tolist() == [2, 100_000 * 30_000 - 1]


def test_select_forms():
    spikes = Spikes.from_dense(np.arange(3).reshape(3, 1, 1), 1.0)
    for images in (1, slice(1, 2), [1], np.array([False, True, False]), -2):
        assert spikes.select(images) == Spikes.from_dense([[[1]]], 1.0)
    for images, word in (
        ([3], "index 3 is out of bounds"),
        ([], "nothing is chosen"),
        (slice(3, 4), "nothing"),
        (0.5, ""),
    ):
        with pytest.raises(InputError, match=f"images: .*{word}.*choose among 0..2"):
            spikes.select(images)


def test_equal_by_value_and_frozen():
    dense = np.array([[[0, 2], [1, 0]]])
    one, other = Spikes.from_dense(dense, 1e-3), Spikes.from_dense(dense, 1e-3)
    assert one == other
    assert one != Spikes.from_dense(dense, 2e-3)
    assert one != Spikes.from_dense(-dense, 1e-3)
    assert one != Spikes.from_dense(dense[..., None], 1e-3)
    assert one != "spikes"
    with pytest.raises(ValueError, match="read-only"):
        one.step[0] = 1
    with pytest.raises(AttributeError):
        one.dt = 1.0


def test_columns_are_copies():
    step = np.array([0, 1], np.int32)
    spikes = Spikes([0, 0], step, [0, 0], [1, 1], (1,), 1, 2, 1.0)
    step[1] = 0
    assert spikes.step.tolist() == [0, 1]


def test_repr_is_short():
    spikes = Spikes.from_dense(np.ones((2, 3, 4, 5, 6), int), 1e-3)
    assert repr(spikes) == "<720 spikes of 4x5x6 neurons, 2 images, 3 steps of 0.001 s>"


GOOD = {"image": [0, 1], "step": [1, 0], "neuron": [2, 3], "strength": [1, -1], "shape": (4,), "images": 2}
GOOD = {**GOOD, "steps": 2, "dt": 1e-3}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": [0, 2]}, "Spikes: image holds 2; give numbers in 0..1"),
        ({"step": [-1, 0]}, "Spikes: step holds -1; give numbers in 0..1"),
        ({"neuron": [4, 3]}, "Spikes: neuron holds 4; give numbers in 0..3"),
        ({"strength": [1, 0]}, "Spikes: strength holds 0; leave silent neurons out"),
        ({"strength": [1]}, "Spikes: the columns have lengths"),
        ({"step": [0.0, 1.0]}, "Spikes: step is float64"),
        ({"step": [[0, 1]]}, "Spikes: step is int64 (1, 2); give integers of shape (spikes,)"),
        ({"strength": [1, 2**31]}, "Spikes: strength holds 2147483648; give numbers that fit into int32"),
        ({"image": [1, 0]}, "Spikes: row 1 is out of order; sort by image, step, neuron, each spike once"),
        ({"image": [0, 0], "step": [1, 1], "neuron": [2, 2]}, "Spikes: row 1 is out of order"),
        ({"images": 0}, "Spikes: images is 0; give at least 1"),
        ({"steps": 0}, "Spikes: steps is 0; give at least 1"),
        ({"shape": (4, 0)}, "Spikes: shape is (4, 0); give at least 1"),
        ({"shape": ()}, "Spikes: shape is (); give at least 1"),
        ({"dt": 0.0}, "Spikes: dt is 0.0; give a positive number of seconds"),
        ({"dt": float("nan")}, "Spikes: dt is nan; give a positive number of seconds"),
    ],
)
def test_refusals(change, message):
    Spikes(**GOOD)
    with pytest.raises(InputError) as caught:
        Spikes(**{**GOOD, **change})
    assert str(caught.value).startswith(message)


def test_join_refuses_different_layers():
    one = Spikes.from_dense(np.ones((1, 1, 1), int), 1.0)
    with pytest.raises(InputError, match="they must be of one layer"):
        Spikes.join([one, Spikes.from_dense(np.ones((1, 2, 1), int), 1.0)])
