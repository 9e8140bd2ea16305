"""Events: spikes at given steps."""

import dataclasses
import math
from typing import Any

import numpy as np

from ..errors import InputError
from ..neurons import Input
from ..ops import Shape
from .base import Stimulus, refuse_normalising
from .columns import as_column, check_count, check_indices, check_lengths

__all__ = ["Events"]

COLUMNS = ("image", "step", "neuron", "strength")
STRONGEST = 2**24
"""Strengths below it are exact in single precision."""


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Events(Stimulus):
    """Spikes of the input layer as columns, one row a spike; the images of a chunk alone are made dense.

    The order of rows means nothing: they are sorted by image, step and neuron. A neuron spikes at most
    once in a step, and whatever is not listed is silent. `Input` must neither shift nor scale.

    Parameters
    ----------
    image, step, neuron : array of int, shape (spikes,)
        The image, in 0..images-1; the local time step; the C-order index into the input layer's shape.
    strength : int or array of int, shape (spikes,)
        What a spike counts for, with its sign; not 0, below 2**24 in size.
    images : int
        How many images there are, silent ones included.

    Raises
    ------
    InputError
        If a column holds anything else, or a spike is listed twice.
    """

    image: np.ndarray
    step: np.ndarray
    neuron: np.ndarray
    strength: Any = 1  # an array once made
    images: int = dataclasses.field(kw_only=True)

    def __post_init__(self) -> None:
        check_count("Events.images", self.images)
        given = {name: getattr(self, name) for name in COLUMNS}
        if np.ndim(self.strength) == 0:
            given["strength"] = np.full(np.shape(self.image), self.strength)
        columns = {name: as_column("Events", name, values) for name, values in given.items()}
        check_lengths("Events", columns)
        for name, end in (("image", self.images), ("step", 2**31), ("neuron", 2**31)):
            check_indices("Events", name, columns[name], end)
        _check_strength(columns["strength"])
        self._keep_sorted(columns)
        self._check_unique()

    def _keep_sorted(self, columns: dict[str, np.ndarray]) -> None:
        order = np.lexsort((columns["neuron"], columns["step"], columns["image"]))
        for name, column in columns.items():
            column = column[order].astype(np.int32)
            column.setflags(write=False)
            object.__setattr__(self, name, column)

    def _check_unique(self) -> None:
        same = np.ones(max(0, len(self.image) - 1), bool)
        for column in (self.image, self.step, self.neuron):
            same &= column[1:] == column[:-1]
        if same.any():
            at = int(same.argmax())
            raise InputError(
                f"Events: neuron {self.neuron[at]} spikes twice in step {self.step[at]} of image "
                f"{self.image[at]}: list it once, with the sum as its strength"
            )

    def __len__(self) -> int:
        return self.images

    def check(self, neuron: Input, shape: Shape, steps: int) -> None:
        """Raise InputError if a spike lies outside the input layer or its window, or would be normalised."""
        refuse_normalising("Events", neuron)
        check_indices("Events", "step", self.step, steps)
        check_indices("Events", "neuron", self.neuron, math.prod(shape))

    def frame_count(self, shape: Shape, steps: int) -> int:
        return steps

    def frames(self, neuron: Input, shape: Shape, steps: int, images: slice) -> np.ndarray:
        """Return the strengths of some images' spikes, float64 (images, steps, *shape)."""
        first, last, _ = images.indices(self.images)
        rows = slice(*np.searchsorted(self.image, [first, last]))
        made = np.zeros((last - first, steps, math.prod(shape)))
        made[self.image[rows] - first, self.step[rows], self.neuron[rows]] = self.strength[rows]
        return made.reshape(last - first, steps, *shape)


def _check_strength(column: np.ndarray) -> None:
    wrong = column[(column == 0) | (column <= -STRONGEST) | (column >= STRONGEST)]
    if len(wrong):
        raise InputError(f"Events.strength holds {wrong[0]}: give whole numbers but 0, below 2**24 in size")
