"""Latency: brightness as the time to the first spike."""

import dataclasses

import numpy as np

from .coded import Coded

__all__ = ["Latency"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Latency(Coded):
    """Time to first spike: every pixel p > 0 spikes once, the brighter the earlier; 0 stays silent.

    With T steps the spike comes at step T - ceil(p T), computed in double precision, and has strength 1:
    a pixel of 1 at step 0, one of at most 1/T at the last; steps divide [0, 1] evenly. The idea: S. Thorpe,
    A. Delorme, R. Van Rullen, "Spike-based strategies for rapid processing", Neural Networks 14 (2001).

    Parameters
    ----------
    values : array, shape (images, *shape)
        Pixels in [0, 1]; `Input` does not normalise them.

    Raises
    ------
    InputError
        If a pixel is NaN or outside [0, 1].
    """

    def spikes(self, pixels: np.ndarray, image: int, steps: int) -> np.ndarray:
        """Return zeros and ones, bool (steps, neurons)."""
        first: np.ndarray = steps - np.ceil(pixels * steps)
        spikes: np.ndarray = np.arange(steps)[:, None] == first
        return spikes
