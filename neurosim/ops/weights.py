"""Weights: checked once, kept in double precision, read-only."""

from typing import Any

import numpy as np

from ..errors import InputError
from ..parameters import as_numbers

__all__ = ["checked_weight"]


def checked_weight(owner: str, weight: Any, ranks: tuple[int, ...]) -> np.ndarray:
    """Return a read-only float64 copy of `weight`.

    Raises
    ------
    InputError
        If it is no array of numbers of one of the `ranks`, is empty, or holds NaN or infinity.
    """
    array = as_numbers(weight)
    if array is None or array.ndim not in ranks:
        found = "no array of numbers" if array is None else f"of shape {array.shape}"
        raise InputError(f"{owner}.weight is {found}: give numbers in {' or '.join(map(str, ranks))} axes")
    if not np.isfinite(array).all():
        raise InputError(f"{owner}.weight holds {int((~np.isfinite(array)).sum())} NaN or infinite values")
    return array
