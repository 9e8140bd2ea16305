"""How Brian2 will integrate, and whether the time step is short enough for it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import sympy
from brian2 import Equations
from brian2.core.namespace import DEFAULT_UNITS
from brian2.parsing.sympytools import str_to_sympy
from brian2.stateupdaters.base import StateUpdateMethod, UnsupportedEquationsException

from ..errors import InputError
from ..layers import Layer
from ..neurons.base import broadcast
from .dynamics import variables_of

__all__ = ["check_method"]

LIMITS = {"euler": 2.0, "rk2": 2.0, "rk4": 2.785}
"""dt / tau from which a linear decay grows instead."""


def check_method(who: str, layer: Layer, equations: Equations, dt: float) -> None:
    """Raise InputError if a method cannot integrate the equations, or dt is too long for it.

    That is known of variables whose equation is linear in them, with a factor made of parameters.

    Parameters
    ----------
    who : str
        Whose equations they are.
    equations : Equations
        The layer's, with everything that is given.
    dt : float
        Time step [s].
    """
    dynamics = layer.model.equations.dynamics
    assert dynamics is not None  # the caller's promise
    method = _method(who, equations, dynamics.method)
    if method not in LIMITS:
        return
    for name, tau in _time_constants(layer, equations, dt):
        longest = LIMITS[method] * tau
        if dt >= longest * (1 - 1e-12):
            raise InputError(
                f"{who}.equations: tau of d{name}/dt is {tau:g} s and dt is {dt:g} s: {method!r} grows "
                f"without bound from dt = {LIMITS[method]:g} tau on; make dt < {longest:g} s, or "
                "method='exponential_euler'"
            )


def _method(who: str, equations: Equations, asked: str) -> str:
    """Return what "auto" means for some equations, or the method that was asked for."""
    variables = variables_of(equations)
    del variables["dt"]  # Brian2 would ask for its value
    for method in ("exact", "euler") if asked == "auto" else (asked,):
        try:
            StateUpdateMethod.apply_stateupdater(equations, variables, method)
        except UnsupportedEquationsException as error:
            reason = " ".join(str(error).split()).rstrip(".")
        else:
            return method
    raise InputError(f"{who}.method is {asked!r}: {reason}: choose another, such as 'rk4'")


def _time_constants(layer: Layer, equations: Equations, dt: float) -> Iterator[tuple[str, float]]:
    """Yield variables that decay with a time constant of parameters alone, and the shortest of each [s]."""
    values = layer.model.values(dt)
    variables = variables_of(equations)
    for name, expression in equations.get_substituted_expressions(variables):
        if name not in equations.diff_eq_names:
            continue
        slope = sympy.diff(str_to_sympy(expression.code, variables), sympy.Symbol(name, real=True))
        symbols = sorted(slope.free_symbols, key=str)
        if not all(str(symbol) in values or str(symbol) in DEFAULT_UNITS for symbol in symbols):
            continue
        known: list[Any] = [
            broadcast(values[str(s)], layer.shape) if str(s) in values else float(DEFAULT_UNITS[str(s)])
            for s in symbols
        ]
        steepest = float(np.min(sympy.lambdify(symbols, slope, "numpy")(*known)))
        if steepest < 0:
            yield name, -1 / steepest
