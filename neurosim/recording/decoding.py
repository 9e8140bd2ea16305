"""Which class an output layer has decided for: (images, steps, classes) to (images, steps).

Ties go to the lowest class.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["decode_count", "decode_first_spike", "decode_output"]

Classes = NDArray[np.int64]


def decode_output(output: NDArray[Any]) -> Classes:
    """Return the class with the largest output after every step."""
    classes: Classes = np.argmax(output, axis=2)
    return classes


def decode_count(strengths: NDArray[np.int32]) -> Classes:
    """Return the class with the most spikes so far."""
    return decode_output(np.cumsum(strengths != 0, axis=1))


def decode_first_spike(strengths: NDArray[np.int32]) -> Classes:
    """Return the class of the first positive spike.

    Among classes that spike in the same step the one with the larger running sum of strengths wins.
    Before any spike the class is -1.
    """
    fired = (strengths > 0).any(axis=2)
    first = fired.argmax(axis=1)
    rows = np.arange(len(strengths))
    sums = strengths.cumsum(axis=1)[rows, first].astype(np.float64)
    winner = np.where(strengths[rows, first] > 0, sums, -np.inf).argmax(axis=1)
    decided = np.logical_or.accumulate(fired, axis=1)
    return np.where(decided, winner[:, None], -1)
