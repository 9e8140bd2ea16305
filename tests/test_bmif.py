"""BMIF: conservation of charge, levels that K and T resolve, and its formula as a scalar loop."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from played import drives, dyadic, play, thresholds

from neurosim.neurons import BMIF
from neurosim.neurons.base import STRENGTH_LIMIT


def charge_received(neuron, drive, bias=0.0):
    initial = neuron.threshold / 2 if neuron.initial is None else neuron.initial
    return initial + np.cumsum(np.asarray(drive) + bias, axis=0)


@given(drive=drives, theta=thresholds, bias=dyadic, initial=st.none() | dyadic)
def test_charge_is_conserved_and_left_below_the_threshold(drive, theta, bias, initial):
    neuron = BMIF(theta, initial=initial)
    k, v, _ = play(neuron, drive, bias)
    sent = np.cumsum(k)
    assert (v + theta * sent).tolist() == charge_received(neuron, drive, bias).tolist()
    assert (((v >= 0) & (v < theta)) | ((v < 0) & (sent == 0))).all()


@given(drive=drives, theta=thresholds, seed=st.integers(0, 99))
def test_what_is_sent_in_all_does_not_depend_on_the_order(drive, theta, seed):
    orders = np.random.default_rng(seed).permuted(np.tile(drive, (20, 1)), axis=1).T
    assert len(set(play(BMIF(theta), orders)[0].sum(axis=0).tolist())) == 1


@given(drive=drives, theta=thresholds, strength=st.integers(1, 4), gate=st.booleans())
def test_strength_bounds_each_step_and_keeps_the_charge(drive, theta, strength, gate):
    neuron = BMIF(theta, strength=strength, gate=gate)
    k, v, _ = play(neuron, drive)
    sent, received = np.cumsum(k), charge_received(neuron, drive)
    assert np.abs(k).max() <= strength == neuron.largest_strength
    assert (v + theta * sent).tolist() == received.tolist()
    cleared = ((v >= 0) & (v < theta)) | ((sent == 0) & (v < 0) & gate)
    lemma = np.floor(received / theta)
    assert sent[cleared].tolist() == (np.maximum(0, lemma) if gate else lemma)[cleared].tolist()


@pytest.mark.parametrize(("strength", "steps"), [(1, 16), (2, 8), (4, 4), (16, 1), (8, 8)])
def test_resolves_strength_times_steps_levels(strength, steps):
    """A constant drive in [0, A] is read out as the nearest of K T + 1 levels, with theta = A / K."""
    largest, levels = 2.0, strength * steps
    drive = np.linspace(-largest, largest, 4 * 64 + 1)  # beyond A it saturates, below 0 it is silent
    k, _, _ = play(BMIF(largest / strength, strength=strength), np.tile(drive, (steps, 1)))
    readout = largest / strength * k.sum(axis=0) / steps
    expected = np.clip(np.floor(drive / largest * levels + 0.5), 0, levels) * largest / levels
    assert readout.tolist() == expected.tolist()
    assert np.abs(readout - np.maximum(drive, 0)).max() <= largest / levels / 2


@pytest.mark.parametrize("gate", [True, False])
@pytest.mark.parametrize("total", [math.inf, 5])
@given(
    drive=drives,
    theta=thresholds,
    part=st.sampled_from([0, 0.0625, 0.5, 1]),
    strength=st.sampled_from([1, 3, math.inf]),
)
def test_is_its_formula(gate, total, drive, theta, part, strength):
    below = part * theta
    neuron = BMIF(theta, negative_threshold=below, strength=strength, gate=gate, total=total, initial=0)
    v, sent, expected = 0.0, 0, []
    for current in drive:
        u = v + current
        ahead = min(strength, math.floor(u / theta), total - sent) if u >= theta else 0
        fires_back = u <= -below if part else u < 0
        quanta = math.floor((-u - below) / theta) + 1 if part else math.ceil(-u / theta)
        back = min(strength, quanta, sent if gate else math.inf) if fires_back else 0
        k = ahead - back
        v, sent = u - theta * k, sent + k
        expected.append((k, v, u))
    assert list(zip(*play(neuron, drive), strict=True)) == expected


@given(drive=drives, theta=thresholds)
def test_with_a_tiny_negative_threshold_is_its_limit(drive, theta):
    """0 stands for 0+: anything below the grid gives the same strengths."""
    limit, tiny = BMIF(theta, initial=0), BMIF(theta, negative_threshold=2.0**-20, initial=0)
    assert play(limit, drive)[0].tolist() == play(tiny, drive)[0].tolist()


def test_unlimited_means_the_integers_that_single_precision_holds():
    assert BMIF().values(1e-3)["strength"] == BMIF(strength=1e12).largest_strength == STRENGTH_LIMIT == 2**24
    assert BMIF([1, 2], total=[3, math.inf]).values(1e-3)["total"].tolist() == [3, 2**24]
    assert BMIF([1, 2]).values(1e-3)["initial"].tolist() == [0.5, 1]
