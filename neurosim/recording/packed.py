"""Spikes as they are kept: how many fell in each step, and neurons and strengths in narrow integers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError
from neurosim.spikes import Spikes

__all__ = ["PackedSpikes", "counts_type", "events_type", "neuron_type", "strength_type"]

Array = NDArray[Any]


def neuron_type(size: int) -> np.dtype[Any]:
    """Return the unsigned integers that number `size` neurons."""
    return np.min_scalar_type(size - 1)


def strength_type(largest: float) -> np.dtype[Any]:
    """Return the signed integers that hold strengths of magnitude `largest`."""
    return np.min_scalar_type(-int(largest) - 1)


def events_type(steps: int) -> np.dtype[Any]:
    """Return the unsigned integers that count a neuron's spikes in a window of `steps`."""
    return np.min_scalar_type(steps)


def counts_type(steps: int, largest: float) -> np.dtype[Any]:
    """Return the signed integers, of at most 32 bits, that hold a neuron's sum of strengths."""
    return min(strength_type(steps * largest), np.dtype(np.int32), key=lambda kind: kind.itemsize)


@dataclass(frozen=True, eq=False)
class PackedSpikes:
    """The spikes of one layer, sorted by image, then step, then neuron.

    Parameters
    ----------
    in_step : int32 (images, steps)
        The number of spikes of every step.
    neuron : unsigned integers (spikes,)
        The C-order index into `shape`.
    strength : signed integers (spikes,), or None
        None where every spike's strength is 1.
    shape : tuple of int
        The layer's shape, channels first.

    Raises
    ------
    InputError
        If the columns have other lengths than `in_step` says.
    """

    in_step: Array
    neuron: Array
    strength: Array | None
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        said = int(self.in_step.sum())
        for name, column in (("neuron", self.neuron), ("strength", self.strength)):
            if column is not None and column.shape != (said,):
                raise InputError(f"PackedSpikes: {name} has shape {column.shape}; in_step says {said} spikes")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PackedSpikes):
            return NotImplemented
        names = ("in_step", "neuron", "strength", "shape")
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in names)

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def pack(cls, spikes: Spikes, strengths: "np.dtype[Any] | None" = None) -> Self:
        """Return spikes packed, with their strengths in the given type, or without them if all are 1."""
        place = spikes.image.astype(np.int64) * spikes.steps + spikes.step
        in_step = np.bincount(place, minlength=spikes.images * spikes.steps).astype(np.int32)
        return cls(
            in_step.reshape(spikes.images, spikes.steps),
            spikes.neuron.astype(neuron_type(math.prod(spikes.shape))),
            None if strengths is None else spikes.strength.astype(strengths),
            spikes.shape,
        )

    @classmethod
    def of(cls, columns: Mapping[str, Array], shape: Sequence[int]) -> Self:
        """Return what `columns` were taken from."""
        return cls(columns["in_step"], columns["neuron"], columns.get("strength"), tuple(shape))

    def columns(self) -> dict[str, Array]:
        """Return the arrays by name, the strengths only where there are any."""
        columns = {"in_step": self.in_step, "neuron": self.neuron}
        return columns if self.strength is None else columns | {"strength": self.strength}

    @classmethod
    def from_dense(cls, values: ArrayLike, strengths: "np.dtype[Any] | None" = None) -> Self:
        """Return the spikes of a dense array of integers (images, steps, *shape), 0 being silence."""
        return cls.pack(Spikes.from_dense(values, dt=1.0), strengths)

    @classmethod
    def join(cls, parts: Sequence["PackedSpikes"]) -> Self:
        """Return consecutive images of one layer, given in parts, as one."""
        strengths = [part.strength for part in parts if part.strength is not None]
        return cls(
            np.concatenate([part.in_step for part in parts]),
            np.concatenate([part.neuron for part in parts]),
            np.concatenate(strengths) if strengths else None,
            parts[0].shape,
        )

    @property
    def images(self) -> int:
        """Number of images."""
        return len(self.in_step)

    @property
    def steps(self) -> int:
        """Number of steps of an image."""
        return int(self.in_step.shape[1])

    def totals(self) -> NDArray[np.int64]:
        """Return the number of spikes of every image, int64 (images,)."""
        totals: NDArray[np.int64] = self.in_step.sum(axis=1, dtype=np.int64)
        return totals

    def take(self, start: int, stop: int) -> "PackedSpikes":
        """Return images start..stop-1."""
        ends = np.concatenate([[0], np.cumsum(self.totals())])
        rows = slice(int(ends[start]), int(ends[stop]))
        strength = None if self.strength is None else self.strength[rows]
        return PackedSpikes(self.in_step[start:stop], self.neuron[rows], strength, self.shape)

    def unpack(self, dt: float) -> Spikes:
        """Return the spikes with an image and a step each.

        Parameters
        ----------
        dt : float
            Length of a step [s].

        Raises
        ------
        InputError
            If a neuron is not in the layer, spikes twice in a step, or is out of order.
        """
        image = np.repeat(np.arange(self.images, dtype=np.int32), self.totals())
        every = np.tile(np.arange(self.steps, dtype=np.int32), self.images)
        step = np.repeat(every, self.in_step.ravel())
        strength = np.ones(len(self.neuron), np.int32) if self.strength is None else self.strength
        return Spikes(image, step, self.neuron, strength, self.shape, self.images, self.steps, dt)
