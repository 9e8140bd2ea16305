"""Custom neurons: closed forms, equal devices, windows, and what is refused in the user's own words."""

import functools
import math

import numpy as np
import pytest
from custom_neurons import DT, GIVEN, alone, leaky

from neurosim import (
    Amount,
    CppStandalone,
    Custom,
    InputError,
    Layer,
    Linear,
    Network,
    Potential,
    Projection,
    RunFailed,
    Runtime,
    Simulation,
)
from neurosim.neurons import Input


def run(network, device, images, steps, dt=DT, **options):
    record = {layer.name: ("spikes", Potential()) for layer in network.neurons}
    with Simulation(network, device, steps, dt=dt, record=record, **options) as simulation:
        return simulation.run(images, progress=False)


# ---- one network with every feature, on both devices

PIXELS = np.random.default_rng(3).random((3, 4))
STEPS = 60


def zoo():
    """Custom layers beside others: a bias, a delay, a value a channel, variables that resets change."""
    draw = np.random.default_rng(1)
    adaptive = Custom(
        "dv/dt = (I - v)/tau : 1\nw : 1",
        threshold="v > 1 + w",
        reset="v -= 1 + w\nw += 0.25",
        parameters={"tau": Amount([5.0, 10, 20], "ms")},
        initial={"w": 0.125},
        method="euler",
    )
    slow = Custom(
        "dv/dt = (g*(w_rest - v) + J)/c : volt\ndg/dt = -g/(20*ms) : siemens",
        threshold="v > -50*mV",
        parameters={"c": "200*pF", "w_rest": "-70*mV"},
        input="J",
        unit="0.5*nA",
        initial={"v": "-70*mV", "g": Amount([10.0, 20.0], "nS")},
        refractory="v > -60*mV",
        method="euler",
        potential="g",
    )
    layers = [
        Layer("in", (4,), Input()),
        Layer("leaky", (3,), leaky()),
        Layer("adaptive", (3,), adaptive),
        Layer("slow", (2,), slow),
    ]
    linear = [Linear(draw.random(shape)) for shape in ((3, 4), (3, 4), (3, 3), (2, 3), (2, 3))]
    projections = [
        Projection("in", "leaky", linear[0]),
        Projection("in", "adaptive", linear[1], draw.random(3)),
        Projection("leaky", "adaptive", linear[2], delay=2),
        Projection("adaptive", "slow", linear[3]),
        Projection("leaky", "slow", linear[4]),
    ]
    return Network(layers, projections)


@functools.cache
def zoo_on(device, images=3):
    return run(zoo(), device, PIXELS[:images], STEPS)


def test_devices_agree_bit_by_bit_but_where_exp_is_used():
    runtime, cpp = zoo_on(Runtime()), zoo_on(CppStandalone())
    for layer in runtime.layers:
        assert runtime.spikes(layer) == cpp.spikes(layer), layer
        assert runtime.totals(layer).min() > 1, layer
        np.testing.assert_allclose(runtime.potential(layer), cpp.potential(layer), rtol=1e-12)
    for layer in ("adaptive", "slow"):
        np.testing.assert_array_equal(runtime.potential(layer), cpp.potential(layer))


def test_explicit_synapses_carry_the_same_spikes():
    found = run(zoo(), Runtime(), PIXELS, STEPS, connectivity="synapses")
    for layer in found.layers:
        assert found.spikes(layer) == zoo_on(Runtime()).spikes(layer), layer


def test_every_window_starts_from_the_initial_values():
    """What an image gives does not depend on those before it."""
    first, whole = zoo_on(Runtime(), 1), zoo_on(Runtime())
    again = run(zoo(), Runtime(), PIXELS[[2, 1, 0]], STEPS)
    for layer in whole.layers:
        assert first.spikes(layer) == whole.spikes(layer, [0]), layer
        np.testing.assert_array_equal(again.potential(layer)[::-1], whole.potential(layer))


def test_adaptive_neurons_are_their_scalar_loop():
    found = zoo_on(Runtime())
    network = zoo()
    into = network.into("adaptive")
    said = found.dense("leaky").astype(float)
    tau = np.array([5.0, 10, 20]) * 0.001
    for image, pixels in enumerate(PIXELS):
        v, w = np.zeros(3), np.full(3, 0.125)
        for step in range(STEPS):
            drive = into[0].ops[0].weight @ pixels + into[0].bias
            drive = drive + (into[1].ops[0].weight @ said[image, step - 2] if step >= 2 else 0)
            v = v + DT * (drive - v) / tau
            k = v > 1 + w
            v, w = v - k * (1 + w), w + 0.25 * k
            assert found.dense("adaptive")[image, step].tolist() == k.astype(int).tolist()
            np.testing.assert_allclose(found.potential("adaptive")[image, step], v, rtol=1e-12)


def test_a_leaky_neuron_is_its_closed_form():
    """Exact integration: v(t) = rest + R I (1 - exp(-t / tau)), in mV, and the known first spike."""
    recording = run(alone(leaky()), Runtime(), [[0.19, 0.5]], 40)
    t = DT * np.arange(1, 41)
    expected = -70 + 100 * 0.19 * (1 - np.exp(-t / 10e-3))
    np.testing.assert_allclose(recording.potential("out")[0, :, 0], expected, rtol=1e-12)
    first = math.ceil(-10 * math.log(1 - 20 / 50) / 1)  # 20 of 50 mV, tau of 10 steps
    assert recording.spikes("out").step[0] == first - 1
    assert not recording.dense("out")[0, :, 0].any()


def test_refractory_neurons_spike_once_for_each_time_the_condition_began():
    wave = Custom(
        "dv/dt = -w*omega : 1\ndw/dt = (v + I)*omega : 1",
        threshold="v > 0.5",
        refractory="v > 0",
        parameters={"omega": "100/second"},
        initial={"v": -1},
        method="rk4",
    )
    recording = run(alone(wave), Runtime(), np.zeros((1, 2)), 200)
    period = 2 * math.pi / 0.1  # steps
    rises = period * (0.5 - math.acos(0.5) / (2 * math.pi) + np.arange(3))
    found = recording.spikes("out").step[recording.spikes("out").neuron == 0] + 1
    assert found.tolist() == np.ceil(rises).astype(int).tolist()


# ---- the order of convergence that each method claims

METHODS = {"euler": 1, "rk2": 2, "rk4": 4, "exponential_euler": None, "exact": None}


def test_methods_converge_as_they_claim():
    """The error of a decay to a constant at its end, against the closed form, over three time steps."""
    tau, drive, end = 8e-3, 0.75, 24e-3
    layers = [Layer("in", (1,), Input())]
    for method in METHODS:
        neuron = Custom("dv/dt = (I - v)/tau : 1", "v > 9", parameters={"tau": "8*ms"}, method=method)
        layers.append(Layer(method, (1,), neuron))
    network = Network(layers, [Projection("in", method, Linear(np.ones((1, 1)))) for method in METHODS])
    closed = drive * (1 - math.exp(-end / tau))
    errors = {method: [] for method in METHODS}
    for dt in (1e-3, 0.5e-3, 0.25e-3):
        recording = run(network, Runtime(), [[drive]], round(end / dt), dt)
        for method in METHODS:
            errors[method].append(abs(recording.potential(method)[0, -1, 0] - closed))
    for method, order in METHODS.items():
        if order is None:
            assert max(errors[method]) < 1e-14, method
        else:
            orders = np.log2(np.array(errors[method][:-1]) / errors[method][1:])
            np.testing.assert_allclose(orders, order, atol=0.15, err_msg=method)


# ---- descriptions


def test_descriptions_are_equal_by_value():
    neuron = leaky(parameters=GIVEN | {"tau": Amount([10, 20], "ms")})
    again = eval(repr(neuron), {"Custom": Custom, "Amount": Amount, "np": np})
    assert again == neuron
    assert hash(again) == hash(neuron)
    assert neuron != leaky()
    assert leaky() == leaky(parameters=dict(reversed(GIVEN.items())))
    assert neuron.equations == leaky(parameters=GIVEN | {"tau": "3 ms"}).equations  # one build
    assert neuron.spiking


def test_amounts_are_read_as_they_are_written():
    import brian2

    quantity = Custom(
        "a", "b", parameters={"x": -65 * brian2.mV, "y": [1, 2] * brian2.nS, "z": brian2.Quantity(3)}
    )
    (_, x), (_, y), (_, z) = quantity.parameters
    assert (x.value, y.value.tolist(), z) == (-0.065, [1e-9, 2e-9], Amount(3))
    assert x.unit == "metre ** 2 * kilogram * second ** -3 * amp ** -1"
    said = Custom("a", "b", parameters={"x": "1e3*nS/cm**2", "y": "1/ms", "z": "-.5 mV", "w": 2})
    written = {"w": Amount(2), "x": Amount(1e3, "nS/cm**2"), "y": Amount(1, "1/ms"), "z": Amount(-0.5, "mV")}
    assert dict(said.parameters) == written


def test_other_values_of_one_structure_are_run_and_checked():
    changed = leaky(parameters=GIVEN | {"tau": "0.4*ms"}, method="euler")
    with Simulation(alone(leaky(method="euler")), Runtime(), 5, dt=DT) as simulation:
        simulation.run([[0.1, 0.2]], network=alone(leaky(method="euler", unit="2*nA")), progress=False)
        with pytest.raises(InputError, match=r"tau of dv/dt is 0\.0004 s and dt is 0\.001 s"):
            simulation.run([[0.1, 0.2]], network=alone(changed), progress=False)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("device", [Runtime(), CppStandalone()], ids=lambda d: type(d).__name__)
def test_results_that_are_no_numbers_are_refused(device):
    """In the build of the zoo: a resistance that turns any current into an infinite voltage."""
    broken = zoo().replace("leaky", leaky(parameters=GIVEN | {"R": "1e308*Mohm"}, unit="1e6*nA"))
    record = {layer.name: ("spikes", Potential()) for layer in broken.neurons}
    with (
        Simulation(zoo(), device, STEPS, record=record) as simulation,
        pytest.raises(RunFailed, match="equations gave NaN or infinity: make dt shorter"),
    ):
        simulation.run(PIXELS, network=broken, progress=False)
