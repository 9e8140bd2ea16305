"""Spikes of one layer as sorted columns, with the interval in which silence means silence."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError

__all__ = ["Images", "Spikes"]

Integers = NDArray[np.int32]
Images = int | slice | Sequence[int] | NDArray[Any]
COLUMNS = ("image", "step", "neuron", "strength")


@dataclass(frozen=True, eq=False, repr=False)
class Spikes:
    """Every spike of one layer, sorted by image, then step, then neuron; frozen, equal by value.

    Parameters
    ----------
    image, step, neuron : int32 (spikes,)
        The image, in 0..images-1; the local time step, in 0..steps-1; the C-order index into `shape`.
        No neuron spikes twice in one step.
    strength : int32 (spikes,)
        What the spike counts for, with its sign; never 0.
    shape : tuple of int
        The layer's shape, channels first.
    images, steps : int
        How many images and steps were watched: whatever is not listed in them was silent.
    dt : float
        Length of a step [s].

    Raises
    ------
    InputError
        If a column or a number breaks these rules.
    """

    image: Integers
    step: Integers
    neuron: Integers
    strength: Integers
    shape: tuple[int, ...]
    images: int
    steps: int
    dt: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(map(int, self.shape)))
        _check_extent(self)
        for name in COLUMNS:
            object.__setattr__(self, name, _frozen_column(name, getattr(self, name)))
        _check_columns(self)

    @classmethod
    def from_dense(cls, strengths: ArrayLike, dt: float) -> Self:
        """Return the spikes of a dense array of integers (images, steps, *shape), 0 being silence."""
        strengths = np.asarray(strengths)
        images, steps, *shape = strengths.shape
        image, step, neuron = np.nonzero(strengths.reshape(images, steps, -1))
        strength = strengths[strengths != 0]
        return cls(image, step, neuron, strength, tuple(shape), images, steps, dt)  # type: ignore[arg-type]

    @classmethod
    def join(cls, parts: Sequence["Spikes"]) -> Self:
        """Return consecutive images of one layer, given in parts, as one."""
        first, starts = parts[0], np.cumsum([0] + [part.images for part in parts])
        if len({(part.shape, part.steps, part.dt) for part in parts}) > 1:
            raise InputError("Spikes.join: the parts differ in shape, steps or dt; they must be of one layer")
        image = np.concatenate([part.image + start for part, start in zip(parts, starts, strict=False)])
        step, neuron, strength = (np.concatenate([getattr(p, name) for p in parts]) for name in COLUMNS[1:])
        return cls(image, step, neuron, strength, first.shape, int(starts[-1]), first.steps, first.dt)

    def __len__(self) -> int:
        return len(self.image)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Spikes):
            return NotImplemented
        return all(np.array_equal(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        neurons = "x".join(map(str, self.shape))
        window = f"{self.images} images, {self.steps} steps of {self.dt} s"
        return f"<{len(self)} spikes of {neurons} neurons, {window}>"

    @property
    def times(self) -> NDArray[np.float64]:
        """Start of the step of every spike, from the start of its image's window [s]; float64 (spikes,)."""
        return self.step * np.float64(self.dt)

    @property
    def train(self) -> NDArray[np.int64]:
        """The train of every spike, image * neurons + neuron: what one neuron says to one image."""
        train = self.image.astype(np.int64)
        train *= math.prod(self.shape)
        train += self.neuron
        return train

    def select(self, images: Images) -> "Spikes":
        """Return the spikes of some images, renumbered 0, 1, ... in the order in which they are named.

        Parameters
        ----------
        images
            An index, a slice, indices, or a mask of booleans, with Python's meaning of negative numbers.

        Raises
        ------
        InputError
            If nothing is chosen or an index is out of range.
        """
        chosen = choose(images, self.images)
        starts, ends = np.searchsorted(self.image, chosen), np.searchsorted(self.image, chosen, "right")
        lengths = ends - starts
        rows = ranges(starts, lengths)
        image = np.repeat(np.arange(len(chosen), dtype=np.int32), lengths)
        step, neuron, strength = (getattr(self, name)[rows] for name in COLUMNS[1:])
        return Spikes(image, step, neuron, strength, self.shape, len(chosen), self.steps, self.dt)

    def dense(self) -> Integers:
        """Return the strengths as int32 (images, steps, *shape), 0 where silent."""
        strengths = np.zeros((self.images, self.steps, math.prod(self.shape)), np.int32)
        strengths[self.image, self.step, self.neuron] = self.strength
        return strengths.reshape(self.images, self.steps, *self.shape)

    def counts(self) -> Integers:
        """Return the sum of strengths of every neuron, int32 (images, *shape)."""
        return self._sum(self.strength)

    def events(self) -> Integers:
        """Return the number of spikes of every neuron, int32 (images, *shape)."""
        return self._sum(np.int32(1))

    def totals(self) -> NDArray[np.int64]:
        """Return the number of spikes of the layer, int64 (images,)."""
        return np.bincount(self.image, minlength=self.images).astype(np.int64)

    def _sum(self, values: Integers | np.int32) -> Integers:
        sums = np.zeros(self.images * math.prod(self.shape), np.int32)
        np.add.at(sums, self.train, values)
        return sums.reshape(self.images, *self.shape)


def choose(wanted: Images, count: int, what: str = "images") -> NDArray[np.int64]:
    """Return the indices of the chosen among `count` images, or `what` else, at least one of them.

    Raises
    ------
    InputError
        If nothing is chosen, an index is out of range, or a slice goes in steps of 0.
    """
    try:
        chosen = np.atleast_1d(np.arange(count, dtype=np.int64)[wanted])
    except (IndexError, ValueError) as error:  # out of range, or a slice in steps of 0
        raise InputError(f"{what}: {error}; choose among 0..{count - 1}") from None
    if chosen.size == 0:
        raise InputError(f"{what}: nothing is chosen by {wanted!r}; choose among 0..{count - 1}")
    return chosen


def ranges(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return start, start + 1, ..., start + length - 1 of every range, one after the other."""
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(lengths.sum())


def _check_extent(spikes: Spikes) -> None:
    for name, value in (
        ("images", spikes.images),
        ("steps", spikes.steps),
        ("shape", min(spikes.shape, default=0)),
    ):
        if value < 1:
            raise InputError(f"Spikes: {name} is {getattr(spikes, name)}; give at least 1")
    if not 0 < spikes.dt < math.inf:
        raise InputError(f"Spikes: dt is {spikes.dt}; give a positive number of seconds")


def _frozen_column(name: str, values: ArrayLike) -> Integers:
    column = np.asarray(values)
    if column.ndim != 1 or (column.dtype.kind not in "iu" and column.size):
        raise InputError(f"Spikes: {name} is {column.dtype} {column.shape}; give integers of shape (spikes,)")
    narrow = column.astype(np.int32)
    if not np.array_equal(narrow, column):
        raise InputError(
            f"Spikes: {name} holds {column[narrow != column][0]}; give numbers that fit into int32"
        )
    narrow.flags.writeable = False
    return narrow


def _check_columns(spikes: Spikes) -> None:
    lengths = {name: len(getattr(spikes, name)) for name in COLUMNS}
    if len(set(lengths.values())) > 1:
        raise InputError(f"Spikes: the columns have lengths {lengths}; give equal ones")
    size = math.prod(spikes.shape)
    for name, end in (("image", spikes.images), ("step", spikes.steps), ("neuron", size)):
        column = getattr(spikes, name)
        outside = (column < 0) | (column >= end)
        if outside.any():
            raise InputError(f"Spikes: {name} holds {column[outside][0]}; give numbers in 0..{end - 1}")
    place = (spikes.image.astype(np.int64) * spikes.steps + spikes.step) * size + spikes.neuron
    disorder = np.flatnonzero(np.diff(place) <= 0)
    if disorder.size:
        raise InputError(
            f"Spikes: row {disorder[0] + 1} is out of order; sort by image, step, neuron, each spike once"
        )
    if not spikes.strength.all():
        raise InputError("Spikes: strength holds 0; leave silent neurons out")
