"""What every map between layers is: a shape rule, its connections, and its order of sums."""

import abc
import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import InputError
from ..parameters import Value, shown

__all__ = ["Op", "Shape", "is_whole", "per_axis", "whole_numbers"]

Shape = tuple[int, ...]
"""Channels first: (C,), (C, L), (C, H, W) or (C, D, H, W)."""


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Op(Value):
    """A map from a layer's strengths to currents, linear but for the maximum."""

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

        A flattening op has its outputs on the first axis and one output on every other; one that reshapes
        has them on the source's axes.
        """

    @property
    def cumulative(self) -> bool:
        """Whether `add` is given the sums of all steps so far, and what arrives is how its result grows."""
        return False

    @property
    def shared_parameters(self) -> int:
        """Number of weights that are stored."""
        return 0


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
