"""The Hodgkin-Huxley neuron as a Custom layer, against scipy's own integration of the same axon."""

import functools

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from neurosim import Custom, Input, Layer, Linear, Network, Potential, Projection, Runtime, Simulation

EQUATIONS = """
dv/dt = (I - g_l*(v - e_l) - g_na*m**3*h*(v - e_na) - g_k*n**4*(v - e_k))/c : volt
dm/dt = (exprel(-(u - 25)/10)**-1*(1 - m) - 4*exp(-u/18)*m)/ms : 1
dh/dt = (0.07*exp(-u/20)*(1 - h) - h/(exp(-(u - 30)/10) + 1))/ms : 1
dn/dt = (0.1*exprel(-(u - 10)/10)**-1*(1 - n) - 0.125*exp(-u/80)*n)/ms : 1
u = (v - e_rest)/mV : 1
"""
GIVEN = {"c": "1*uF", "g_l": "0.3*msiemens", "g_na": "120*msiemens", "g_k": "36*msiemens"}
GIVEN |= {"e_l": "-54.387*mV", "e_na": "50*mV", "e_k": "-77*mV", "e_rest": "-65*mV"}
CURRENTS = np.array([0.0, 4.0, 7.0, 10.0, 20.0])
"""uA / cm2; repetitive firing begins a little above 6."""
DT, STEPS = 5e-5, 1200


# ---- the oracle: mV, ms and uA / cm2, rates written out, no exprel


def rates(v):
    u = v + 65
    return {
        "m": (0.1 * (25 - u) / (np.exp((25 - u) / 10) - 1), 4 * np.exp(-u / 18)),
        "h": (0.07 * np.exp(-u / 20), 1 / (np.exp((30 - u) / 10) + 1)),
        "n": (0.01 * (10 - u) / (np.exp((10 - u) / 10) - 1), 0.125 * np.exp(-u / 80)),
    }


def ionic(v, m, h, n):
    return 0.3 * (v + 54.387) + 120 * m**3 * h * (v - 50) + 36 * n**4 * (v + 77)


def steady(v):
    return [rise / (rise + fall) for rise, fall in rates(v).values()]


@functools.cache
def resting():
    return brentq(lambda v: ionic(v, *steady(v)), -70, -60)


def spikes_of(current):
    """Times [ms] at which v rises through 0 mV, from rest."""

    def change(t, state):
        v, *gates = state
        pairs = zip(rates(v).values(), gates, strict=True)
        return [current - ionic(v, *gates), *(rise * (1 - x) - fall * x for (rise, fall), x in pairs)]

    def rises(t, state):
        return state[0]

    rises.direction = 1
    start = [resting(), *steady(resting())]
    found = solve_ivp(change, (0, 1e3 * DT * STEPS), start, "LSODA", events=rises, rtol=1e-9, atol=1e-9)
    return found.t_events[0]


# ---- the layer


@functools.cache
def recording():
    start = dict(zip(("v", "m", "h", "n"), [f"{resting()!r}*mV", *steady(resting())], strict=True))
    squid = Custom(
        EQUATIONS,
        threshold="v > 0*mV",
        refractory="v > -40*mV",
        parameters=GIVEN,
        unit="1*uA",
        initial=start,
        method="rk4",
    )
    size = len(CURRENTS)
    layers = [Layer("in", (size,), Input()), Layer("out", (size,), squid)]
    network = Network(layers, [Projection("in", "out", Linear(np.eye(size)))])
    with Simulation(network, Runtime(), STEPS, dt=DT, record={"out": ("spikes", Potential())}) as simulation:
        return simulation.run(CURRENTS[None], progress=False)


def test_the_axon_rests_where_its_currents_cancel():
    assert resting() == pytest.approx(-65, abs=0.01)
    assert np.ptp(recording().potential("out")[0, :, 0]) < 1e-9  # mV
    assert recording().potential("out")[0, -1, 0] == pytest.approx(resting(), abs=1e-9)


@pytest.mark.parametrize("number", range(len(CURRENTS)))
def test_spikes_come_when_scipy_says(number):
    spikes = recording().spikes("out")
    times = 1e3 * DT * (spikes.step[spikes.neuron == number] + 1)
    expected = spikes_of(float(CURRENTS[number]))
    assert len(times) == len(expected) == [0, 1, 4, 4, 6][number]
    late = times - expected  # a crossing is seen at the end of its step
    assert ((late > -1e-3) & (late < 1e3 * DT + 1e-3)).all()
