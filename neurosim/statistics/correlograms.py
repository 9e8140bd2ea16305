"""How spikes follow each other: pairs of spikes counted by their distance in time.

Spikes count as events, of whatever strength. Pairs lie within one image, and are summed over images. A
correlogram is a count of pairs: of silent neurons it is 0 everywhere.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from ..parameters import shown
from ..spikes import Spikes
from .ordering import by_train

__all__ = ["autocorrelogram", "cross_correlogram"]


def autocorrelogram(spikes: Spikes, lags: int) -> NDArray[np.float64]:
    """Return how often each neuron spikes again after 0..`lags` steps, float (lags + 1, *shape).

    C(l) = sum_t n_t n_{t+l}, n_t = 1 in a step with a spike: C(0) is the number of spikes, C(-l) = C(l).

    Parameters
    ----------
    spikes
        Of one layer.
    lags
        The largest lag [steps], in 0..steps - 1.

    Raises
    ------
    InputError
        If the lag is longer than the window.

    Source: the right half of Elephant's `cross_correlation_histogram` of a train with itself; D. H. Perkel,
    G. L. Gerstein, G. P. Moore 1967, Biophysical Journal 7:391.
    """
    _check_lags("autocorrelogram", lags, spikes)
    train, step = by_train(spikes)
    size = math.prod(spikes.shape)
    neuron = train % size
    pairs = np.zeros((lags + 1) * size)
    for order in range(lags + 1):  # pairs with `order` - 1 spikes between them lie at least `order` apart
        end = len(train) - order
        lag = step[order:] - step[:end]
        near = (train[order:] == train[:end]) & (lag <= lags)
        if not near.any():
            break
        pairs += np.bincount(lag[near].astype(np.int64) * size + neuron[:end][near], minlength=pairs.size)
    return pairs.reshape(lags + 1, *spikes.shape)


def cross_correlogram(
    spikes: Spikes, pairs: ArrayLike, lags: int, other: Spikes | None = None
) -> NDArray[np.float64]:
    """Return how often one neuron spikes l steps after another, float (pairs, 2 lags + 1).

    C_ab(l) = sum_t n^a_t n^b_{t+l} for l = -lags..lags: at positive lags b follows a.

    Parameters
    ----------
    spikes
        The layer of the first of each pair.
    pairs : int (pairs, 2)
        Neurons a and b, as C-order indices.
    lags
        The largest lag [steps], in 0..steps - 1.
    other
        The layer of the second of each pair, of the same images, steps and dt; None: the same layer. Each
        layer's time is its own, without its latency.

    Raises
    ------
    InputError
        If a lag is longer than the window, a neuron is not there, no pair is given, or the layers differ in
        images, steps or dt.

    Source: Elephant's `cross_correlation_histogram`; D. H. Perkel, G. L. Gerstein, G. P. Moore 1967, Neuronal
    spike trains and stochastic point processes II, Biophysical Journal 7:419; J. J. Eggermont 2010, in
    Analysis of Parallel Spike Trains, Springer.
    """
    other = spikes if other is None else other
    _check_lags("cross_correlogram", lags, spikes)
    _check_comparable(spikes, other)
    chosen = _checked_pairs(pairs, spikes, other)
    first, second = _chosen(spikes, chosen[:, 0]), _chosen(other, chosen[:, 1])
    columns = [_coincidences(first, second, lag) for lag in range(-lags, lags + 1)]
    return np.stack(columns, axis=1).astype(np.float64)


def _coincidences(first: NDArray[np.bool_], second: NDArray[np.bool_], lag: int) -> NDArray[np.int64]:
    """Return in how many steps both spoke, the second `lag` steps later, int64 (pairs,)."""
    if lag < 0:
        return _coincidences(second, first, -lag)
    both = first[:, : first.shape[1] - lag] & second[:, lag:]
    count: NDArray[np.int64] = both.sum(axis=(0, 1), dtype=np.int64)
    return count


def _chosen(spikes: Spikes, neurons: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return where chosen neurons spiked, bool (images, steps, chosen)."""
    distinct, column = np.unique(neurons, return_inverse=True)
    place = np.full(math.prod(spikes.shape), -1)
    place[distinct] = np.arange(len(distinct))
    found = place[spikes.neuron]
    rows = found >= 0
    spoke = np.zeros((spikes.images, spikes.steps, len(distinct)), bool)
    spoke[spikes.image[rows], spikes.step[rows], found[rows]] = True
    return spoke[:, :, column]


def _check_lags(owner: str, lags: int, spikes: Spikes) -> None:
    whole = isinstance(lags, int) and not isinstance(lags, bool)
    if not whole or not 0 <= lags < spikes.steps:
        raise InputError(f"{owner}: lags is {shown(lags)}; give a whole number in 0..{spikes.steps - 1}")


def _check_comparable(one: Spikes, other: Spikes) -> None:
    for name in ("images", "steps", "dt"):
        if getattr(one, name) != getattr(other, name):
            raise InputError(
                f"cross_correlogram: {name} is {getattr(one, name)} and {getattr(other, name)}; give layers "
                "of one recording"
            )


def _checked_pairs(pairs: ArrayLike, one: Spikes, other: Spikes) -> NDArray[np.int64]:
    array: NDArray[Any] = np.asarray(pairs)
    if array.ndim != 2 or array.shape[1] != 2 or not len(array) or array.dtype.kind not in "iu":
        raise InputError(
            f"cross_correlogram: pairs is {array.dtype} {array.shape}; give integers of shape (pairs, 2)"
        )
    for column, spikes in zip(array.T, (one, other), strict=True):
        size = math.prod(spikes.shape)
        outside = column[(column < 0) | (column >= size)]
        if outside.size:
            raise InputError(
                f"cross_correlogram: there is no neuron {outside[0]}; choose among 0..{size - 1}"
            )
    return array.astype(np.int64)
