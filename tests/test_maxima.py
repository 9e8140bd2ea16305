"""Maxima of counts and of steps: what relays say, and what may not be pooled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim.errors import InputError
from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.neurons import BMIF, IF, Input, Relay
from neurosim.ops import AvgPool, Identity, MaxPool, Scale
from neurosim.reference import simulate

SIGNED = BMIF(1.0, initial=0.0, gate=False)
"""Says the whole numbers it receives, of either sign."""


def relayed(strengths, op, delay=0):
    """Return what relays make of strengths (steps, *shape), as (steps, *pooled shape)."""
    strengths = np.asarray(strengths, float)
    shape = strengths.shape[1:]
    layers = [
        Layer("in", shape, Input()),
        Layer("a", shape, SIGNED),
        Layer("m", op.output_shape(shape), Relay()),
    ]
    network = Network(layers, [Projection("in", "a", Identity()), Projection("a", "m", op, delay=delay)])
    made = list(simulate(network, strengths[None], len(strengths)))
    assert np.array_equal([step["a"].strength[0] for step in made], strengths)
    assert not any(step["m"].potential.any() for step in made)
    return np.array([step["m"].strength[0] for step in made])


trains = st.lists(st.lists(st.integers(-20, 20), min_size=4, max_size=4), min_size=1, max_size=8).map(
    lambda train: np.reshape(train, (-1, 1, 4))
)


@given(trains)
def test_the_relays_running_sum_is_the_largest_running_sum(train):
    said = relayed(train, MaxPool(4))
    np.testing.assert_array_equal(np.cumsum(said), np.cumsum(train, axis=0).max(axis=(1, 2)))


@given(trains)
def test_by_step_it_is_the_largest_strength(train):
    said = relayed(train, MaxPool(4, rule="step"))
    np.testing.assert_array_equal(said.ravel(), train.max(axis=(1, 2)))


@given(trains)
def test_no_relay_says_more_than_its_loudest_source(train):
    said = relayed(train, MaxPool(3, 1))
    assert (np.abs(said) <= np.abs(train).max(axis=2, keepdims=True)).all()


def test_of_neurons_that_take_turns_only_the_first_counts():
    """A maximum by step says 1 at each step; that of counts knows that nobody spoke twice."""
    train = np.eye(4)[:, None]
    assert relayed(train, MaxPool(4)).ravel().tolist() == [1, 0, 0, 0]
    assert relayed(train, MaxPool(4, rule="step")).ravel().tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("rule", ["count", "step"])
def test_silence_is_zero_and_the_outside_is_nothing(rule):
    """Of a padded window only what exists is compared; all of it negative, so is the maximum."""
    op = MaxPool(2, padding=1, rule=rule)
    assert relayed([[[-1, -2, 0]]], op).tolist() == [[[-1, 0]]]
    assert relayed([[[-3, -2, -1]]], op).tolist() == [[[-3, -1]]]


def test_a_delay_brings_earlier_sums_and_nothing_before_the_window():
    train = np.array([2, -1, 3, 0, 1]).reshape(5, 1, 1)
    assert relayed(train, MaxPool(1), delay=2).ravel().tolist() == [0, 0, 2, -1, 3]
    assert relayed(train, MaxPool(1), delay=5).ravel().tolist() == [0] * 5


# ---- refusals

POOLED = [
    Layer("in", (1, 2), Input()),
    Layer("a", (1, 2), IF()),
    Layer("m", (1, 1), Relay()),
    Layer("b", (1, 1), IF()),
]
REFUSALS = {
    "in a chain": (
        [("a", "m", (Scale(2), MaxPool(2)))],
        "projection 'a' -> 'm': ops chain Scale, MaxPool: MaxPool stands alone, give it a Relay layer and a "
        "projection of its own",
    ),
    "with a bias": (
        [("a", "m", MaxPool(2), [1])],
        "projection 'a' -> 'm': bias is np.array([1.0]): MaxPool takes none, leave it out",
    ),
    "of pixels": (
        [("in", "m", MaxPool(2))],
        "projection 'in' -> 'm': MaxPool reads the input 'in', whose pixels are no spikes: pool the images "
        "before, or a layer behind",
    ),
    "into neurons": (
        [("a", "b", MaxPool(2))],
        "projection 'a' -> 'b': MaxPool ends in IF neurons: give 'b' Relay()",
    ),
    "a sum into relays": (
        [("a", "m", (Scale(1), AvgPool(2)))],
        "projection 'a' -> 'm': AvgPool ends in Relay neurons: give 'm' a MaxPool alone",
    ),
    "two into relays": (
        [("a", "m", MaxPool(2)), ("a", "m", MaxPool(2, rule="step"))],
        "projection 'a' -> 'm': 'm' relays 2 projections: it can relay one",
    ),
    "shape": (
        [("a", "m", MaxPool(1))],
        "projection 'a' -> 'm': the ops turn (1, 2) into (1, 2), and 'm' has shape (1, 1)",
    ),
}


@pytest.mark.parametrize(("projections", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(projections, message):
    with pytest.raises(InputError) as caught:
        Network(POOLED, [Projection(*p) for p in [("in", "a", Identity()), *projections]])
    assert str(caught.value) == message


def test_relays_may_not_be_replaced():
    network = Network(POOLED[:3], [Projection("in", "a", Identity()), Projection("a", "m", MaxPool(2))])
    with pytest.raises(InputError, match="MaxPool ends in IF neurons"):
        network.replace("m", IF())
