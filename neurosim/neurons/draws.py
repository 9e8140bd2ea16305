"""Random numbers inside a run: functions of seed, stream, image, step and neuron, exact in either precision.

Each is an integer divided by a power of two, made of the four words of `random_numbers.words`; `draws.h` is
the same in C++.
"""

from collections.abc import Callable, Mapping

import numpy as np

from ..random_numbers import words

__all__ = ["draw"]


def uniform(drawn: np.ndarray) -> np.ndarray:
    """Return a number in [0, 1): the upper 24 bits of the first word over 2**24."""
    return (drawn[..., 0] >> np.uint32(8)) / 2.0**24


def normal(drawn: np.ndarray) -> np.ndarray:
    """Return a number of mean 0 and variance 1 - 2**-20: twelve uniform ones of 10 bits, added and centred.

    Sums of twelve lie within 6 standard deviations; their excess kurtosis is -0.1.
    """
    parts = [(drawn >> np.uint32(shift)) & np.uint32(1023) for shift in (0, 10, 20)]
    total = sum(part.astype(np.int64).sum(axis=-1) for part in parts)
    return np.asarray((total - 6138) / 1024)


_MADE: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {"uniform": uniform, "normal": normal}


def draw(
    kind: str, seed: int, stream: int, image: np.ndarray, step: np.ndarray, neuron: np.ndarray
) -> np.ndarray:
    """Return numbers of a distribution, float64 of the broadcast shape of image, step and neuron.

    Parameters
    ----------
    kind : "uniform" or "normal"
    seed, stream : int
    image, step, neuron : array of int
        Step of the window, and C-order index in the layer.
    """
    return _MADE[kind](words(seed, stream, image, step, neuron))
