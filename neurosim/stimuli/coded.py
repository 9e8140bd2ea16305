"""Pixels coded as spikes: what `Poisson`, `Latency` and `Phase` have in common."""

import abc
import dataclasses

import numpy as np

from ..errors import InputError
from ..neurons import Input
from ..ops import Shape
from .base import Stimulus, checked_images, refuse_normalising

__all__ = ["Coded"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Coded(Stimulus):
    """Pixels in [0, 1], each of which becomes a train of spikes by a rule of its own.

    Spikes are not pixels: `Input` must neither shift nor scale, and its `low` and `high` mean nothing here.

    Parameters
    ----------
    values : array, shape (images, *shape)
        Pixels in [0, 1].

    Raises
    ------
    InputError
        If `values` holds no images, or a pixel that is NaN or outside [0, 1].
    """

    values: np.ndarray

    def __post_init__(self) -> None:
        owner, values = type(self).__name__, checked_images(type(self).__name__, self.values)
        low, high = values.min(), values.max()
        if not (low >= 0 and high <= 1):  # also true of NaN
            raise InputError(
                f"{owner}.values span [{low:g}, {high:g}]: give pixels in [0, 1] (bytes are divided by 255)"
            )
        object.__setattr__(self, "values", values)

    def __len__(self) -> int:
        return len(self.values)

    def check(self, neuron: Input, shape: Shape, steps: int) -> None:
        """Raise InputError unless the values have the input layer's shape and are not to be normalised."""
        if (found := self.values.shape[1:]) != shape:
            raise InputError(f"images have shape {found} and the input layer {shape}: resize them")
        refuse_normalising(type(self).__name__, neuron)

    def frame_count(self, shape: Shape, steps: int) -> int:
        return steps

    def frames(self, neuron: Input, shape: Shape, steps: int, images: slice) -> np.ndarray:
        """Return the strengths of some images' spikes, float64 (images, steps, *shape)."""
        numbers = range(*images.indices(len(self)))
        made = np.empty((len(numbers), steps, *shape))
        for row, number in zip(made, numbers, strict=True):
            pixels = self.values[number].astype(np.float64)
            row[:] = self.spikes(pixels.ravel(), number, steps).reshape(steps, *shape)
        return made

    @abc.abstractmethod
    def spikes(self, pixels: np.ndarray, image: int, steps: int) -> np.ndarray:
        """Return the strengths of one image's spikes.

        Parameters
        ----------
        pixels : array of float64, shape (neurons,)
            In C order.
        image : int
            Its number among all images.
        steps : int

        Returns
        -------
        array, shape (steps, neurons)
        """
