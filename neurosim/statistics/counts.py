"""How much each neuron said: the number of its spikes or the sum of their strengths, and its rate."""

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..spikes import Spikes

__all__ = ["Of", "check_of", "count", "rate", "summed"]

Of = Literal["events", "strengths"]
"""What is summed: every spike counts 1, or counts its strength with its sign."""

_SUMS: Mapping[str, Callable[[Spikes], NDArray[np.int32]]] = {
    "events": Spikes.events,
    "strengths": Spikes.counts,
}


def count(spikes: Spikes, of: Of = "events") -> NDArray[np.float64]:
    """Return how many spikes every neuron had, float (images, *shape); 0 is a count like any other.

    Parameters
    ----------
    spikes
        Of one layer.
    of
        "events": each spike counts 1. "strengths": each counts its strength, with its sign.

    Raises
    ------
    InputError
        If `of` is neither.
    """
    return summed("count", spikes, of).astype(np.float64)


def rate(spikes: Spikes, of: Of = "events") -> NDArray[np.float64]:
    """Return the mean rate of every neuron in its window, float (images, *shape) [Hz].

    r = n / (T dt), with n = `count(spikes, of)`; 0 for a neuron that was watched and stayed silent.

    Source: Elephant's `mean_firing_rate`.
    """
    return summed("rate", spikes, of) / (spikes.steps * spikes.dt)


def summed(owner: str, spikes: Spikes, of: str) -> NDArray[np.int32]:
    """Return what `of` asks for, int32 (images, *shape); raise InputError if there is no such thing."""
    check_of(owner, of)
    return _SUMS[of](spikes)


def check_of(owner: str, of: str) -> None:
    """Raise InputError unless `of` says what is summed."""
    if of not in _SUMS:
        raise InputError(f"{owner}: of is {of!r}; give 'events' or 'strengths'")
