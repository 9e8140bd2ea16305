"""Parameters: dataclass fields that know their unit and bounds, and objects equal by value.

A numeric parameter is a scalar or an array (one value a channel, or one a neuron). It is stored as a
Python float, or as a read-only float64 array, so that descriptions can be compared, hashed and saved.
"""

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .errors import InputError

__all__ = [
    "Bounds",
    "Numeric",
    "Value",
    "as_array",
    "as_numbers",
    "flag",
    "number",
    "option",
    "parameters",
    "shown",
]

Numeric = float | np.ndarray


@dataclasses.dataclass(frozen=True)
class Bounds:
    """What a numeric parameter may be, and the SI unit it is given in ("1": dimensionless).

    Attributes
    ----------
    low, high : float
        Inclusive bounds; with `above`, `low` itself is excluded.
    infinite : bool
        Whether +inf is accepted.
    optional : bool
        Whether None is accepted.
    """

    unit: str = "1"
    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    infinite: bool = False
    optional: bool = False

    def __str__(self) -> str:
        opening = "(" if self.above or math.isinf(self.low) else "["
        closing = "]" if self.infinite or not math.isinf(self.high) else ")"
        return f"{opening}{self.low:g}, {self.high:g}{closing}"

    def hold(self, values: np.ndarray) -> bool:
        """Return whether every value lies within the bounds; NaN never does."""
        above = values > self.low if self.above else values >= self.low
        finite = np.isfinite(values) | (self.infinite & (values == math.inf))
        return bool(np.all(above & (values <= self.high) & finite))


def number(default: Any = dataclasses.MISSING, *, later: bool = False, **bounds: Any) -> Any:
    """Declare a numeric dataclass field; keywords are the attributes of `Bounds`.

    `later`: the field was added to a published description; files leave it out where it has its default,
    so that what was written before still has its fingerprint.
    """
    return dataclasses.field(default=default, metadata={"bounds": Bounds(**bounds), "later": later})


def option(default: str, *others: str) -> Any:
    """Declare a dataclass field that takes one of several words."""
    return dataclasses.field(default=default, metadata={"options": (default, *others)})


def flag(default: bool) -> Any:
    """Declare a dataclass field that is True or False."""
    return dataclasses.field(default=default, metadata={"options": (True, False)})


def parameters(kind: "type[Value] | Value") -> Iterator[tuple[str, Bounds]]:
    """Yield name and bounds of every numeric parameter of a class."""
    for field in dataclasses.fields(kind):
        if "bounds" in field.metadata:
            yield field.name, field.metadata["bounds"]


def as_array(value: Any) -> np.ndarray:
    """Return `value` as an array; a ragged sequence becomes an empty one of objects."""
    try:
        return np.asarray(value)
    except ValueError:
        return np.empty(0, object)


def as_numbers(value: Any) -> np.ndarray | None:
    """Return a read-only float64 copy of `value`, or None if it holds anything but real numbers."""
    array = as_array(value)
    if array.dtype.kind not in "fiu" or array.size == 0:
        return None
    numbers = np.asarray(array.astype(np.float64) + 0.0)  # -0.0 becomes 0.0
    numbers.setflags(write=False)
    return numbers


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Value:
    """Base of frozen descriptions: validated at birth, equal by value, `eval(repr(x)) == x`.

    Raises
    ------
    InputError
        If a field lies outside its bounds or is none of its options.
    """

    def __post_init__(self) -> None:
        for name, bounds in parameters(self):
            object.__setattr__(self, name, _checked(self, name, getattr(self, name), bounds))
        for field in dataclasses.fields(self):
            _check_option(self, field, getattr(self, field.name))

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(_same(a, b) for a, b in zip(_fields(self), _fields(other), strict=True))

    def __hash__(self) -> int:
        return hash((type(self).__name__, *map(_key, _fields(self))))

    def __repr__(self) -> str:
        changed = (f.name for f in dataclasses.fields(self) if not _same(getattr(self, f.name), f.default))
        fields = ", ".join(f"{name}={shown(getattr(self, name))}" for name in changed)
        return f"{type(self).__name__}({fields})"


def _fields(value: Value) -> list[Any]:
    return [getattr(value, field.name) for field in dataclasses.fields(value)]


def _same(a: Any, b: Any) -> bool:
    if np.shape(a) or np.shape(b):
        return type(a) is type(b) and bool(np.array_equal(a, b))
    return type(a) is type(b) and bool(a == b)


def _key(value: Any) -> Any:
    return (value.shape, value.tobytes()) if hasattr(value, "tobytes") else value


def shown(value: Any) -> str:
    """Return a value as a message or a repr shows it, in one line."""
    if isinstance(value, np.generic):
        value = value.tolist()
    if not isinstance(value, np.ndarray):
        return "math.inf" if value == math.inf else repr(value).replace("\n", "")
    if value.size > 64:
        return f"<{value.shape} {value.dtype}>"
    return f"np.array({value.tolist()})".replace("inf", "math.inf")


def _checked(owner: Value, name: str, value: ArrayLike | None, bounds: Bounds) -> Numeric | None:
    who = f"{type(owner).__name__}.{name}"
    if value is None:
        if bounds.optional:
            return None
        raise InputError(f"{who} is None: give a number in {bounds}")
    array = as_numbers(value)
    if array is None:
        raise InputError(f"{who} is {shown(value)}: give a number or an array of numbers in {bounds}")
    if not bounds.hold(array):
        raise InputError(f"{who} is {_worst(array, bounds)!r}: it must lie in {bounds}{_unit(bounds)}")
    return array if array.ndim else float(array)


def _worst(array: np.ndarray, bounds: Bounds) -> float:
    """Return the first value outside the bounds."""
    return next(float(x) for x in array.ravel() if not bounds.hold(np.asarray(x)))


def _unit(bounds: Bounds) -> str:
    return "" if bounds.unit == "1" else f" {bounds.unit}"


def _check_option(owner: Value, field: dataclasses.Field[Any], value: Any) -> None:
    options = field.metadata.get("options")
    if options and not any(type(value) is type(known) and value == known for known in options):
        known = ", ".join(map(repr, options))
        raise InputError(f"{type(owner).__name__}.{field.name} is {shown(value)}: it must be one of {known}")
