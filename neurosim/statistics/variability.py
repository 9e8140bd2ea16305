"""How variable spike counts are: the Fano factor, over images or over windows within an image.

Spikes count as events, of whatever strength.
"""

import numpy as np
from numpy.typing import NDArray

from ..spikes import Spikes
from .ordering import Runs, by_train
from .ratio import ratio
from .windows import windows

__all__ = ["fano", "fano_over_windows"]


def fano(spikes: Spikes) -> NDArray[np.float64]:
    """Return every neuron's Fano factor over images, float (*shape).

    F = (<n^2> - <n>^2) / <n>, n the spikes of an image: each image is a trial, as in Elephant's
    `fanofactor`; 1 for Poisson processes of one rate. Different images drive a neuron differently, and F
    then holds both its noise and its tuning. NaN where a neuron never spiked, and with one image.

    Source: Elephant's `fanofactor`; U. Fano 1947, Ionization yield of radiations II, Physical Review 72:26.
    """
    counts = spikes.events().reshape(spikes.images, -1)
    squares = np.einsum("in,in->n", counts, counts, dtype=np.int64)
    factor = _factor(counts.sum(axis=0, dtype=np.int64), squares, spikes.images)
    return factor.reshape(spikes.shape)


def fano_over_windows(spikes: Spikes, width: int) -> NDArray[np.float64]:
    """Return every neuron's Fano factor over windows of `width` steps, float (images, *shape).

    As `fano`, n being the spikes of each of the windows that lie side by side in an image. NaN where a
    neuron stayed silent.

    Parameters
    ----------
    spikes
        Of one layer.
    width
        Steps of a window, a divisor of the image's steps; at least two windows.

    Raises
    ------
    InputError
        If the windows do not fill the image, or there is only one.

    Source: as `fano`.
    """
    number = windows("fano_over_windows", spikes, width, least=2)
    train, step = by_train(spikes)
    counts = Runs.of(train.astype(np.int64) * number + step // width)
    trains = Runs.of(counts.keys // number)
    factor = _factor(trains.sum(counts.lengths), trains.sum(counts.lengths**2), number)
    return trains.spread(factor, (spikes.images, *spikes.shape))


def _factor(totals: NDArray[np.int64], squares: NDArray[np.int64], trials: int) -> NDArray[np.float64]:
    """Return variance over mean of counts, from their sum and the sum of their squares."""
    if trials < 2:
        return np.full(totals.shape, np.nan)
    return ratio(trials * squares - totals**2, trials * totals)
