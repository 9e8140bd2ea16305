"""Amounts: numbers with a unit, said in words or taken from Brian2 quantities, without Brian2."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import InputError
from ..parameters import Numeric, Value, number, shown

__all__ = ["Amount", "as_amount", "as_amounts"]

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
SAID = re.compile(rf"\s*({NUMBER})\s*(?:\*\s*)?(/?)(.*)")
UNIT = re.compile(r"[A-Za-z0-9_*/().\s+-]+")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Amount(Value):
    """A number, or one a channel or neuron, with a unit.

    Parameters
    ----------
    value : float or array
    unit : str
        In the names of Brian2's units, for example "mV" or "nS/cm**2"; "1": none.
    """

    value: Numeric = number()
    unit: str = "1"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.unit, str) or not UNIT.fullmatch(self.unit):
            raise InputError(f"Amount.unit is {shown(self.unit)}: give a unit such as 'mV' or 'nS/cm**2'")


def as_amount(value: Any, owner: str) -> Amount:
    """Return a number, a text such as "10*nS" or "-65 mV", or a Brian2 quantity as an amount.

    Raises
    ------
    InputError
        If `value` is none of these; `owner` is who it belongs to.
    """
    if isinstance(value, Amount):
        return value
    said = SAID.fullmatch(value) if isinstance(value, str) else None
    if isinstance(value, str) and not said:
        raise InputError(f"{owner} is {value!r}: give a number and a unit, for example '10*nS'")
    try:
        if said:
            return Amount(float(said[1]), ("1/" if said[2] else "") + (said[3].strip() or "1"))
        dimensions = repr(getattr(value, "dim", "1"))  # the SI base units, written as Brian2 reads them
        return Amount(np.asarray(value), "1" if "(" in dimensions or "'" in dimensions else dimensions)
    except InputError as error:
        raise InputError(f"{owner}: {error}") from None


def as_amounts(given: Any, owner: str) -> tuple[tuple[str, Amount], ...]:
    """Return amounts by name, in order of names, from a mapping or from pairs.

    Raises
    ------
    InputError
        If a name is no name of a variable, or a value no amount.
    """
    if not isinstance(given, (Mapping, Sequence)) or isinstance(given, str):
        raise InputError(f"{owner} is {shown(given)}: give a dict from names to values such as '10*nS'")
    pairs = dict(given)
    for name in pairs:
        if not isinstance(name, str) or not name.isidentifier() or name.startswith("_"):
            raise InputError(f"{owner} names {name!r}: give names that the equations can use")
    return tuple((name, as_amount(pairs[name], f"{owner}[{name!r}]")) for name in sorted(pairs))
