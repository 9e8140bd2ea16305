"""Quotients that know where they are not defined."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ratio"]


def ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """Return part / whole, element by element; NaN where the whole is not above 0."""
    shape = np.broadcast_shapes(np.shape(part), np.shape(whole))
    quotient: NDArray[np.float64] = np.divide(
        part, whole, out=np.full(shape, np.nan), where=np.greater(whole, 0)
    )
    return quotient
