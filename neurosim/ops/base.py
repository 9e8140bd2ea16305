"""What every linear map between layers is: a shape rule, its connections, and its order of sums."""

import abc
import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import InputError
from ..parameters import Value, shown

__all__ = ["Op", "Shape", "is_whole", "per_axis", "synapses", "whole_numbers"]

Shape = tuple[int, ...]
"""Channels first: (C,), (C, L), (C, H, W) or (C, D, H, W)."""


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Op(Value):
    """A linear map from a layer's strengths to currents."""

    @abc.abstractmethod
    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape this op makes of `shape`; raise InputError where it does not fit."""

    @abc.abstractmethod
    def add(self, x: np.ndarray, out: np.ndarray) -> None:
        """Add the projection of `x` (images, *shape) into `out` (images, *output_shape), in place.

        Each target takes its terms one by one, out = out + fl(w x), over its sources in ascending
        channels-last index (rows, columns, channels): the contract's order of sums.
        """

    @abc.abstractmethod
    def reach(self, shape: Shape) -> tuple[np.ndarray, ...]:
        """Return, for each axis of `shape`, the boolean matrix (outputs, inputs) of what is connected.

        A flattening op has its outputs on the first axis and one output on every other.
        """

    @property
    def shared_parameters(self) -> int:
        """Number of weights that are stored."""
        return 0


def synapses(ops: Sequence[Op], shape: Shape) -> int:
    """Return how many explicit synapses a chain of ops stands for, unrolled over `shape`."""
    first, *others = ops
    matrices, shape = list(first.reach(shape)), first.output_shape(shape)
    for op in others:
        for axis, reach in enumerate(op.reach(shape)):
            matrices[axis] = reach.astype(np.float32) @ matrices[axis].astype(np.float32) > 0
        shape = op.output_shape(shape)
    return math.prod(int(np.count_nonzero(matrix)) for matrix in matrices)


def whole_numbers(owner: str, field: str, value: Any, count: int, least: int) -> tuple[int, ...]:
    """Return `value`, an int or a sequence of `count` ints, as a tuple; raise InputError otherwise."""
    values = tuple(value) if isinstance(value, Sequence) else (value,) * count
    if len(values) != count or not all(is_whole(v) and v >= least for v in values):
        several = f", or {count} of them" if count > 1 else ""
        raise InputError(f"{owner}.{field} is {shown(value)}: give a whole number >= {least}{several}")
    return tuple(int(v) for v in values)


def per_axis(owner: str, value: Any, rank: int) -> tuple[tuple[int, int], ...]:
    """Return a padding (int, one an axis, or (before, after) pairs) as (before, after) pairs."""
    axes = tuple(value) if isinstance(value, Sequence) else (value,) * rank
    if len(axes) != rank:
        raise InputError(f"{owner}.padding is {shown(value)}: give one number or one (before, after) an axis")
    return tuple(_pair(whole_numbers(owner, "padding", axis, 2, 0)) for axis in axes)


def _pair(values: tuple[int, ...]) -> tuple[int, int]:
    before, after = values
    return before, after


def is_whole(value: object) -> bool:
    """Return whether `value` is an integer, Python's or numpy's; True and False are not."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
