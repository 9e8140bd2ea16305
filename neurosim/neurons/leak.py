"""Leaks: what a variable keeps from step to step, given as a factor or as the time constant behind it."""

import numpy as np

from ..errors import InputError
from ..parameters import Numeric, Value, shown

__all__ = ["check_leak", "kept"]


def check_leak(owner: Value, factor: str, time: str) -> None:
    """Raise InputError unless exactly one of two fields is given, a factor or its time constant."""
    given = {name: getattr(owner, name) for name in (factor, time)}
    if sum(value is None for value in given.values()) != 1:
        found = " and ".join(f"{name}={shown(value)}" for name, value in given.items())
        raise InputError(f"{type(owner).__name__} has {found}: give exactly one of them")


def kept(factor: Numeric | None, time: Numeric | None, dt: float) -> Numeric:
    """Return the share that is left after a step of `dt` seconds: `factor`, or exp(-dt / time)."""
    if factor is not None:
        return factor
    left: np.ndarray = np.exp(-dt / np.asarray(time))
    return left
