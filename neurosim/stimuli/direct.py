"""Direct: analogue pixels as input current."""

import dataclasses

import numpy as np

from ..errors import InputError
from ..neurons import Input
from ..ops import Shape
from .base import Stimulus, checked_images

__all__ = ["Direct"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Direct(Stimulus):
    """Analogue pixels as input current: each image's normalised values stand in for strengths at every step.

    Parameters
    ----------
    values : array, shape (images, *shape) or (images, steps, *shape)
        Raw pixels; with a steps axis they change from step to step.
    """

    values: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", checked_images("Direct", self.values))

    def __len__(self) -> int:
        return len(self.values)

    def check(self, neuron: Input, shape: Shape, steps: int) -> None:
        """Raise InputError unless the values fit the input layer's shape and the number of steps."""
        found = self.values.shape[1:]
        if found not in (shape, (steps, *shape)):
            raise InputError(
                f"images have shape {found} and the input layer {shape}: resize them, or give one frame a "
                f"step, {(steps, *shape)}"
            )

    def frame_count(self, shape: Shape, steps: int) -> int:
        return 1 if self.values.ndim == len(shape) + 1 else steps

    def frames(self, neuron: Input, shape: Shape, steps: int, images: slice) -> np.ndarray:
        """Return normalised values of some images, float64 (images, 1 or steps, *shape)."""
        values = self.values[images]
        if values.ndim == len(shape) + 1:
            values = values[:, None]
        return neuron.normalise(values, axes=len(shape))
