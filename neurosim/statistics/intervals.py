"""Inter-spike intervals of every neuron, and their means."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..spikes import Spikes
from .ordering import Runs, by_train

__all__ = ["Intervals", "isi", "mean_isi"]

Integers = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class Intervals:
    """Every inter-spike interval of one layer as columns, sorted by image, neuron and time.

    No interval crosses from one image to the next.

    Attributes
    ----------
    train : int (intervals,)
        Whose: image * neurons + neuron, `neuron` in C order.
    steps : int (intervals,)
        How long [steps].
    images : int
    shape : tuple of int
        The layer's.
    dt : float
        Length of a step [s].
    """

    train: Integers
    steps: Integers
    images: int
    shape: tuple[int, ...]
    dt: float

    def __len__(self) -> int:
        return len(self.train)

    def __repr__(self) -> str:
        return f"<{len(self)} intervals of {'x'.join(map(str, self.shape))} neurons, {self.images} images>"

    @property
    def image(self) -> Integers:
        """The image of every interval, int (intervals,)."""
        return self.train // math.prod(self.shape)

    @property
    def neuron(self) -> Integers:
        """The neuron of every interval, in C order; int (intervals,)."""
        return self.train % math.prod(self.shape)

    @property
    def seconds(self) -> NDArray[np.float64]:
        """The length of every interval [s], float64 (intervals,)."""
        return self.steps * np.float64(self.dt)

    @property
    def count(self) -> NDArray[np.int64]:
        """How many intervals every neuron has, int64 (images, *shape)."""
        trains = self.images * math.prod(self.shape)
        return np.bincount(self.train, minlength=trains).reshape(self.images, *self.shape)


def isi(spikes: Spikes) -> Intervals:
    """Return the intervals between each neuron's consecutive spikes in an image, of whatever strength.

    I_i = t_{i+1} - t_i. A neuron with n spikes has n - 1 intervals, with none or one it has none.

    Source: Elephant's `isi`; D. H. Perkel, G. L. Gerstein, G. P. Moore 1967, Neuronal spike trains and
    stochastic point processes I, Biophysical Journal 7:391.
    """
    train, step = by_train(spikes)
    same = train[1:] == train[:-1]
    return Intervals(train[1:][same], np.diff(step)[same], spikes.images, spikes.shape, spikes.dt)


def mean_isi(spikes: Spikes) -> NDArray[np.float64]:
    """Return every neuron's mean interval between spikes, float (images, *shape) [s].

    Spikes count as events. NaN with fewer than two spikes; `count` tells how many there were.

    Source: as `isi`.
    """
    intervals = isi(spikes)
    trains = Runs.of(intervals.train)
    means = trains.sum(intervals.steps) / trains.lengths * spikes.dt
    return trains.spread(means, (spikes.images, *spikes.shape))
