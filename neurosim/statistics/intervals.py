"""Inter-spike intervals of every neuron, and their means."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..spikes import Spikes
from .ordering import by_train
from .ratio import ratio

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
        return np.bincount(self.train, minlength=self._trains).reshape(self.images, *self.shape)

    def total(self, values: NDArray[np.float64], train: Integers | None = None) -> NDArray[np.float64]:
        """Return the sum of values over every neuron's rows, float (images, *shape).

        Parameters
        ----------
        values : (rows,)
        train : int (rows,), optional
            Whose the rows are; None: one value an interval.
        """
        owners = self.train if train is None else train
        sums: NDArray[Any] = np.bincount(owners, values, minlength=self._trains)
        return sums.reshape(self.images, *self.shape)

    @property
    def _trains(self) -> int:
        return self.images * math.prod(self.shape)


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
    return ratio(intervals.total(intervals.steps.astype(np.float64)), intervals.count) * spikes.dt
