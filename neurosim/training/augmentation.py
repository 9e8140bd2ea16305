"""Changes to training images that keep their label."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.errors import InputError

__all__ = ["Chain", "Flip", "Shift"]


Change = Callable[[npt.NDArray[Any], np.random.Generator], npt.NDArray[Any]]


@dataclass(frozen=True)
class Chain:
    """Several changes, one after the other.

    Parameters
    ----------
    changes
        In their order.
    """

    changes: tuple[Change, ...]

    def __call__(self, images: npt.NDArray[Any], generator: np.random.Generator) -> npt.NDArray[Any]:
        for change in self.changes:
            images = change(images, generator)
        return images


@dataclass(frozen=True)
class Flip:
    """Mirror each image, left to right, with a probability of one half.

    Parameters
    ----------
    axis
        Which is turned round: -1, the columns, or -2, the rows.
    """

    axis: int = -1

    def __post_init__(self) -> None:
        if self.axis not in (-1, -2):
            raise InputError(f"Flip.axis is {self.axis}: give -1, the columns, or -2, the rows")

    def __call__(self, images: npt.NDArray[Any], generator: np.random.Generator) -> npt.NDArray[Any]:
        mirrored = (generator.random(len(images)) < 0.5).reshape(-1, *(1,) * (images.ndim - 1))
        return np.where(mirrored, np.flip(images, self.axis), images)


@dataclass(frozen=True)
class Shift:
    """Move each image by up to `pixels` rows and columns; what comes into view is 0.

    Parameters
    ----------
    pixels
        Largest displacement in each direction, at least 1.
    """

    pixels: int = 1

    def __post_init__(self) -> None:
        if self.pixels < 1:
            raise InputError(f"Shift.pixels is {self.pixels}: give a whole number of at least 1")

    def __call__(self, images: npt.NDArray[Any], generator: np.random.Generator) -> npt.NDArray[Any]:
        reach, (height, width) = self.pixels, images.shape[2:]
        padded = np.pad(images, ((0, 0), (0, 0), (reach, reach), (reach, reach)))
        corners = generator.integers(0, 2 * reach + 1, size=(len(images), 2))
        moved = [
            image[:, y : y + height, x : x + width] for image, (y, x) in zip(padded, corners, strict=True)
        ]
        return np.stack(moved)
