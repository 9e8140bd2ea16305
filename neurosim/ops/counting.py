"""How many explicit synapses a chain of ops stands for, in all and from each source."""

import functools
import math
from collections.abc import Iterator, Sequence

import numpy as np

from .base import Op, Shape
from .linear import Linear
from .reshape import Reshape

__all__ = ["fan_out", "synapses"]

BATCH = 256
"""Sources that are followed through a chain at once."""

MOST_JOINED = 4096
"""Outputs along an axis that others are joined into; its matrix has the square of that."""

Reach = list[np.ndarray]
"""For each axis of a shape, the boolean matrix (outputs, inputs) of what is connected."""


def synapses(ops: Sequence[Op], shape: Shape) -> int:
    """Return how many explicit synapses a chain of ops stands for, unrolled over `shape`."""
    return int(fan_out(ops, shape).sum())


def fan_out(ops: Sequence[Op], shape: Shape) -> np.ndarray:
    """Return how many explicit synapses leave each source, int64 of `shape`.

    Those whose weight happens to be 0 count; those that padding would have do not exist.
    """
    stretches = list(_stretches(_without_flattening(ops), shape))
    if len(stretches) == 1:  # connected on every axis: a product
        leaving = functools.reduce(np.multiply.outer, (matrix.sum(axis=0) for matrix in stretches[0]))
    else:
        leaving = np.concatenate([np.count_nonzero(reached, axis=1) for reached in _followed(stretches)])
    fan: np.ndarray = leaving.reshape(shape)
    return fan


def _without_flattening(ops: Sequence[Op]) -> list[Op]:
    """Return the ops without reshapes before a Linear, which flattens anyway."""
    following = (*ops[1:], None)
    return [op for op, after in zip(ops, following, strict=True) if not _repeated(op, after)]


def _repeated(op: Op, following: Op | None) -> bool:
    return isinstance(op, Reshape) and isinstance(following, Linear)


def _stretches(ops: Sequence[Op], shape: Shape) -> Iterator[Reach]:
    """Yield, for each run of ops between reshapes, the axes' matrices of all of them together."""
    *others, last = ops
    reach: Reach = []
    for op in others:
        if not isinstance(op, Reshape):
            reach = _extended(reach, op, shape)
        elif joined := _joined(reach or _each_alone(shape), op.shape):
            reach = joined
        elif reach:
            yield reach
            reach = []
        shape = op.output_shape(shape)
    yield _extended(reach, last, shape)


def _each_alone(shape: Shape) -> Reach:
    return [np.eye(size, dtype=bool) for size in shape]


def _joined(reach: Reach, made: Shape) -> Reach | None:
    """Return the reach through a reshape that only joins neighbouring axes, None through any other.

    Channels and bands become channels, and every axis is still independent of the others.
    """
    joined, left = [], list(reach)
    for size in made:
        matrix = np.ones((1, 1), bool)
        while left and len(matrix) * len(left[0]) <= min(size, MOST_JOINED):
            matrix = np.kron(matrix, left.pop(0))
        joined.append(matrix)
    fits = not left and tuple(map(len, joined)) == made
    return joined if fits else None


def _extended(reach: Reach, op: Op, shape: Shape) -> Reach:
    mine = op.reach(shape)
    flattened = reach[len(mine) :]  # axes on which one output is left
    return [*map(_compose, mine, reach), *flattened] if reach else list(mine)


def _compose(later: np.ndarray, earlier: np.ndarray) -> np.ndarray:
    reached: np.ndarray = later.astype(np.float32) @ earlier.astype(np.float32) > 0
    return reached


def _followed(stretches: list[Reach]) -> Iterator[np.ndarray]:
    """Yield what each batch of sources reaches, (sources, targets).

    Across a reshape no axis is independent of the others.
    """
    shape = [matrix.shape[1] for matrix in stretches[0]]
    size = math.prod(shape)
    for first in range(0, size, BATCH):
        reached = np.eye(min(BATCH, size - first), size, first, dtype=np.float32)
        for reach in stretches:
            reached = reached.reshape(-1, *(matrix.shape[1] for matrix in reach))
            for axis, matrix in enumerate(reach, 1):
                spread = np.tensordot(reached, matrix.astype(np.float32), (axis, 1))
                reached = (np.moveaxis(spread, -1, axis) > 0).astype(np.float32)
        yield reached.reshape(len(reached), -1)
