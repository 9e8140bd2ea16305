"""Weights: checked once, kept in double precision, read-only."""

import numpy as np

from ..errors import InputError

__all__ = ["checked_weight"]


def checked_weight(owner: str, weight: object, ranks: tuple[int, ...]) -> np.ndarray:
    """Return a read-only float64 copy of `weight`.

    Raises
    ------
    InputError
        If it is no array of numbers of one of the `ranks`, is empty, or holds NaN or infinity.
    """
    array = np.asarray(weight)
    if array.dtype.kind not in "fiu" or array.ndim not in ranks or array.size == 0:
        wanted = " or ".join(map(str, ranks))
        raise InputError(
            f"{owner}.weight has shape {array.shape} and type {array.dtype}: give numbers in {wanted} axes"
        )
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise InputError(f"{owner}.weight holds {int((~np.isfinite(array)).sum())} NaN or infinite values")
    array.setflags(write=False)
    return array
