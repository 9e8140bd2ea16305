"""From somebody's differential equations to Brian2: the equations of a group, and the code around them."""

from typing import Any

from brian2 import Equations, get_dimensions, second
from brian2.core.namespace import DEFAULT_CONSTANTS, DEFAULT_FUNCTIONS, DEFAULT_UNITS
from brian2.core.variables import Constant as Fixed
from brian2.core.variables import Variable
from brian2.equations.equations import PARAMETER, SUBEXPRESSION, Expression, SingleEquation
from brian2.units.allunits import volt
from brian2.units.fundamentalunits import DIMENSIONLESS
from brian2.utils.stringtools import get_identifiers

from ..neurons.dynamics import Constant, Dynamics

__all__ = [
    "before",
    "equations_of",
    "held",
    "options_of",
    "potential_of",
    "quantity_of",
    "records_voltage",
    "reset_of",
    "spoken",
    "variables_of",
]


def quantity_of(unit: str) -> Any:
    """Return a unit, written with the names of Brian2's units, as a quantity."""
    return eval(unit, {"__builtins__": {}}, dict(DEFAULT_UNITS))


def held(equations: Equations) -> list[str]:
    """Return the variables that keep a value from step to step, in order of names."""
    kept = {name for name in equations.parameter_names if "constant" not in equations[name].flags}
    return sorted(equations.diff_eq_names | kept)


def equations_of(dynamics: Dynamics) -> Equations:
    """Return the equations with what is given from outside: a number times its unit, and the input."""
    given = {constant.name: _subexpression(constant) for constant in dynamics.constants}
    drive = SingleEquation(PARAMETER, dynamics.input.name, _dimensions(dynamics.input))
    written = dict(Equations(dynamics.text).items())
    return Equations([*(written | given | {drive.varname: drive}).values()])


def _subexpression(constant: Constant) -> SingleEquation:
    return SingleEquation(
        SUBEXPRESSION, constant.name, _dimensions(constant), expr=Expression(constant.worth)
    )


def _dimensions(constant: Constant) -> Any:
    return get_dimensions(quantity_of(constant.unit))


def variables_of(equations: Equations, text: str = "") -> dict[str, Any]:
    """Return what the names in equations, and in some code beside them, stand for."""
    own = {name: Variable(name, dimensions=equations.dimensions[name]) for name in equations.names}
    used = equations.identifiers | get_identifiers(text) - own.keys()
    units = {name: DEFAULT_UNITS[name] for name in used & DEFAULT_UNITS.keys()}
    known = {name: Fixed(name, float(unit), dimensions=unit.dim) for name, unit in units.items()}
    known |= {name: what for name, what in (DEFAULT_FUNCTIONS | DEFAULT_CONSTANTS).items() if name in used}
    known |= {"dt": Variable("dt", dimensions=second.dim, constant=True, scalar=True)}
    numbers = equations.identifiers - own.keys() - known.keys()
    return known | {name: Variable(name) for name in numbers} | own


def options_of(dynamics: Dynamics) -> dict[str, Any]:
    """Return how Brian2's `NeuronGroup` is told the method."""
    return {} if dynamics.method == "auto" else {"method": dynamics.method}


def before(dynamics: Dynamics, in_volts: bool) -> list[str]:
    """Return the lines before the integration: a window's start, and the input of this step.

    Outside of windows everything stays at its start. `in_volts`: whether `bias` is declared so, as those of
    other neurons are where there is a `PhysicalScale`.
    """
    starts = {constant.name: f"+{constant.worth}*resting" for constant in dynamics.initial}
    own = equations_of(dynamics)
    kept = [name for name in held(own) if name != dynamics.input.name]
    lines = ["resting=1-awake*(1-begin)"]
    lines += [f"{name}={name}*(1-resting){starts.get(name, '')}" for name in kept]
    lines += ["silent=silent*(1-resting)"] * bool(dynamics.refractory)
    unit = "" if dynamics.input.unit == "1" else f"*({dynamics.input.unit})"
    bias = "bias/volt" if in_volts else "bias"
    return [*lines, f"{dynamics.input.name}=((drive+{bias})*{dynamics.input.number}){unit}"]


def spoken(dynamics: Dynamics) -> list[str]:
    """Return the lines after the integration: who spikes. NaN and infinity make a strength of NaN."""
    lines = [f"emitted=indicator({dynamics.threshold})+0*{potential_of(dynamics)}"]
    if not dynamics.refractory:
        return [*lines, "k=emitted*awake"]
    return [*lines, f"silent=silent*indicator({dynamics.refractory})", "k=emitted*(1-silent)*awake"]


def reset_of(dynamics: Dynamics, reset: str) -> str:
    """Return what a spike does."""
    return "\n".join([reset] * bool(reset.strip()) + ["silent=1"] * bool(dynamics.refractory))


def potential_of(dynamics: Dynamics) -> str:
    """Return the recorded variable as a number of its SI base unit."""
    dimensions = equations_of(dynamics).dimensions[dynamics.potential]
    return dynamics.potential + ("" if dimensions is DIMENSIONLESS else f"/({dimensions!r})")


def records_voltage(dynamics: Dynamics) -> bool:
    """Return whether the recorded variable is a voltage."""
    return equations_of(dynamics).dimensions[dynamics.potential] is volt.dim
