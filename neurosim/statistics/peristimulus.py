"""How a layer's rates run through the window: the peristimulus time histogram."""

import math

import numpy as np
from numpy.typing import NDArray

from ..spikes import Spikes
from .counts import Of, check_of
from .windows import windows

__all__ = ["psth"]


def psth(spikes: Spikes, width: int = 1, of: Of = "events") -> NDArray[np.float64]:
    """Return every neuron's rate in each bin of the window, mean over images, float (bins, *shape) [Hz].

    PSTH_b = n_b / (images width dt), n_b the spikes, or their strengths, of all images in bin b.

    Parameters
    ----------
    spikes
        Of one layer; `Spikes.select` chooses images.
    width
        Steps of a bin, a divisor of the image's steps.
    of
        What is summed, as for `count`.

    Raises
    ------
    InputError
        If the bins do not fill the image, or `of` is unknown.

    Source: Elephant's `time_histogram`, in Hz; G. L. Gerstein, N. Y.-S. Kiang 1960, An approach to the
    quantitative analysis of electrophysiological data from single neurons, Biophysical Journal 1:15.
    """
    check_of("psth", of)
    bins, size = windows("psth", spikes, width), math.prod(spikes.shape)
    place = spikes.step.astype(np.int64) // width * size + spikes.neuron
    weights = spikes.strength if of == "strengths" else None
    sums = np.bincount(place, weights, minlength=bins * size)
    return sums.reshape(bins, *spikes.shape) / (spikes.images * width * spikes.dt)
