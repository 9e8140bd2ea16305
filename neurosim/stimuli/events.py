"""Events: spikes at given steps."""

import dataclasses
import math
from typing import Any

import numpy as np

from ..errors import InputError
from ..neurons import Input
from ..ops import Shape
from ..parameters import as_array
from .base import Stimulus, refuse_normalising

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
        _check_images(self.images)
        columns = {name: _whole_numbers(name, getattr(self, name)) for name in COLUMNS}
        if columns["strength"].ndim == 0:
            columns["strength"] = np.broadcast_to(columns["strength"], columns["image"].shape)
        _check_lengths(columns)
        for name, end in (("image", self.images), ("step", 2**31), ("neuron", 2**31)):
            _check_indices(name, columns[name], end)
        _check_strength(columns["strength"])
        order = np.lexsort((columns["neuron"], columns["step"], columns["image"]))
        for name, column in columns.items():
            column = column[order].astype(np.int32)
            column.setflags(write=False)
            object.__setattr__(self, name, column)
        self._check_unique()

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
        _check_indices("step", self.step, steps)
        _check_indices("neuron", self.neuron, math.prod(shape))

    def frame_count(self, shape: Shape, steps: int) -> int:
        return steps

    def frames(self, neuron: Input, shape: Shape, steps: int, images: slice) -> np.ndarray:
        """Return the strengths of some images' spikes, float64 (images, steps, *shape)."""
        first, last, _ = images.indices(self.images)
        rows = slice(*np.searchsorted(self.image, [first, last]))
        made = np.zeros((last - first, steps, math.prod(shape)))
        made[self.image[rows] - first, self.step[rows], self.neuron[rows]] = self.strength[rows]
        return made.reshape(last - first, steps, *shape)


def _check_images(images: object) -> None:
    if isinstance(images, bool) or not isinstance(images, (int, np.integer)) or images < 1:
        raise InputError(f"Events.images is {images!r}: give a whole number >= 1")


def _whole_numbers(name: str, values: object) -> np.ndarray:
    array = as_array(values)
    if array.size == 0 and array.ndim == 1 and array.dtype.kind == "f":  # an empty list
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu" or array.ndim > 1 or (array.ndim == 0 and name != "strength"):
        raise InputError(
            f"Events.{name} has shape {array.shape} and type {array.dtype}: give whole numbers of shape "
            "(spikes,)"
        )
    return array


def _check_lengths(columns: dict[str, np.ndarray]) -> None:
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise InputError(f"Events: columns have different lengths ({told}): give one row a spike")


def _check_indices(name: str, column: np.ndarray, end: int) -> None:
    wrong = column[(column < 0) | (column >= end)]
    if len(wrong):
        raise InputError(f"Events.{name} holds {wrong[0]}: give 0 to {end - 1}")


def _check_strength(column: np.ndarray) -> None:
    wrong = column[(column == 0) | (column <= -STRONGEST) | (column >= STRONGEST)]
    if len(wrong):
        raise InputError(f"Events.strength holds {wrong[0]}: give whole numbers but 0, below 2**24 in size")
