"""Phase: brightness as binary digits, one a step."""

import dataclasses

import numpy as np

from ..errors import InputError
from .coded import Coded

__all__ = ["Phase"]

LONGEST = 32


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Phase(Coded):
    """Weighted spikes: over a period of K steps a pixel shows its first K binary digits, the largest first.

    At step t, of phase k = t mod K, pixel p spikes with strength 2**-(1 + k) if digit k of
    n = min(floor(p 2**K), 2**K - 1) is 1, so that a period brings n / 2**K: p but for less than 2**-K.
    Bytes divided by 255 come out as the bytes themselves with K = 8. The pattern is repeated for all steps.
    J. Kim, H. Kim, S. Huh, J. Lee, K. Choi, "Deep neural networks with weighted spikes", Neurocomputing 311
    (2018), doi:10.1016/j.neucom.2018.05.087.

    Parameters
    ----------
    values : array, shape (images, *shape)
        Pixels in [0, 1]; `Input` does not normalise them.
    period : int
        K, in 1..32 [steps].

    Raises
    ------
    InputError
        If a pixel is NaN or outside [0, 1], or the period is out of bounds.
    """

    period: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        whole = isinstance(self.period, (int, np.integer)) and not isinstance(self.period, bool)
        if not whole or not 1 <= self.period <= LONGEST:
            raise InputError(f"Phase.period is {self.period!r}: give a whole number in [1, {LONGEST}]")

    def spikes(self, pixels: np.ndarray, image: int, steps: int) -> np.ndarray:
        """Return strengths, float64 (steps, neurons)."""
        levels = 2**self.period
        number = np.minimum(pixels * levels, levels - 1).astype(np.int64)
        phase = np.arange(steps)[:, None] % self.period
        digit = number >> (self.period - 1 - phase) & 1
        strengths: np.ndarray = digit * 2.0 ** -(1 + phase)
        return strengths
