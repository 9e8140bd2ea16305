"""Statistics of spike trains: a number for each image and neuron, NaN where it is not defined."""

import math

import numpy as np
from numpy.typing import NDArray

from .spikes import Spikes

__all__ = ["first_spike_latency"]


def first_spike_latency(spikes: Spikes) -> NDArray[np.float64]:
    """Return when each neuron first spiked, float64 (images, *shape) [s]; NaN where it stayed silent.

    The time from the start of the image's window to the start of the step of the first spike, of whatever
    strength and sign: 0 for a spike in the first step. It is the layer's own time, without its latency.

    Source: S. Thorpe, A. Delorme, R. Van Rullen 2001, Spike-based strategies for rapid processing, Neural
    Networks 14:715.
    """
    size = math.prod(spikes.shape)
    latency = np.full(spikes.images * size, np.nan)
    np.fmin.at(latency, spikes.image.astype(np.int64) * size + spikes.neuron, spikes.times)
    return latency.reshape(spikes.images, *spikes.shape)
