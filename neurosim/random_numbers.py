"""Random numbers that are a function of where they are used: the same for any chunking, jobs and device.

Philox4x32-10 turns a counter of four 32-bit words and a key of two into four random words (J. K. Salmon et
al., "Parallel random numbers: as easy as 1, 2, 3", SC11, doi:10.1145/2063384.2063405). Here the key is the
seed, and the counter says who asks: (neuron, step, image, stream). A stream is one use of randomness in a
run: 0 is the stimulus. Nothing is stored, and nothing depends on what was drawn before.
"""

import numpy as np
from numpy.typing import ArrayLike

from .errors import InputError

__all__ = ["as_key", "philox4x32", "uniform", "words"]

_MULTIPLIERS = np.array([0xD2511F53, 0xCD9E8D57], np.uint64)
_WEYL = np.array([0x9E3779B9, 0xBB67AE85], np.uint32)
_ROUNDS = 10


def philox4x32(counter: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Return Philox4x32-10 of counters and keys.

    Parameters
    ----------
    counter : array of uint32, shape (..., 4)
    key : array of uint32, shape (2,) or (..., 2)

    Returns
    -------
    array of uint32, shape (..., 4)
    """
    x0, x1, x2, x3 = np.moveaxis(counter, -1, 0).copy()
    for _ in range(_ROUNDS):
        product0, product2 = x0 * _MULTIPLIERS[0], x2 * _MULTIPLIERS[1]
        x0, x2 = _high(product2) ^ x1 ^ key[..., 0], _high(product0) ^ x3 ^ key[..., 1]
        x1, x3 = _low(product2), _low(product0)
        key = key + _WEYL
    return np.stack([x0, x1, x2, x3], axis=-1)


def _high(product: np.ndarray) -> np.ndarray:
    return (product >> np.uint64(32)).astype(np.uint32)


def _low(product: np.ndarray) -> np.ndarray:
    return product.astype(np.uint32)


def as_key(owner: str, seed: object) -> np.ndarray:
    """Return a seed as a key, uint32 (2,): its lower and its upper half.

    Raises
    ------
    InputError
        If the seed is no whole number in [0, 2**64).
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**64:
        raise InputError(f"{owner} is {seed!r}: give a whole number in [0, 2**64)")
    return np.array([int(seed) & 0xFFFFFFFF, int(seed) >> 32], np.uint32)


def words(seed: int, stream: int, image: ArrayLike, step: ArrayLike, neuron: ArrayLike) -> np.ndarray:
    """Return the four random words of each (image, step, neuron).

    Parameters
    ----------
    seed : int
        In [0, 2**64).
    stream : int
        Which use of randomness; in [0, 2**32), like the indices.
    image, step, neuron : array of int
        Of shapes that broadcast.

    Returns
    -------
    array of uint32, shape (*broadcast shape, 4)
    """
    parts = np.broadcast_arrays(neuron, step, image, stream)
    counter = np.stack([part.astype(np.uint32) for part in parts], axis=-1)
    return philox4x32(counter, as_key("seed", seed))


def uniform(seed: int, stream: int, image: ArrayLike, step: ArrayLike, neuron: ArrayLike) -> np.ndarray:
    """Return a number in [0, 1) with 32 bits for each (image, step, neuron): its first word / 2**32.

    Parameters are those of `words`; float64 of their broadcast shape comes back.
    """
    return words(seed, stream, image, step, neuron)[..., 0] / 2.0**32
