"""What is refused of Custom neurons: one line each, in the words of the equations."""

import math

import numpy as np
import pytest
from custom_neurons import DT, GIVEN, LEAKY, alone, leaky

from neurosim import IF, Amount, InputError, Layer, Network, Reference, Runtime, Simulation, Unsupported
from neurosim.reference import simulate

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
