"""Manifests: frozen descriptions as JSON plus named tensors, without code and without equations.

A number stays in the JSON, an array becomes a tensor that the JSON refers to by name, and a description
names its type, which the reader looks up in a table of what it accepts.
"""

import dataclasses
import math
from collections.abc import Mapping, MutableMapping
from typing import Any

import numpy as np

from .errors import FileError, InputError
from .parameters import Value

__all__ = ["decode", "encode"]

Tensors = MutableMapping[str, np.ndarray]


def encode(value: Any, tensors: Tensors, name: str) -> Any:
    """Return `value` as JSON data; its arrays go into `tensors` under names that begin with `name`.

    Parameters
    ----------
    value : Value, number, str, bool, None, array, or a tuple of these
    tensors : dict of str to array, filled in place
    name : str
        Where `value` stands, for example "projections/3".
    """
    if isinstance(value, Value):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if _told(value, f)}
        encoded = {key: encode(held, tensors, f"{name}/{key}") for key, held in fields.items()}
        return {"type": type(value).__name__, **encoded}
    if isinstance(value, np.ndarray) and np.isfinite(value).all():
        tensors[name] = _smallest(value)
        return {"tensor": name}
    if isinstance(value, np.ndarray):  # tensors in files are finite
        return encode(value.tolist(), tensors, name)
    if isinstance(value, (tuple, list)):
        return [encode(item, tensors, f"{name}/{number}") for number, item in enumerate(value)]
    return "inf" if value == math.inf else value


def decode(record: Any, kinds: Mapping[str, type[Value]], tensors: Tensors, where: str) -> Any:
    """Return what `encode` was given; each tensor that is used is taken out of `tensors`.

    Raises
    ------
    FileError
        If a type or field is unknown or missing, a tensor is not there, or a value is out of bounds.
    """
    if isinstance(record, list):
        return tuple(decode(item, kinds, tensors, f"{where}/{i}") for i, item in enumerate(record))
    if not isinstance(record, dict):
        return math.inf if record == "inf" else record
    if set(record) == {"tensor"}:
        return _take(record["tensor"], tensors, where)
    kind = kinds.get(str(record.get("type")))
    if kind is None:
        raise FileError(f"{where}: type {record.get('type')!r} is not one of {', '.join(sorted(kinds))}")
    expected = {"type", *(f.name for f in dataclasses.fields(kind))}
    later = {f.name for f in dataclasses.fields(kind) if f.metadata.get("later")}
    if not expected - later <= set(record) <= expected:
        raise FileError(f"{where}: fields are {sorted(record)}, expected {sorted(expected)}")
    fields = {
        key: decode(held, kinds, tensors, f"{where}/{key}") for key, held in record.items() if key != "type"
    }
    try:
        return kind(**fields)
    except InputError as error:
        raise FileError(f"{where}: {error}") from None
    except (TypeError, ValueError, OverflowError, AttributeError):
        raise FileError(f"{where}: a field of {kind.__name__} has a wrong type") from None


def _told(value: Value, field: dataclasses.Field[Any]) -> bool:
    """Whether a field is written: all are, but those added later where they have their default."""
    held = getattr(value, field.name)
    return not field.metadata.get("later") or np.ndim(held) > 0 or bool(held != field.default)


def _take(name: Any, tensors: Tensors, where: str) -> np.ndarray:
    if not isinstance(name, str) or name not in tensors:
        raise FileError(f"{where}: tensor {name!r} is not in the file, or is used twice")
    return tensors.pop(name)


def _smallest(array: np.ndarray) -> np.ndarray:
    """Return the array in the smallest type that holds it exactly, the signs of zeros included."""
    for dtype in (np.int8, np.float16, np.float32):
        with np.errstate(over="ignore", invalid="ignore"):
            smaller = array.astype(dtype)
        again = smaller.astype(array.dtype)
        if np.array_equal(again, array) and np.array_equal(np.signbit(again), np.signbit(array)):
            return smaller
    return array
