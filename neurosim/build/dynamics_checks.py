"""What is refused of somebody's differential equations before anything is built."""

import contextlib
import difflib
from collections.abc import Collection, Iterator
from typing import Any

from brian2 import DimensionMismatchError, Equations, get_dimensions, second
from brian2.core.namespace import DEFAULT_CONSTANTS, DEFAULT_FUNCTIONS, DEFAULT_UNITS
from brian2.equations.equations import EquationError
from brian2.equations.unitcheck import check_units_statements
from brian2.parsing.expressions import is_boolean_expression, parse_expression_dimensions
from brian2.units.fundamentalunits import DIMENSIONLESS, get_unit
from brian2.utils.stringtools import get_identifiers

from ..errors import InputError
from ..layers import Layer
from ..neurons.dynamics import Constant, Dynamics
from .dynamics import equations_of, held, quantity_of, variables_of
from .stability import check_method

__all__ = ["check_dynamics"]

RANDOM = {"rand", "randn", "poisson", "xi"}
PLACES = {"i", "t", "t_in_timesteps", "timestep", "lastspike", "N"}
"""What says where in a run or a population a neuron is."""
OWN = PLACES | {
    *("arrived", "awake", "begin", "between", "bias", "channel", "current", "drive", "emitted", "fire"),
    *("images", "indicator", "k", "latency", "layer", "local", "propagate", "ready", "resting", "said"),
    *("normal", "send", "silent", "steps", "uniform", "watch", "weight"),
}
WORDS = {"dt", "and", "or", "not", "True", "False"}
KNOWN = ({*DEFAULT_UNITS, *DEFAULT_FUNCTIONS, *DEFAULT_CONSTANTS} - RANDOM - OWN) | WORDS


def check_dynamics(layer: Layer, dt: float) -> None:
    """Raise InputError, naming layer, field and remedy, unless Brian2 can integrate a layer's equations.

    Parameters
    ----------
    layer : Layer
        Its neurons have `Equations.dynamics`.
    dt : float
        Time step [s].
    """
    who = f"layer {layer.name!r}: Custom"
    own = layer.model.equations
    assert own.dynamics is not None  # the caller's promise
    written = _written(who, own.dynamics)
    _check_given(who, own.dynamics, written)
    _check_names(who, own.dynamics, own.reset, written)
    equations = _equations(who, own.dynamics)
    _check_conditions(who, own.dynamics, own.reset, equations)
    check_method(who, layer, equations, dt)


@contextlib.contextmanager
def _as_said_of(field: str) -> Iterator[None]:
    """Turn what Brian2 complains about into one line that begins with the field."""
    try:
        yield
    except DimensionMismatchError as error:
        raise InputError(f"{field}: {_line(error)}: mend the units") from None
    except InputError:
        raise
    except (EquationError, ValueError, TypeError, SyntaxError, KeyError, NotImplementedError) as error:
        raise InputError(f"{field}: {_line(error)}") from None


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")


def _written(who: str, dynamics: Dynamics) -> Equations:
    """Return the equations as they were given."""
    with _as_said_of(f"{who}.equations"):
        written = Equations(dynamics.text)
    for name, equation in written.items():
        odd = [flag for flag in equation.flags if flag != "constant"]
        if odd or equation.var_type != "float":
            what = f"({odd[0]})" if odd else equation.var_type
            raise InputError(f"{who}.equations declare {name!r} {what}: only (constant) numbers can be kept")
    return written


def _check_given(who: str, dynamics: Dynamics, written: Equations) -> None:
    """Check parameters, initial values and the input against the equations."""
    for constant in dynamics.constants:
        if constant.name in written.eq_names:
            raise InputError(f"{who}.parameters names {constant.name!r}, which the equations define")
        _check_unit(f"{who}.parameters[{constant.name!r}]", constant, written)
    given = {constant.name for constant in dynamics.constants} | {dynamics.input.name}
    for name in sorted(written.parameter_names - given - set(held(written))):
        unit = _named(written.dimensions[name])
        raise InputError(f"{who}.parameters lack {name!r}, which the equations declare: give it in {unit}")
    _check_input(who, dynamics.input, written)
    for constant in dynamics.initial:
        if constant.name not in held(written) or constant.name in given:
            known = ", ".join(name for name in held(written) if name not in given)
            raise InputError(f"{who}.initial names {constant.name!r}: the variables are {known}")
        _check_unit(f"{who}.initial[{constant.name!r}]", constant, written)


def _check_input(who: str, drive: Constant, written: Equations) -> None:
    if drive.name in written.eq_names:
        raise InputError(
            f"{who}.input is {drive.name!r}, which the equations define: name a variable that they only read"
        )
    if not any(drive.name in written[name].identifiers for name in written.eq_names):
        raise InputError(
            f"{who}.input is {drive.name!r}, which the equations do not read: name what gets the drive"
        )
    _check_unit(f"{who}.unit", drive, written)


def _check_unit(field: str, constant: Constant, written: Equations) -> None:
    """Check that a unit exists, and is what the equations declare for the name."""
    try:
        dimensions = get_dimensions(quantity_of(constant.unit))
    except (NameError, SyntaxError, TypeError, ValueError):
        raise InputError(
            f"{field} is in {constant.unit!r}, no unit of Brian2: give one such as 'mV' or 'nS/cm**2'"
        ) from None
    if constant.name in written and written.dimensions[constant.name] is not dimensions:
        unit = _named(written.dimensions[constant.name])
        raise InputError(
            f"{field} is in {constant.unit!r}, and the equations have {constant.name!r} in {unit}: "
            "give both one unit"
        )


def _named(dimensions: Any) -> str:
    """Return the name of a unit; Brian2 calls the number 1 a radian."""
    return "1" if dimensions is DIMENSIONLESS else repr(get_unit(dimensions))


def _check_names(who: str, dynamics: Dynamics, reset: str, written: Equations) -> None:
    """Check that every name is known, and none is one that neurosim or Brian2 uses itself."""
    given = {constant.name for constant in dynamics.constants} | {dynamics.input.name}
    defined = written.names | given
    for name in sorted(defined & (OWN | KNOWN)):
        raise InputError(f"{who}.equations: {name!r} has a meaning of its own here: choose another name")
    read = {name: written[name].identifiers for name in sorted(written.eq_names)}
    for name, used in read.items():
        _check_known(f"{who}.equations: {name!r}", used, defined)
    _check_known(f"{who}.threshold", get_identifiers(dynamics.threshold), defined)
    _check_known(f"{who}.refractory", get_identifiers(dynamics.refractory), defined)
    made = {line.split("=")[0].strip() for line in reset.replace(";", "\n").split("\n")}
    _check_known(f"{who}.reset", get_identifiers(reset), defined | made - OWN)
    if dynamics.potential not in written.names:
        known = ", ".join(sorted(written.names))
        raise InputError(f"{who}.potential is {dynamics.potential!r}: the variables are {known}")


def _check_known(where: str, used: Collection[str], defined: Collection[str]) -> None:
    for name in sorted(set(used) - set(defined) - KNOWN):
        if name in RANDOM or name.startswith("xi_"):
            remedy = "draws at random, other numbers on each device: leave it out"
        elif name in PLACES:
            remedy = "is not for equations: results must not depend on a place in the run"
        else:
            near = difflib.get_close_matches(name, {*defined, *DEFAULT_FUNCTIONS}, 1)
            remedy = "is not known: give it in parameters" + "".join(f", or say {close!r}" for close in near)
        raise InputError(f"{where} uses {name!r}, which {remedy}")


def _equations(who: str, dynamics: Dynamics) -> Equations:
    """Return the equations with everything that is given, checked for units."""
    equations = equations_of(dynamics)
    variables = variables_of(equations)
    for name in sorted(equations.eq_names):
        changes = name in equations.diff_eq_names
        what, rate = (f"d{name}/dt", second.dim) if changes else (name, DIMENSIONLESS)
        expression, declared = str(equations[name].expr), equations.dimensions[name]
        with _as_said_of(f"{who}.equations: {what}"):
            found = parse_expression_dimensions(expression, variables)
        if found is not declared / rate:
            expected = _named(declared) + "/second" * changes
            raise InputError(
                f"{who}.equations: {what} = {expression} is in {_named(found)}: it must be in {expected}"
            )
    return equations


def _check_conditions(who: str, dynamics: Dynamics, reset: str, equations: Equations) -> None:
    """Check threshold, refractory condition and reset for units and kind."""
    for field, text in (("threshold", dynamics.threshold), ("refractory", dynamics.refractory)):
        if not text:
            continue
        variables = variables_of(equations, text)
        with _as_said_of(f"{who}.{field}"):
            parse_expression_dimensions(text, variables)
            condition = is_boolean_expression(text, variables)
        if not condition:
            raise InputError(f"{who}.{field} is {text!r}: give a condition, for example 'v > -50*mV'")
    with _as_said_of(f"{who}.reset"):
        check_units_statements(reset, variables_of(equations, reset))
