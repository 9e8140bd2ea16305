"""Columns of whole numbers, one row an event, and what is refused in them."""

from collections.abc import Mapping

import numpy as np

from ..errors import InputError
from ..parameters import as_array

__all__ = ["as_column", "check_count", "check_indices", "check_lengths"]


def as_column(owner: str, name: str, values: object) -> np.ndarray:
    """Return `values` as an array of whole numbers (rows,); raise InputError if they are anything else."""
    array = as_array(values)
    if array.shape == (0,) and array.dtype.kind == "f":  # an empty list
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise InputError(
            f"{owner}.{name} has shape {array.shape} and type {array.dtype}: give whole numbers, one a row"
        )
    return array


def check_lengths(owner: str, columns: Mapping[str, np.ndarray]) -> None:
    """Raise InputError unless all columns have the same length."""
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise InputError(f"{owner}: columns have different lengths ({told}): give one row an event")


def check_indices(owner: str, name: str, column: np.ndarray, end: int) -> None:
    """Raise InputError unless a column holds 0 to end - 1."""
    wrong = column[(column < 0) | (column >= end)]
    if len(wrong):
        raise InputError(f"{owner}.{name} holds {wrong[0]}: give 0 to {end - 1}")


def check_count(name: str, value: object) -> None:
    """Raise InputError unless a value is a whole number >= 1."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise InputError(f"{name} is {value!r}: give a whole number >= 1")
