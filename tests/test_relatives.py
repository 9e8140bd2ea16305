"""Relatives of BM-IF: each setting against its own published rule, written down as the authors have it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from played import drives, dyadic, play, thresholds

from neurosim.errors import InputError
from neurosim.neurons import BMIF, IF, SNM, STBIF, AugIF, BurstIF, FastSNN, TerIF


def said(neuron, drive):
    """The strengths of a run, and the membrane after each step."""
    strength, potential, _ = play(neuron, drive)
    return strength.tolist(), potential.tolist()


def run(rule, drive, start):
    """The same of a rule (charged membrane, sum of what was sent) -> (strength, membrane after)."""
    v, total, made = start, 0, []
    for current in drive:
        k, v = rule(v + current, total)
        total += k
        made.append((k, v))
    strengths, potentials = zip(*made, strict=True)
    return list(strengths), list(potentials)


@given(drive=drives, theta=thresholds, part=st.sampled_from([None, 0.25]), gate=st.booleans())
def test_ter_if_has_two_thresholds(drive, theta, part, gate):
    below = theta if part is None else part * theta

    def rule(u, total):
        c = 1 if u >= theta else -1 if u <= -below and (total > 0 or not gate) else 0
        return c, u - theta * c

    neuron = TerIF(theta, None if part is None else below, gate=gate)
    assert said(neuron, drive) == run(rule, drive, 0.0)


@given(drive=drives, theta=thresholds, initial=dyadic)
def test_aug_if_says_how_often_the_threshold_fits(drive, theta, initial):
    def rule(u, total):
        c = math.copysign(math.floor(abs(u) / theta), u)
        c = max(c, -total)
        return c, u - theta * c

    assert said(AugIF(theta, initial=initial), drive) == run(rule, drive, initial)


@given(drive=drives, theta=thresholds)
def test_aug_if_without_the_gate_is_odd(drive, theta):
    strengths, potentials = play(AugIF(theta, gate=False), drive)[:2]
    mirrored = play(AugIF(theta, gate=False), np.negative(drive))[:2]
    assert (strengths + mirrored[0]).tolist() == (potentials + mirrored[1]).tolist() == [0] * len(drive)


@given(drive=drives, theta=thresholds, largest=st.integers(1, 5))
def test_burst_if_says_up_to_gamma_spikes(drive, theta, largest):
    def rule(u, _):
        k = min(max(math.floor(u / theta), 0), largest)
        return k, u - theta * k

    assert said(BurstIF(theta, largest), drive) == run(rule, drive, 0.0)


@given(drive=drives, theta=thresholds)
def test_snm_takes_back_what_was_transmitted(drive, theta):
    transmitted = 0.0

    def rule(u, _):
        nonlocal transmitted
        spike = theta * (u >= theta) - theta * (u <= -theta) * (transmitted > 0)
        transmitted += spike
        return spike / theta, u - spike

    assert said(SNM(theta), drive) == run(rule, drive, 0.0)


@given(drive=drives, theta=thresholds)
def test_fast_snn_inhibits_below_minus_a_thousandth(drive, theta):
    def rule(membrane, spikes):
        fired = membrane >= theta
        membrane = membrane - theta if fired else membrane
        inhibit = membrane <= -1e-3 and spikes + fired > 0
        return fired - inhibit, membrane + theta if inhibit else membrane

    assert said(FastSNN(theta), drive) == run(rule, drive, theta / 2)


@given(drive=drives, power=st.integers(-2, 2), most=st.integers(1, 4), least=st.integers(0, 3))
def test_st_bif_keeps_its_sum_within_the_levels(drive, power, most, least):
    theta = 2.0**power  # the authors divide by theta, which only powers of two survive exactly

    def rule(u, accumulated):
        q = u / theta
        up, down = q - 1 >= 0 and accumulated < most, q < 0 and accumulated > -least
        return up - down, (q - up + down) * theta

    neuron = STBIF(theta, total=most, negative_total=least)
    assert said(neuron, drive) == run(rule, drive, theta / 2)
    assert neuron.gate == (least == 0)


@given(drive=drives, theta=thresholds, initial=dyadic)
def test_one_spike_a_step_and_no_negative_side_is_plain_if(drive, theta, initial):
    """RMP and QCFS: the latter starts at theta / 2, as BMIF does unless told otherwise."""
    for start in (initial, theta / 2):
        plain = play(IF(theta, initial=start), drive)
        np.testing.assert_array_equal(play(BMIF(theta, math.inf, 1, initial=start), drive), plain)
    np.testing.assert_array_equal(play(BMIF(theta, math.inf, 1), drive), plain)


@given(drive=drives, theta=thresholds, least=st.integers(1, 4), strength=st.sampled_from([1, 3, math.inf]))
def test_a_sum_bounded_from_below_is_the_clipped_count_of_the_charge(drive, theta, least, strength):
    neuron = BMIF(theta, strength=strength, gate=False, negative_total=least, initial=0)
    strengths, potentials, _ = play(neuron, drive)
    sums = np.cumsum(strengths)
    assert sums.min() >= -least
    assert (potentials + theta * sums).tolist() == np.cumsum(drive).tolist()
    if strength == math.inf:
        assert sums.tolist() == np.maximum(np.floor(np.cumsum(drive) / theta), -least).tolist()


def test_settings_say_what_they_are():
    assert TerIF(2) == BMIF(2, 2, strength=1, initial=0) == SNM(2)
    assert AugIF(2).largest_strength == BMIF().largest_strength
    assert repr(BurstIF()) == "BMIF(negative_threshold=math.inf, strength=5.0, initial=0.0)"
    assert FastSNN(2).values(1e-3)["initial"] == 1
    assert STBIF(2, 7) == BMIF(2, strength=1, total=7)


def test_without_a_negative_side_nothing_is_remembered():
    assert set(BurstIF().equations.state) == {"v"}
    assert "back" not in BurstIF().equations.strength
    margin = BurstIF(0.5).margin(np.array([-3.0, 0.4, 0.75, 1.01]), {"threshold": np.asarray(0.5)})
    np.testing.assert_allclose(margin, [7, 0.2, 0.5, 0.02])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SNM(0), "BMIF.threshold is 0.0: it must lie in (0, inf)"),
        (lambda: BurstIF(strength=0), "BMIF.strength is 0.0: it must lie in [1, inf]"),
        (lambda: BurstIF(strength=2.5), "BMIF.strength is 2.5: give whole numbers or inf"),
        (
            lambda: TerIF(1, 2),
            "BMIF.negative_threshold is 2: it must lie in [0, threshold], and the smallest threshold is 1",
        ),
        (
            lambda: FastSNN(negative_threshold=[math.inf, 1]),
            "BMIF.negative_threshold mixes 0 (the limit 0+), inf (no negative side) or values between: give "
            "one kind in a layer",
        ),
        (lambda: STBIF(total=0), "BMIF.total is 0.0: it must lie in [1, inf]"),
        (lambda: STBIF(negative_total=-1), "BMIF.negative_total is -1.0: it must lie in [1, inf]"),
        (
            lambda: BMIF(negative_total=3),
            "BMIF.negative_total is 3 beside gate=True, which keeps the sum >= 0: give gate=False",
        ),
    ],
)
def test_refusals(make, message):
    with pytest.raises(InputError) as caught:
        make()
    assert str(caught.value) == message
