"""How irregular trains are: CV, CV2 and LV of their inter-spike intervals, all without unit.

Spikes count as events, of whatever strength. A train needs two intervals, so three spikes; with fewer all
are NaN, and `count` tells how many there were. Elephant agrees for CV2 and LV; its `cv` of one interval
is 0.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..spikes import Spikes
from .intervals import isi
from .ordering import Runs

__all__ = ["cv", "cv2", "lv"]

Floats = NDArray[np.float64]


def cv(spikes: Spikes) -> NDArray[np.float64]:
    """Return the coefficient of variation of every neuron's intervals, float (images, *shape).

    CV = sqrt(<I^2> - <I>^2) / <I>; 0 for a clock, 1 for a Poisson process. NaN with fewer than three spikes.

    Source: Elephant's `cv`; D. H. Perkel, G. L. Gerstein, G. P. Moore 1967, Biophysical Journal 7:391.
    """
    intervals = isi(spikes)
    trains = Runs.of(intervals.train)
    steps = intervals.steps.astype(np.int64)  # their squares outgrow int32
    number, total, squares = trains.lengths, trains.sum(steps), trains.sum(steps**2)
    spread = np.sqrt(number * squares - total**2)  # of whole numbers: exact, never below 0
    return trains.spread(np.where(number > 1, spread / total, np.nan), (spikes.images, *spikes.shape))


def cv2(spikes: Spikes) -> NDArray[np.float64]:
    """Return the local coefficient of variation of every neuron, float (images, *shape).

    CV2 = <2 |I_{i+1} - I_i| / (I_{i+1} + I_i)>; 1 for a Poisson process, whatever slow changes of its rate.
    NaN with fewer than three spikes.

    Source: Elephant's `cv2`; G. R. Holt, W. R. Softky, C. Koch, R. J. Douglas 1996, Comparison of discharge
    variability in vitro and in vivo in cat visual cortex neurons, J. Neurophysiology 75:1806.
    """
    return _mean_of_pairs(spikes, lambda contrast: 2 * np.abs(contrast))


def lv(spikes: Spikes) -> NDArray[np.float64]:
    """Return the local variation of every neuron, float (images, *shape).

    LV = <3 (I_i - I_{i+1})^2 / (I_i + I_{i+1})^2>; 1 for a Poisson process. NaN with fewer than three spikes.

    Source: Elephant's `lv`; S. Shinomoto, K. Shima, J. Tanji 2003, Differences in spiking patterns among
    cortical neurons, Neural Computation 15:2823.
    """
    return _mean_of_pairs(spikes, lambda contrast: 3 * contrast**2)


def _mean_of_pairs(spikes: Spikes, measure: Callable[[Floats], Floats]) -> Floats:
    """Return the mean of measure((I' - I) / (I' + I)) over each train's consecutive intervals."""
    intervals = isi(spikes)
    same = intervals.train[1:] == intervals.train[:-1]
    before, after = intervals.steps[:-1][same], intervals.steps[1:][same]
    values = measure((after - before) / (after + before))
    trains = Runs.of(intervals.train[1:][same])
    return trains.spread(trains.sum(values) / trains.lengths, (spikes.images, *spikes.shape))
