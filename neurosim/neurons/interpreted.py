"""Equations run in numpy: what a neuron does whose rule was composed of several."""

import functools
from collections.abc import Mapping, MutableMapping
from types import CodeType
from typing import Any

import numpy as np

from .base import Equations

__all__ = ["advance"]

FUNCTIONS: dict[str, Any] = {
    "between": np.clip,
    "floor": np.floor,
    "ceil": np.ceil,
    "exp": np.exp,
    "abs": np.abs,
    "sqrt": np.sqrt,
}


def advance(
    equations: Equations, state: MutableMapping[str, np.ndarray], drive: np.ndarray, p: Mapping[str, Any]
) -> np.ndarray:
    """Advance `state` by one local step of some equations and return what is sent, as `Neuron.step` does.

    Parameters
    ----------
    p : dict
        Parameters, bias, and the step's random numbers, in the precision of `drive`.
    """
    held = {name: state[name].copy() for name in equations.state}  # the text may work in place
    names: dict[str, Any] = {**FUNCTIONS, "indicator": functools.partial(_indicator, drive.dtype)}
    names |= {**p, **held, "drive": drive.copy(), "emitted": np.zeros_like(drive)}
    _run(equations.charge, names)
    _run(equations.strength, names)
    k = names["k"] = np.asarray(names["emitted"], drive.dtype)
    state["u"] = names["u"]
    before = {name: names[name] for name in equations.state} | {"v": names["u"]}
    names |= {name: np.array(value) for name, value in before.items()}
    _run(equations.reset, names)
    for name, value in before.items():
        state[name] = np.where(k != 0, names[name], value)
    return np.asarray(eval(_compiled(equations.sent, "eval"), names), drive.dtype)


def _indicator(dtype: Any, condition: np.ndarray) -> np.ndarray:
    return np.asarray(condition, dtype)


def _run(text: str, names: dict[str, Any]) -> None:
    exec(_compiled(text, "exec"), names)


@functools.lru_cache
def _compiled(text: str, mode: str) -> CodeType:
    return compile(text, "equations", mode)
