"""Ternary, MultiThreshold, ALIF and EIF: their formulas as scalar loops, closed forms and limits."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from played import GRID, drives, dyadic, play, thresholds
from scipy import integrate, optimize

from neurosim.neurons import ALIF, EIF, IF, LIF, AdaptiveIF, MultiThreshold, Ternary
from neurosim.neurons.exponential import BOUND, exponential

# ---- Ternary and MultiThreshold


@given(drive=drives, theta=thresholds, bias=dyadic, initial=dyadic, leak=st.sampled_from([0, 0.25, 0.875, 1]))
def test_ternary_is_its_formula_and_odd(drive, theta, bias, initial, leak):
    v, expected = initial, []
    for current in drive:
        u = (leak * v + current) + bias
        k = 0 if abs(u) < theta else math.copysign(1, u)
        v = u * (1 - abs(k))
        expected.append((k, v, u))
    neuron = Ternary(theta, leak, initial)
    assert list(zip(*play(neuron, drive, bias), strict=True)) == expected
    mirrored = play(Ternary(theta, leak, -initial), np.negative(drive), -bias)
    np.testing.assert_array_equal(np.negative(mirrored), play(neuron, drive, bias))


@pytest.mark.parametrize("leak", [0.25, 0.9, 1.0])
def test_ternary_fires_every_n_steps_with_the_sign_of_the_current(leak):
    currents = np.linspace(-1, 1, 402)
    strengths = play(Ternary(0.5, leak), np.tile(currents, (200, 1)))[0]
    charge = np.array([(1 - leak**n) / (1 - leak) if leak < 1 else n for n in range(1, 202)])
    crossed = np.abs(currents) * charge[:, None] >= 0.5
    period = np.where(crossed.any(axis=0), crossed.argmax(axis=0) + 1, np.inf)
    steps = np.arange(1, 201)[:, None]
    np.testing.assert_array_equal(np.cumsum(strengths, axis=0), np.sign(currents) * (steps // period))
    assert np.isinf(period).any() == (leak < 1)


@given(drive=drives, theta=thresholds, bias=dyadic, initial=dyadic)
def test_multi_threshold_peels_powers_of_two_off_in_turn(drive, theta, bias, initial):
    v, expected = initial, []
    for current in drive:
        u = rest = (v + current) + bias
        k = 0
        for threshold, strength in ((2 * theta, 8), (theta, 4), (theta / 2, 2), (theta / 4, 1)):
            if rest >= threshold:
                rest, k = rest - threshold, k + strength
        v = u - theta / 4 * k
        assert k == min(15, max(0, u // (theta / 4)))
        assert v == rest
        expected.append((k, v, u))
    assert list(zip(*play(MultiThreshold(theta, initial), drive, bias), strict=True)) == expected


@given(thresholds, st.integers(0, 15 * GRID), st.integers(1, 60))
def test_multi_threshold_counts_quarters_of_the_threshold(theta, drive, steps):
    quantum = theta / 4
    current = quantum * drive / GRID
    strengths = play(MultiThreshold(theta), [current] * steps)[0]
    assert np.cumsum(strengths).tolist() == [(t * current) // quantum for t in range(1, steps + 1)]
    assert MultiThreshold(theta).quantum == quantum


@pytest.mark.parametrize("neuron", [MultiThreshold(0.8), Ternary(0.8, 1.0)], ids=repr)
def test_the_margin_is_the_distance_to_where_the_strength_changes(neuron):
    charged = np.linspace(-4, 4, 8001)
    strengths, _, u = play(neuron, [charged])
    changes = (charged[1:] + charged[:-1])[np.flatnonzero(np.diff(strengths[0]))] / 2
    unit = neuron.quantum if isinstance(neuron, MultiThreshold) else neuron.threshold
    expected = np.abs(u[0][:, None] - changes).min(axis=1) / unit
    margin = neuron.margin(u[0], {name: np.asarray(value) for name, value in neuron.values(1e-3).items()})
    np.testing.assert_allclose(margin, expected, atol=6e-3)


# ---- LIF over a sweep of currents


@pytest.mark.parametrize("leak", [0.5, 0.9, 0.99])
def test_lif_with_a_hard_reset_fires_every_n_steps(leak):
    """n is the first step whose charge z (1 - leak^n) / (1 - leak) reaches the threshold."""
    currents = np.linspace(0.001, 1.501, 400)  # beside the ties
    counts = np.cumsum(play(LIF(leak=leak, reset="zero"), np.tile(currents, (300, 1)))[0], axis=0)
    reached = currents * (1 - leak ** np.arange(1, 301)[:, None]) / (1 - leak) >= 1
    period = np.where(reached.any(axis=0), reached.argmax(axis=0) + 1, np.inf)
    np.testing.assert_array_equal(counts, np.arange(1, 301)[:, None] // period)


@pytest.mark.parametrize("leak", [0.5, 0.9, 0.99, 1.0])
def test_lif_with_a_soft_reset_counts_the_charge_that_has_not_leaked(leak):
    """Its spikes, each worth less by the leak at every step since, are never a whole one astray."""
    currents, sent = np.linspace(0, 1, 400), 0.0
    strengths = play(LIF(leak=leak), np.tile(currents, (300, 1)))[0]
    for t, strength in enumerate(strengths, 1):
        sent = leak * sent + strength
        received = currents * ((1 - leak**t) / (1 - leak) if leak < 1 else t)
        assert (received - sent > -1e-12).all()
        assert (received - sent < 1 + 1e-12).all()


# ---- ALIF


@pytest.mark.parametrize("reset", ["subtract", "zero"])
@given(
    drive=drives,
    theta=thresholds,
    bias=dyadic,
    leak=st.sampled_from([0, 0.5, 1]),
    decay=st.sampled_from([0, 0.5, 0.75, 1]),
    increment=st.sampled_from([0, 0.25, 1.5]),
)
def test_alif_is_its_formula(reset, drive, theta, bias, leak, decay, increment):
    v, raised, expected = 0.5, 0.0, []
    for current in drive:
        u, raised = (leak * v + current) + bias, decay * raised
        k = int(u >= theta + raised)
        v = u if not k else 0.0 if reset == "zero" else u - (theta + raised)
        raised = raised + increment * k
        expected.append((k, v, u))
    neuron = ALIF(theta, leak, None, increment, decay, reset=reset, initial=0.5)
    assert list(zip(*play(neuron, drive, bias), strict=True)) == expected


@pytest.mark.parametrize("reset", ["subtract", "zero"])
@given(drive=drives, theta=thresholds, decay=st.sampled_from([0, 0.5, 1]))
def test_alif_that_never_raises_its_threshold_is_lif(reset, drive, theta, decay):
    adaptive = ALIF(theta, leak=0.75, increment=0, decay=decay, reset=reset)
    np.testing.assert_array_equal(play(adaptive, drive), play(LIF(theta, leak=0.75, reset=reset), drive))


@given(drive=drives, theta=thresholds)
def test_a_raise_that_is_gone_at_once_is_none(drive, theta):
    np.testing.assert_array_equal(play(AdaptiveIF(theta, 1.5, decay=0), drive), play(IF(theta), drive))


@given(thresholds, st.integers(0, 2 * GRID), st.integers(0, GRID), st.integers(1, 60))
def test_without_decay_the_charge_pays_for_ever_dearer_spikes(theta, increment, drive, steps):
    increment, current = increment / GRID, theta * drive / GRID
    counts = np.cumsum(play(AdaptiveIF(theta, increment, decay=1), [current] * steps)[0])
    for step, count in enumerate(counts.tolist(), 1):
        price = [theta * s + increment * s * (s - 1) / 2 for s in (count, count + 1)]
        assert price[0] <= step * current < price[1]


def test_lsnn_of_2018_in_its_own_terms():
    """B = b0 + beta b with b <- rho b + (1 - rho) z, and the reset by B."""
    theta, beta, rho, leak = 1.0, 4.0, 0.75, 0.875
    drive = np.random.default_rng(0).integers(0, 64, 500) / 64
    v, b, z, expected = 0.0, 0.0, 0, []
    for current in drive:
        b = rho * b + (1 - rho) * z
        v = leak * v + current
        z = int(v >= theta + beta * b)
        v -= (theta + beta * b) * z
        expected.append(z)
    neuron = ALIF(theta, leak=leak, decay=rho, increment=beta * (1 - rho) / rho)
    assert play(neuron, drive)[0].tolist() == expected
    assert 20 < sum(expected) < 200


def test_adaptive_if_settles_at_the_rate_that_pays_for_its_threshold():
    """Over a sweep of currents, never a whole spike astray of r t once it has settled."""
    increment, decay, settle, steps = 0.5, 0.98, 1000, 2000
    currents = np.linspace(0.02, 0.4, 60)
    counts = np.cumsum(
        play(AdaptiveIF(1.0, increment, decay), np.tile(currents, (settle + steps, 1)))[0], axis=0
    )

    def rate(current):
        def excess(r):
            return r * (1 + increment / (decay ** (-1 / r) - 1)) - current

        return optimize.brentq(excess, 1e-3, current)

    expected = np.array([rate(current) for current in currents]) * np.arange(1, steps + 1)[:, None]
    assert np.abs(counts[settle:] - counts[settle - 1] - expected).max() < 1
    assert (expected[-1] < 0.9 * currents * steps).all()  # it does adapt


# ---- EIF

NEURON = EIF(tau=10e-3)


def settled(neuron, current, dt, steps):
    """Play a constant R I = `current` and return counts and potentials, (steps, ...)."""
    values = {name: np.asarray(value) for name, value in neuron.values(dt).items()} | {"bias": np.zeros(())}
    drive = values["gain"] * np.asarray(current, dtype=float)
    state = {"v": np.full(drive.shape, values["initial"])}
    made = [(neuron.step(state, drive, values), state["v"]) for _ in range(steps)]
    return tuple(np.array(part) for part in zip(*made, strict=True))


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-13), (np.float32, 5e-5)])
def test_exponential_is_exp_as_closely_as_it_says(dtype, tolerance):
    x = np.linspace(-BOUND, BOUND, 100_001).astype(dtype)
    made = exponential(x)
    assert made.dtype == dtype
    np.testing.assert_allclose(made, np.exp(x.astype(float)), rtol=tolerance)
    assert exponential(np.array([-1e9, 1e9], dtype)).tolist() == made[[0, -1]].tolist()
    assert (np.diff(made[:: 10 if dtype == np.float64 else 1000]) > 0).all()


@given(drive=drives, bias=dyadic)
def test_eif_is_its_formula(drive, bias):
    neuron = EIF(threshold=1.5, onset=0.75, sharpness=0.25, tau=5e-3, after=-0.25, initial=0.5)
    leak, v, expected = math.exp(-0.2), 0.5, []
    for current in drive:
        rise = (1 - leak) * 0.25 * math.exp(max(-BOUND, (v - 0.75) / 0.25))
        u = leak * v + current + bias + rise
        k = int(u >= 1.5)
        v = -0.25 if k else u
        expected.append((k, v, u))
    np.testing.assert_allclose(list(zip(*play(neuron, drive, bias), strict=True)), expected, rtol=1e-12)


@pytest.mark.parametrize("dt", [1e-4, 1e-3])
def test_eif_rests_below_the_rheobase_and_fires_above_it(dt):
    """The fixed points do not depend on dt: at the rheobase R I = V_T - Delta_T the two of them meet."""
    rheobase = 1 - 0.125
    currents = np.array([-0.5, 0.0, 0.5, rheobase - 1e-3, rheobase + 1e-3])
    counts, potentials = settled(NEURON, currents, dt, int(1.0 / dt))
    assert counts.sum(axis=0).astype(bool).tolist() == [False, False, False, False, True]
    for current, potential in zip(currents[:4], potentials[-1], strict=False):
        rest = optimize.brentq(
            lambda v, i=current: i - v + 0.125 * math.exp((v - 1) / 0.125), -2, 1
        )  # the lower root: the curve is lowest at V_T
        assert abs(potential - rest) < 1e-6


def test_eif_fires_at_the_rate_of_its_equation():
    """The running count over a sweep of currents, never a whole spike astray of the closed form."""
    dt, currents = 1e-5, np.linspace(0.9, 3.0, 40)
    counts = np.cumsum(settled(NEURON, currents, dt, 10_000)[0], axis=0)

    def period(current):
        return integrate.quad(lambda v: 10e-3 / (current - v + 0.125 * math.exp((v - 1) / 0.125)), 0, 2)[0]

    times = dt * np.arange(1, 10_001)[:, None]
    expected = times / np.array([period(current) for current in currents])
    assert -0.1 < (expected - counts).min() < (expected - counts).max() < 1.1
    assert np.abs(counts - np.floor(expected)).max() <= 1
    assert counts[-1].tolist() == sorted(counts[-1])


def test_eif_is_of_first_order_in_dt():
    """Potentials at 8 ms, on the way to the first spike: the error halves with dt."""

    def potential(steps):
        return settled(NEURON, 1.2, 8e-3 / steps, steps)[1][-1]

    solved = integrate.solve_ivp(
        lambda _, v: (1.2 - v + 0.125 * np.exp((v - 1) / 0.125)) / 10e-3,
        (0, 8e-3),
        [0.0],
        rtol=1e-12,
        atol=1e-14,
    )
    errors = [abs(potential(2**n) - solved.y[0, -1]) for n in range(5, 11)]
    slopes = -np.diff(np.log2(errors))
    assert np.abs(slopes[-3:] - 1).max() < 0.05


def test_a_sharp_eif_is_lif_with_a_hard_reset():
    """Its first spike falls between those of LIF with thresholds a little before and behind the onset."""
    sharpness, currents = 0.002, np.linspace(1.05, 3, 30)
    sharp = EIF(threshold=1.05, onset=1.0, sharpness=sharpness, tau=10e-3)
    first = settled(sharp, currents, 1e-4, 400)[0].argmax(axis=0)
    leak = math.exp(-1e-2)

    def plain(threshold):
        drive = np.tile((1 - leak) * currents, (400, 1))
        return play(LIF(threshold, leak=leak, reset="zero"), drive)[0].argmax(axis=0)

    assert (plain(1 - sharpness) <= first).all()
    assert (first <= plain(1 + 10 * sharpness) + 1).all()


# ---- shapes


def test_leaks_and_thresholds_may_be_one_a_channel_or_one_a_neuron():
    """An array of parameters is as many neurons with scalars."""
    random = np.random.default_rng(0)
    drive, leak, theta = random.random((30, 4)), random.random(4), random.uniform(0.5, 1, 4)
    whole = play(LIF(theta, leak=leak), drive)
    for n in range(4):
        np.testing.assert_array_equal(np.array(whole)[..., n], play(LIF(theta[n], leak=leak[n]), drive[:, n]))
