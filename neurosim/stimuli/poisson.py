"""Poisson: rates as independent random spikes."""

import dataclasses

import numpy as np

from ..random_numbers import as_key, words
from .coded import Coded

__all__ = ["Poisson"]

STREAM = 0
"""The stimulus' stream of random numbers."""


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Poisson(Coded):
    """Rate coding: at each step a pixel p spikes with probability p and strength 1, independently.

    The number of spikes in T steps is binomial, mean T p and variance T p (1 - p): the Bernoulli
    approximation of a Poisson process of rate p / dt, exact in its mean. A pixel of 1 spikes at every step.

    The draw of an image, step and neuron is a function of them and the seed alone (Philox4x32-10, see
    `random_numbers`), so that results depend on no chunk, job or device: neuron i spikes if word i mod 4 of
    counter (i // 4, step, image, stream 0) is below p 2**32. Images are numbered as they are given.

    Parameters
    ----------
    values : array, shape (images, *shape)
        Pixels in [0, 1]; `Input` does not normalise them.
    seed : int
        In [0, 2**64).

    Raises
    ------
    InputError
        If a pixel is NaN or outside [0, 1], or the seed is none.
    """

    seed: int

    def __post_init__(self) -> None:
        super().__post_init__()
        as_key("Poisson.seed", self.seed)

    def spikes(self, pixels: np.ndarray, image: int, steps: int) -> np.ndarray:
        """Return zeros and ones, bool (steps, neurons)."""
        step, block = np.ogrid[:steps, : -(-len(pixels) // 4)]
        drawn = words(self.seed, STREAM, image, step, block).reshape(steps, -1)[:, : len(pixels)]
        return drawn < pixels * 2.0**32
