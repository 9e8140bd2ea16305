"""When each neuron first spiked."""

import math

import numpy as np
from numpy.typing import NDArray

from ..spikes import Spikes

__all__ = ["first_spike_latency", "first_steps"]


def first_spike_latency(spikes: Spikes) -> NDArray[np.float64]:
    """Return when each neuron first spiked, float64 (images, *shape) [s]; NaN where it stayed silent.

    The time from the start of the image's window to the start of the step of the first spike, of whatever
    strength and sign: 0 for a spike in the first step. It is the layer's own time, without its latency.

    Source: S. Thorpe, A. Delorme, R. Van Rullen 2001, Spike-based strategies for rapid processing, Neural
    Networks 14:715.
    """
    steps = first_steps(spikes)
    return np.where(steps < spikes.steps, steps * np.float64(spikes.dt), np.nan)


def first_steps(spikes: Spikes) -> NDArray[np.int32]:
    """Return the step of each neuron's first spike, int32 (images, *shape); `spikes.steps` of the silent."""
    first = np.full(spikes.images * math.prod(spikes.shape), spikes.steps, np.int32)
    np.minimum.at(first, spikes.train, spikes.step)
    return first.reshape(spikes.images, *spikes.shape)
