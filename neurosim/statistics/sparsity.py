"""How few neurons speak, and how unequally: active share and the sparseness of Treves and Rolls.

Spikes count as events, of whatever strength.
"""

import numpy as np
from numpy.typing import NDArray

from ..spikes import Spikes
from .ratio import ratio

__all__ = ["active_share", "lifetime_sparseness", "population_sparseness"]


def active_share(spikes: Spikes) -> NDArray[np.float64]:
    """Return the share of the layer's neurons that spiked at least once, float (images,)."""
    share: NDArray[np.float64] = (_counts(spikes) > 0).mean(axis=1)
    return share


def population_sparseness(spikes: Spikes) -> NDArray[np.float64]:
    """Return how unequally an image's spikes are spread over the neurons, float (images,).

    S = (1 - a) / (1 - 1/N) with a = (sum_i n_i / N)^2 / (sum_i n_i^2 / N), over the N neurons: 0 if all spike
    equally often, 1 if only one spikes. NaN where the layer stayed silent, or has one neuron.

    Source: a is the sparseness of A. Treves, E. T. Rolls 1991, What determines the capacity of
    autoassociative memories in the brain?, Network 2:371; S is its rescaled form of W. E. Vinje,
    J. L. Gallant 2000, Science 287:1273. Population and lifetime: B. Willmore, D. J. Tolhurst 2001,
    Characterizing the sparseness of neural codes, Network 12:255.
    """
    counts = _counts(spikes)
    squares = np.einsum("in,in->i", counts, counts, dtype=np.int64)
    return _sparseness(counts.sum(axis=1, dtype=np.int64), squares, counts.shape[1])


def lifetime_sparseness(spikes: Spikes) -> NDArray[np.float64]:
    """Return how unequally each neuron's spikes are spread over the images, float (*shape).

    As `population_sparseness`, over the images instead of the neurons: 1 for a neuron that spikes in one
    image only. NaN where a neuron never spiked, and with one image.
    """
    counts = _counts(spikes)
    squares = np.einsum("in,in->n", counts, counts, dtype=np.int64)
    sparseness = _sparseness(counts.sum(axis=0, dtype=np.int64), squares, spikes.images)
    return sparseness.reshape(spikes.shape)


def _counts(spikes: Spikes) -> NDArray[np.int32]:
    return spikes.events().reshape(spikes.images, -1)


def _sparseness(totals: NDArray[np.int64], squares: NDArray[np.int64], number: int) -> NDArray[np.float64]:
    """Return (1 - a) / (1 - 1/number), from sums of counts and of their squares."""
    if number < 2:
        return np.full(totals.shape, np.nan)
    return ratio(number * squares - totals**2, (number - 1) * squares)
