"""Custom neurons: closed forms, equal devices, windows, and what is refused in the user's own words."""

import functools
import math

import numpy as np
import pytest

from neurosim import (
    IF,
    LIF,
    Amount,
    CppStandalone,
    Custom,
    InputError,
    Layer,
    Linear,
    Network,
    Potential,
    Projection,
    Reference,
    RunFailed,
    Runtime,
    Simulation,
    Unsupported,
)
from neurosim.neurons import Input
from neurosim.reference import simulate

DT = 1e-3
LEAKY = "dv/dt = (w_rest - v + R*I)/tau : volt"
GIVEN = {"w_rest": "-70*mV", "R": "100*Mohm", "tau": "10*ms"}


def leaky(**changes):
    """A leaky neuron in SI units: 1 nA charges it by 100 mV."""
    options = {"equations": LEAKY, "threshold": "v > -50*mV", "reset": "v = w_rest", "parameters": GIVEN}
    return Custom(**{**options, "unit": "1*nA", "initial": {"v": "-70*mV"}, **changes})


def alone(neuron, size=2, gain=1.0):
    """A network of one layer, each neuron of which receives one pixel."""
    layers = [Layer("in", (size,), Input()), Layer("out", (size,), neuron)]
    return Network(layers, [Projection("in", "out", Linear(gain * np.eye(size)))])


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
        Layer("plain", (3,), LIF(0.75, leak=0.9)),
        Layer("slow", (2,), slow),
    ]
    linear = [Linear(draw.random(shape)) for shape in ((3, 4), (3, 4), (3, 3), (3, 3), (2, 3), (2, 3))]
    projections = [
        Projection("in", "leaky", linear[0]),
        Projection("in", "adaptive", linear[1], draw.random(3)),
        Projection("leaky", "adaptive", linear[2], delay=2),
        Projection("leaky", "plain", linear[3]),
        Projection("adaptive", "slow", linear[4]),
        Projection("plain", "slow", linear[5]),
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


# ---- refusals

WHO = "layer 'out': Custom"
REFUSED = {
    "unit of an equation": (
        {"equations": "dv/dt = w_rest - v + R*I : volt"},
        f"{WHO}.equations: dv/dt = w_rest - v + R*I is in volt: it must be in volt/second",
    ),
    "unit of a parameter": (
        {"parameters": GIVEN | {"R": "100*MS"}},
        f"{WHO}.parameters['R'] is in 'MS', no unit of Brian2: give one such as 'mV' or 'nS/cm**2'",
    ),
    "unit within an equation": (
        {"parameters": GIVEN | {"R": "100*nS"}},
        f"{WHO}.equations: dv/dt: Expression 'w_rest - v + R * I' uses inconsistent units ('w_rest - v' has "
        "unit V; 'R * I' has unit m^-2 kg^-1 s^3 A^3): mend the units",
    ),
    "unit of the input": (
        {"equations": LEAKY + "\nI : amp", "unit": "1*mV"},
        f"{WHO}.unit is in 'mV', and the equations have 'I' in amp: give both one unit",
    ),
    "unit of an initial value": (
        {"initial": {"v": "1*nA"}},
        f"{WHO}.initial['v'] is in 'nA', and the equations have 'v' in volt: give both one unit",
    ),
    "unit of the threshold": (
        {"threshold": "v > -50"},
        f"{WHO}.threshold: Comparison of expressions with different units. Expression 'v' has unit "
        "(m^2 kg s^-3 A^-1), while expression '- 50' has units (1): mend the units",
    ),
    "unit of the reset": (
        {"reset": "v = 0"},
        f'{WHO}.reset: The right-hand-side of code statement "v = 0" does not have the expected unit '
        "m^2 kg s^-3 A^-1 (unit is 1): mend the units",
    ),
    "unknown name": (
        {"equations": LEAKY.replace("tau", "tua")},
        f"{WHO}.equations: 'v' uses 'tua', which is not known: give it in parameters, or say 'tau'",
    ),
    "unknown name in the threshold": (
        {"threshold": "v > limit"},
        f"{WHO}.threshold uses 'limit', which is not known: give it in parameters",
    ),
    "unknown name in the reset": (
        {"reset": "v = below"},
        f"{WHO}.reset uses 'below', which is not known: give it in parameters",
    ),
    "chance": (
        {"equations": "dv/dt = (w_rest - v + R*I*rand())/tau : volt"},
        f"{WHO}.equations: 'v' uses 'rand', which draws at random, other numbers on each device: leave it "
        "out",
    ),
    "time": (
        {"equations": "dv/dt = (w_rest - v + R*I*sin(t/ms))/tau : volt"},
        f"{WHO}.equations: 'v' uses 't', which is not for equations: results must not depend on a place in "
        "the run",
    ),
    "a name of neurosim": (
        {"equations": LEAKY + "\nk : 1"},
        f"{WHO}.equations: 'k' has a meaning of its own here: choose another name",
    ),
    "a declared parameter without a value": (
        {"equations": LEAKY + "\ng : siemens (constant)"},
        f"{WHO}.parameters lack 'g', which the equations declare: give it in siemens",
    ),
    "a parameter that is a variable": (
        {"parameters": GIVEN | {"v": "1*mV"}},
        f"{WHO}.parameters names 'v', which the equations define",
    ),
    "an initial value of nothing": (
        {"initial": {"u": 1}},
        f"{WHO}.initial names 'u': the variables are v",
    ),
    "an input that nobody reads": (
        {"input": "J"},
        f"{WHO}.input is 'J', which the equations do not read: name what gets the drive",
    ),
    "an input that is a variable": (
        {"input": "v"},
        f"{WHO}.input is 'v', which the equations define: name a variable that they only read",
    ),
    "a potential of nothing": ({"potential": "u"}, f"{WHO}.potential is 'u': the variables are v"),
    "a flag": (
        {"equations": LEAKY + " (unless refractory)"},
        f"{WHO}.equations declare 'v' (unless refractory): only (constant) numbers can be kept",
    ),
    "syntax": (
        {"equations": "dv/dt = (w_rest - v + R*I/tau : volt"},
        f"{WHO}.equations: '(' was never closed (<unknown>, line 1)",
    ),
    "no condition": (
        {"refractory": "v + w_rest"},
        f"{WHO}.refractory is 'v + w_rest': give a condition, for example 'v > -50*mV'",
    ),
    "Euler and a long step": (
        {"parameters": GIVEN | {"tau": Amount([10, 0.5], "ms")}, "method": "euler"},
        f"{WHO}.equations: tau of dv/dt is 0.0005 s and dt is 0.001 s: 'euler' grows without bound from dt = "
        "2 tau on; make dt < 0.001 s, or method='exponential_euler'",
    ),
    "Runge-Kutta and a long step": (
        {"equations": "x = (w_rest - v + R*I)/tau : volt/second\ndv/dt = x : volt", "method": "rk4"}
        | {"parameters": GIVEN | {"tau": "0.25*ms"}},
        f"{WHO}.equations: tau of dv/dt is 0.00025 s and dt is 0.001 s: 'rk4' grows without bound from dt = "
        "2.785 tau on; make dt < 0.00069625 s, or method='exponential_euler'",
    ),
}


@pytest.mark.parametrize(("changes", "message"), REFUSED.values(), ids=REFUSED)
def test_simulations_refuse(changes, message):
    with pytest.raises(InputError) as caught:
        Simulation(alone(leaky(**changes)), Runtime(), 5, dt=DT)
    assert str(caught.value) == message


def test_a_method_that_cannot_is_refused():
    neuron = leaky(equations=LEAKY.replace("tau", "tau*v/mV"), method="exact")
    with pytest.raises(InputError, match=r"Custom\.method is 'exact': .*: choose another, such as 'rk4'"):
        Simulation(alone(neuron), Runtime(), 5, dt=DT)


def test_what_is_short_enough_is_not_refused():
    for changes in ({"method": "euler"}, {"method": "exponential_euler"}, {"method": "auto"}):
        given = GIVEN | {"tau": "0.5001*ms" if changes["method"] == "euler" else "0.1*ms"}
        with Simulation(alone(leaky(parameters=given, **changes)), Runtime(), 5, dt=DT):
            pass


BIRTH = {
    "no text": ({"equations": ""}, "Custom.equations is '': give a text such as 'dv/dt = (I - v)/tau : 1'"),
    "threshold": ({"threshold": None}, "Custom.threshold is None: give a text such as 'v > 1'"),
    "reset": ({"reset": 1}, "Custom.reset is 1: give a text"),
    "parameters": (
        {"parameters": "10*ms"},
        "Custom.parameters is '10*ms': give a dict from names to values such as '10*nS'",
    ),
    "value": (
        {"parameters": {"tau": "ten"}},
        "Custom.parameters['tau'] is 'ten': give a number and a unit, for example '10*nS'",
    ),
    "NaN": (
        {"parameters": {"tau": math.nan}},
        "Custom.parameters['tau']: Amount.value is nan: it must lie in (-inf, inf)",
    ),
    "name": ({"initial": {"2v": 1}}, "Custom.initial names '2v': give names that the equations can use"),
    "method": (
        {"method": "gsl"},
        "Custom.method is 'gsl': it must be one of 'auto', 'exact', 'exponential_euler', 'euler', 'rk2', "
        "'rk4'",
    ),
    "unit": (
        {"unit": "1*nA; import os"},
        "Custom.unit: Amount.unit is 'nA; import os': give a unit such as 'mV' or 'nS/cm**2'",
    ),
}


@pytest.mark.parametrize(("changes", "message"), BIRTH.values(), ids=BIRTH)
def test_descriptions_refuse(changes, message):
    with pytest.raises(InputError) as caught:
        leaky(**changes)
    assert str(caught.value) == message


def test_shapes_are_checked_by_the_layer():
    with pytest.raises(InputError) as caught:
        Layer("a", (2,), leaky(parameters=GIVEN | {"tau": Amount([1, 2, 3], "ms")}))
    assert str(caught.value) == (
        "layer 'a': Custom.parameters['tau'] has shape (3,): give a scalar, (2,) (one a channel) or (2,) "
        "(one a neuron)"
    )


def test_the_reference_refuses_and_names_the_layer():
    with pytest.raises(Unsupported) as caught:
        Simulation(alone(leaky()), Reference(), 5)
    assert str(caught.value) == (
        "layer 'out': Custom equations are integrated by Brian2, which Reference runs without: use Runtime() "
        "or CppStandalone()"
    )
    with pytest.raises(Unsupported, match="Custom equations are integrated by Brian2: use Runtime"):
        list(simulate(alone(leaky()), np.zeros((1, 1, 2)), 1))


def test_files_hold_no_equations(tmp_path):
    with pytest.raises(Unsupported) as caught:
        alone(leaky()).save(tmp_path / "net.safetensors")
    assert str(caught.value) == (
        "layer 'out': Custom equations are code, which no file holds: save the network with another neuron "
        "and put this one in by replace('out', ...) after loading"
    )
    alone(leaky()).replace("out", IF()).save(tmp_path / "net.safetensors")
    assert Network.load(tmp_path / "net.safetensors").replace("out", leaky()) == alone(leaky())


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
