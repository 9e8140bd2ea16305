"""Stimuli: what the input layer shows. A bare array means `Direct`."""

import dataclasses
from typing import Any

import numpy as np

from .errors import InputError
from .neurons import Input
from .ops import Shape
from .parameters import as_array

__all__ = ["Direct", "as_stimulus"]


@dataclasses.dataclass(frozen=True, eq=False)
class Direct:
    """Analogue pixels as input current: each image's normalised values stand in for strengths at every step.

    Parameters
    ----------
    values : array, shape (images, *shape) or (images, steps, *shape)
        Raw pixels; with a steps axis they change from step to step.
    """

    values: np.ndarray

    def __post_init__(self) -> None:
        values = as_array(self.values)
        if values.dtype.kind not in "fiu" or values.ndim < 2 or not values.size:
            raise InputError(
                f"Direct.values has shape {values.shape} and type {values.dtype}: give numbers of shape "
                "(images, *shape) with at least one image"
            )
        object.__setattr__(self, "values", values)

    @property
    def images(self) -> int:
        """Number of images."""
        return len(self.values)

    def check(self, shape: Shape, steps: int) -> None:
        """Raise InputError unless the values fit the input layer's shape and the number of steps."""
        found = self.values.shape[1:]
        if found not in (shape, (steps, *shape)):
            raise InputError(
                f"images have shape {found} and the input layer {shape}: resize them, or give one frame a "
                f"step, {(steps, *shape)}"
            )

    def frames(self, neuron: Input, shape: Shape, images: slice) -> np.ndarray:
        """Return normalised values of some images, float64 (images, 1 or steps, *shape)."""
        values = self.values[images]
        if values.ndim == len(shape) + 1:
            values = values[:, None]
        return neuron.normalise(values, axes=len(shape))


def as_stimulus(inputs: Any) -> Direct:
    """Return `inputs` as a stimulus: an array becomes `Direct`."""
    return inputs if isinstance(inputs, Direct) else Direct(inputs)
