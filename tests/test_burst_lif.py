"""Bursts, and the resets of LIF that other libraries have: formulas as scalar loops, and special cases."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from played import drives, dyadic, play, thresholds

from neurosim.errors import InputError
from neurosim.neurons import LIF, BurstIF, BurstLIF


@pytest.mark.parametrize("reset", ["subtract", "zero"])
@given(drive=drives, theta=thresholds, bias=dyadic, most=st.sampled_from([1, 2, math.inf]))
def test_burst_lif_is_its_formula(reset, drive, theta, bias, most):
    v, expected = 0.5, []
    for current in drive:
        u = max((0.875 * v + current) + bias, -0.25)
        k = max(0, min(most, u // theta))
        v = u - theta * k if reset == "subtract" else u if k == 0 else 0
        expected.append((k, v, u))
    neuron = BurstLIF(theta, leak=0.875, strength=most, reset=reset, initial=0.5, lower_bound=-0.25)
    assert list(zip(*play(neuron, drive, bias), strict=True)) == expected


@given(drive=drives, theta=thresholds)
def test_bursts_of_one_are_lif_and_without_leak_burst_if(drive, theta):
    one = BurstLIF(theta, leak=0.75, strength=1)
    np.testing.assert_array_equal(play(one, drive), play(LIF(theta, leak=0.75), drive))
    free = BurstLIF(theta, leak=1.0, strength=5)
    np.testing.assert_array_equal(play(free, drive), play(BurstIF(theta), drive))


@given(drive=drives, theta=thresholds)
def test_a_bound_below_zero_may_come_before_or_after_the_spike(drive, theta):
    """As sinabs does it, which clips V after its reset."""
    v, expected = 0.0, []
    for current in drive:
        u = v + current
        k = max(0, u // theta)
        v = max(u - theta * k, -0.5)
        expected.append((k, v))
    k, v, _ = play(BurstLIF(theta, leak=1.0, lower_bound=-0.5), drive)
    assert list(zip(k, v, strict=True)) == expected


def test_an_undelayed_reset_asks_for_two_thresholds_of_what_is_left_above_one():
    """Hand-computed: V 2.5 - 1 = 1.5 is above 1, so U = 1.5 + 0.25 < 2 is silent, and 1.75 + 0.5 fires."""
    k, v, _ = play(LIF(1.0, leak=1.0, reset="undelayed", strict=True), [2.5, 0.25, 0.5, 0])
    assert (k.tolist(), v.tolist()) == ([1, 0, 1, 0], [1.5, 1.75, 1.25, 1.25])


@pytest.mark.parametrize(("reset", "most"), [("subtract", math.inf), ("zero", 2)])
def test_the_margin_is_the_distance_to_where_bursts_change(reset, most):
    neuron = BurstLIF(0.8, leak=1.0, reset=reset, strength=most)
    charged = np.linspace(-4, 4, 8001)
    strengths, _, u = play(neuron, [charged])
    changes = (charged[1:] + charged[:-1])[np.flatnonzero(np.diff(strengths[0]))] / 2
    expected = np.abs(u[0][:, None] - changes).min(axis=1) / 0.8
    near = u[0] < 4  # the next change may lie beyond the last current
    margin = neuron.margin(u[0], {name: np.asarray(value) for name, value in neuron.values(1e-3).items()})
    np.testing.assert_allclose(margin[near], expected[near], atol=6e-3)


def test_impossible_bursts_are_refused():
    with pytest.raises(InputError) as raised:
        BurstLIF(leak=1.0, strength=1.5)
    assert str(raised.value) == "BurstLIF.strength is 1.5: give whole numbers or inf"
    with pytest.raises(InputError) as raised:
        BurstLIF()
    assert str(raised.value) == "BurstLIF has leak=None and tau=None: give exactly one of them"
