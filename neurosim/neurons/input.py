"""Input: the layer without inputs, where images enter."""

import dataclasses

import numpy as np

from ..errors import InputError
from ..parameters import Numeric, Value, number
from .base import broadcast

__all__ = ["Input"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Input(Value):
    """The input layer's "neuron": how raw pixels become the values that drive the network.

    x = (pixel - mean) / std, computed in double precision and then rounded to the simulation's.

    Parameters
    ----------
    mean, std : float or array
        Normalisation [pixel units]; a scalar, one a channel or one a pixel; std > 0.
    low, high : float, optional
        Range that raw pixels must lie in; outside it they are refused.
    """

    mean: Numeric = number(0.0)
    std: Numeric = number(1.0, low=0, above=True)
    low: Numeric | None = number(None, optional=True)
    high: Numeric | None = number(None, optional=True)

    def normalise(self, pixels: np.ndarray, axes: int = 3) -> np.ndarray:
        """Return the normalised values of raw pixels.

        Parameters
        ----------
        pixels : array, shape (..., *shape)
            Raw pixels of any number of images; `axes` is the rank of an image's shape.

        Returns
        -------
        array of float64, shape (..., *shape)

        Raises
        ------
        InputError
            If a pixel is not finite or lies outside [low, high].
        """
        values = np.asarray(pixels, dtype=np.float64)
        self._check_range(values)
        shape = values.shape[values.ndim - axes :]
        normalised: np.ndarray = (values - broadcast(self.mean, shape)) / broadcast(self.std, shape)
        return normalised

    def _check_range(self, values: np.ndarray) -> None:
        if values.size == 0:
            return
        least, most = float(values.min()), float(values.max())
        if not np.isfinite(least) or not np.isfinite(most):
            raise InputError("input pixels contain NaN or infinity: give finite values")
        if (self.low is not None and least < np.min(self.low)) or (
            self.high is not None and most > np.max(self.high)
        ):
            raise InputError(
                f"input pixels span [{least:g}, {most:g}]: Input accepts [{self.low}, {self.high}]; "
                "rescale them (pixels are usually divided by 255)"
            )
