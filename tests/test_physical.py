"""Membranes in volts: the spikes of the numbers, potentials in mV, currents in nA, and differential forms."""

import functools

import numpy as np
import pytest

from neurosim import (
    BMIF,
    IF,
    LIF,
    Accumulate,
    CppStandalone,
    Custom,
    Input,
    InputError,
    Layer,
    Linear,
    MaxPool,
    Network,
    PhysicalScale,
    Potential,
    Projection,
    Reference,
    Relay,
    Reshape,
    Runtime,
    Simulation,
    Unsupported,
)
from neurosim.neurons.base import Neuron
from neurosim.reference import parameter_arrays, simulate

STEPS, DT, GRID = 40, 1e-3, 2.0**-6
POWER, OTHER = PhysicalScale(2**-6), PhysicalScale(0.015, 50e6, time=20e-3, rest=-0.065)
SCALES = {"a power of two": POWER, "another voltage": OTHER}


@functools.cache
def net(dyadic):
    """Every model with a membrane, a maximum, and a neuron with units of its own."""
    draw = np.random.default_rng(2)

    def weight(*shape):
        drawn = draw.normal(0.15, 0.4, shape)
        return np.round(drawn / GRID) * GRID if dyadic else drawn

    custom = Custom("dv/dt = (I - v)/tau : 1", "v > 1", "v = 0", {"tau": "8*ms"}, method="euler")
    layers = [
        Layer("in", (6, 2), Input()),
        Layer("if", (6, 2), IF([0.75, 1, 1.25, 1, 1, 0.5], initial=0.25, lower_bound=-1, reset="zero")),
        Layer("lif", (6, 2), LIF(0.75, leak=[0.5, 0.875, 0.75, 1, 0, 0.75], reset="delayed")),
        Layer("bmif", (6, 2), BMIF(0.75, 0.25, strength=3)),
        Layer("largest", (6, 1), Relay()),
        Layer("custom", (3,), custom),
        Layer("out", (4,), Accumulate()),
    ]
    projections = [
        Projection("in", name, Linear(weight(12, 12)), weight(6)) for name in ("if", "lif", "bmif")
    ]
    projections = [Projection(p.source, p.target, (*p.ops, Reshape((6, 2))), p.bias) for p in projections]
    projections += [
        Projection("bmif", "largest", MaxPool(2)),
        Projection("if", "custom", Linear(weight(3, 12)), np.full(3, 0.5)),
        Projection("lif", "out", Linear(weight(4, 12)), weight(4)),
        Projection("largest", "out", Linear(weight(4, 6))),
        Projection("custom", "out", Linear(weight(4, 3))),
    ]
    return Network(layers, projections)


def pixels(dyadic):
    drawn = np.random.default_rng(5).random((3, 6, 2))
    return np.round(drawn / GRID) * GRID if dyadic else drawn


MEMBRANES = ("if", "lif", "bmif", "out")


@functools.cache
def run(device, dyadic, physical=None, precision="double", custom=True):
    network = net(dyadic) if custom else net(dyadic).replace("custom", IF())
    record = {layer.name: ("spikes", Potential()) for layer in network.neurons}
    with Simulation(
        network, device, STEPS, dt=DT, record=record, physical=physical, precision=precision
    ) as simulation:
        return simulation.run(pixels(dyadic), progress=False)


def differing(one, other):
    """The number of strengths that differ in all layers that spike."""
    return sum(int(np.sum(one.dense(name) != other.dense(name))) for name in one.layers if name != "out")


def same(one, other):
    """Assert equal strengths and potentials bit by bit."""
    assert differing(one, other) == 0
    for name in one.layers:
        np.testing.assert_array_equal(one.potential(name), other.potential(name))


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("dyadic", [True, False])
def test_a_power_of_two_changes_no_spike(dyadic, precision):
    plain = run(Reference(), dyadic, None, precision, custom=False)
    volts = run(Reference(), dyadic, POWER, precision, custom=False)
    assert differing(plain, volts) == 0
    assert all(volts.totals(name).min() > 5 for name in ("if", "lif", "bmif", "largest"))
    for name in MEMBRANES:
        np.testing.assert_array_equal(volts.potential(name), 15.625 * plain.potential(name))  # mV
    np.testing.assert_array_equal(volts.potential("largest"), plain.potential("largest"))  # no membrane


def margins(network, images):
    """The smallest |U - theta| / theta of each layer that has one, over all neurons and steps."""
    spiking = [layer for layer in network.neurons if layer.name in ("if", "lif", "bmif", "custom")]
    values = {layer.name: parameter_arrays(network, layer, DT, np.float64) for layer in spiking}
    least = dict.fromkeys(values, np.inf)
    for made in simulate(network, images[:, None], STEPS, dt=DT):
        for layer in spiking:
            found = layer.model.margin(made[layer.name].charged, values[layer.name]).min()
            least[layer.name] = min(least[layer.name], found)
    return least


def test_another_voltage_changes_no_spike_where_no_neuron_is_within_rounding():
    """Which nets these are: random weights are, weights on a grid are not."""
    network = net(False).replace("custom", IF())
    assert min(margins(network, pixels(False)).values()) > 1e-9
    plain = run(Reference(), False, None, custom=False)
    volts = run(Reference(), False, OTHER, custom=False)
    assert differing(plain, volts) == 0
    for name in MEMBRANES:
        np.testing.assert_allclose(
            volts.potential(name), 15 * plain.potential(name) - 65, rtol=1e-12, atol=1e-11
        )
    assert min(margins(net(True).replace("custom", IF()), pixels(True)).values()) == 0
    assert (
        differing(run(Reference(), True, None, custom=False), run(Reference(), True, OTHER, custom=False)) > 0
    )


@pytest.mark.parametrize("physical", SCALES.values(), ids=SCALES)
@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("dyadic", [True, False])
def test_brian2_is_the_reference_bit_by_bit(dyadic, precision, physical):
    """For any voltage: ties fall alike everywhere."""
    same(
        run(Reference(), dyadic, physical, precision, custom=False),
        run(Runtime(), dyadic, physical, precision, custom=False),
    )


@pytest.mark.parametrize("physical", SCALES.values(), ids=SCALES)
def test_compiled_code_is_runtime_bit_by_bit_beside_neurons_with_units_of_their_own(physical):
    """Both scales share one build."""
    same(run(Runtime(), False, physical), run(CppStandalone(), False, physical))
    unscaled = run(Runtime(), False, None)
    assert differing(unscaled, run(Runtime(), False, physical)) == 0
    np.testing.assert_array_equal(
        run(Runtime(), False, physical).potential("custom"), unscaled.potential("custom")
    )


# ---- the differential equation


def leaky(neuron, size=1):
    layers = [Layer("in", (size,), Input()), Layer("a", (size,), neuron)]
    return Network(layers, [Projection("in", "a", Linear(np.eye(size)), np.full(size, 0.01))])


@pytest.mark.parametrize(
    "neuron",
    [
        IF(1.0),
        IF([0.9, 1.3, 0.7], reset="zero", initial=0.2),
        LIF(0.8, leak=0.9),
        LIF(0.8, tau=5e-3, reset="zero"),
    ],
    ids=repr,
)
def test_brian2_integrates_the_differential_form_to_the_same_spikes(neuron):
    """Brian2's own integrator on the equation, against the discrete update in numbers."""
    images, network = np.random.default_rng(0).random((2, 3)), leaky(neuron, 3)
    recordings = []
    for each, device in ((network, Reference()), (leaky(OTHER.differential(neuron, DT), 3), Runtime())):
        with Simulation(each, device, 100, dt=DT, record={"a": ("spikes", Potential())}) as simulation:
            recordings.append(simulation.run(images, progress=False))
    numbers, volts = recordings
    assert numbers.totals("a").min() > 5
    assert numbers.spikes("a") == volts.spikes("a")
    np.testing.assert_allclose(volts.potential("a"), 15 * numbers.potential("a") - 65, rtol=1e-11)


def test_currents_are_those_of_the_equations():
    """R I = voltage J / (1 - leak) and I = C voltage J / dt, from numpy and from Brian2's own group."""
    scale = PhysicalScale(0.01, 100e6)
    assert scale.current(LIF(leak=0.75), 2.0, DT) == pytest.approx(0.01 * 2 / 0.25 / 100e6 * 1e9)
    assert scale.current(IF(), 2.0, DT) == pytest.approx(0.01 * 2 / 100e6 * 1e9)  # C = dt / R
    slow = PhysicalScale(0.01, 100e6, time=20e-3)
    assert slow.current(IF(), 2.0, DT) == pytest.approx(20e-3 / 100e6 * 0.01 * 2 / DT * 1e9)
    mixed = scale.current(LIF(leak=[0.5, 1.0]), 1.0, DT)
    np.testing.assert_allclose(mixed, [0.01 / 0.5 / 100e6 * 1e9, 0.01 / 100e6 * 1e9])

    import brian2

    seen = []

    def watch(groups):
        seen.append(brian2.StateMonitor(groups["a"], ["I", "v"], record=True, when="end", order=9))
        return seen

    with Simulation(leaky(LIF(leak=0.75)), Runtime(), 3, dt=DT, physical=scale, brian=watch) as simulation:
        simulation.run([[0.5]], progress=False)
        assert seen[0].I.dim is brian2.amp.dim
        np.testing.assert_allclose(
            np.asarray(seen[0].I)[0, 1:4] * 1e9, scale.current(LIF(leak=0.75), 0.51, DT)
        )
        np.testing.assert_allclose(seen[0].v[0, 1] / brian2.mV, 5.1)


# ---- refusals


class Unknown(Neuron):
    equations = IF().equations

    def step(self, state, drive, p):
        raise NotImplementedError


REFUSED = {
    "voltage": (lambda: PhysicalScale(0), "PhysicalScale.voltage is 0.0: it must lie in (0, inf) V"),
    "resistance": (
        lambda: PhysicalScale(1, -1),
        "PhysicalScale.resistance is -1.0: it must lie in (0, inf) ohm",
    ),
    "time": (lambda: PhysicalScale(1, time=0), "PhysicalScale.time is 0.0: it must lie in (0, inf) s"),
    "array": (
        lambda: PhysicalScale([1, 2]),
        "PhysicalScale.voltage is an array: one scale holds for all layers",
    ),
    "number": (
        lambda: Simulation(leaky(IF()), Reference(), 3, physical=0.015),
        "Simulation: physical is 0.015: give a PhysicalScale",
    ),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_refusals(make, message):
    with pytest.raises(InputError) as caught:
        make()
    assert str(caught.value) == message


def test_models_without_a_form_in_volts_are_refused():
    with pytest.raises(Unsupported) as caught:
        Simulation(leaky(Unknown()), Reference(), 3, physical=POWER)
    assert str(caught.value) == "layer 'a': Unknown neurons are not known in SI units: leave out physical"
    for neuron in (
        IF(lower_bound=-1),
        LIF(leak=0.5, reset="delayed"),
        LIF(leak=0.0),
        LIF(leak=[0.5, 1]),
        BMIF(),
    ):
        with pytest.raises(Unsupported, match=r"has no differential form: (give|reset)"):
            POWER.differential(neuron, DT)


def test_the_recording_says_so():
    assert (
        run(Reference(), True, POWER, custom=False).provenance["physical"]
        == "PhysicalScale(voltage=0.015625)"
    )
