"""Connections: every synapse that a chain of ops stands for, one by one, as explicit synapses need it.

Indices are channels last, so that an op which treats its axes one by one is the Kronecker product of what
it does to each, channels last.
"""

import dataclasses
import functools
import math
import operator
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from scipy import sparse

from ..connectivity.plan import channels_last
from ..errors import Unsupported
from ..neurons.base import broadcast
from ..ops import Average, Conv, Identity, Linear, Op, Reshape, Scale, Shape

__all__ = ["Connections", "connections"]

Matrix: TypeAlias = "sparse.csr_array[np.float64, tuple[int, int]]"


@dataclasses.dataclass(frozen=True)
class Connections:
    """A chain of ops, unrolled.

    Attributes
    ----------
    source, target : int array, shape (synapses,)
        Channels-last indices within the two layers; no pair of them occurs twice.
    weight : float64 array, shape (synapses,)
        Nowhere 0.
    """

    source: np.ndarray
    target: np.ndarray
    weight: np.ndarray


def connections(ops: Sequence[Op], shape: Shape) -> Connections:
    """Return the synapses that a chain of ops stands for over a source of `shape`.

    Raises
    ------
    Unsupported
        If an op of the chain is no sum of weighted strengths.
    """
    first, *others = ops
    whole, shape = _matrix(first, shape), first.output_shape(shape)
    for op in others:
        whole, shape = _matrix(op, shape) @ whole, op.output_shape(shape)
    whole.eliminate_zeros()
    found = whole.tocoo(copy=False)
    return Connections(found.col, found.row, found.data)


@functools.singledispatch
def _matrix(op: Op, shape: Shape) -> Matrix:
    """Return an op's weights, (targets, sources)."""
    raise Unsupported(
        f"{type(op).__name__} is no sum of weighted spikes, which is all that synapses do: "
        'use connectivity="kernel"'
    )


@_matrix.register
def _(op: Linear, shape: Shape) -> Matrix:
    return _sparse(op.columns(shape))


@_matrix.register
def _(op: Identity, shape: Shape) -> Matrix:
    channels, *space = op.reach(shape)
    return _product(space, channels)


@_matrix.register
def _(op: Scale, shape: Shape) -> Matrix:
    factors = np.broadcast_to(broadcast(op.factor, shape), shape)
    return sparse.csr_array(sparse.diags_array(channels_last(factors, len(shape))))


@_matrix.register
def _(op: Reshape, shape: Shape) -> Matrix:
    """The same neurons: the numbers they have in both shapes, by their one C order."""
    source, target = (np.argsort(_c_order(each)) for each in (shape, op.shape))
    return sparse.csr_array((np.ones(len(source)), (target, source)))


def _c_order(shape: Shape) -> np.ndarray:
    """Return the C-order index of each neuron, in channels-last order."""
    return channels_last(np.arange(math.prod(shape)).reshape(shape), len(shape))


@_matrix.register
def _(op: Average, shape: Shape) -> Matrix:
    channels, *space = op.reach(shape)
    share = 1 / np.repeat(op.divisor(shape).ravel(), len(channels))
    return sparse.csr_array(sparse.diags_array(share) @ _product(space, channels))


@_matrix.register
def _(op: Conv, shape: Shape) -> Matrix:
    """One Kronecker product a tap: where it looks along each axis, and its weights between channels."""
    grouped, *_ = op.reach(shape)
    sizes = list(zip(shape[1:], op.output_shape(shape)[1:], strict=True))
    made = []
    for tap in np.ndindex(*op.kernel):
        space = [_looks(op, axis, tap[axis], *size) for axis, size in enumerate(sizes)]
        made.append(_product(space, grouped * np.tile(op.weight[(..., *tap)], op.groups)))
    return functools.reduce(operator.add, made)


def _looks(op: Conv, axis: int, tap: int, inputs: int, outputs: int) -> np.ndarray:
    """Return the boolean matrix (outputs, inputs) of what a tap of the kernel sees along an axis."""
    first = tap * op.dilation[axis] - op.padding[axis][0]
    seen: np.ndarray = np.arange(outputs)[:, None] * op.stride[axis] + first == np.arange(inputs)
    return seen


def _product(space: Sequence[np.ndarray], channels: np.ndarray) -> Matrix:
    """Return the Kronecker product of what happens along each axis."""
    made = _sparse(channels)
    for axis in reversed(space):
        made = sparse.kron(_sparse(axis), made, format="csr")
    return made


def _sparse(matrix: np.ndarray) -> Matrix:
    return sparse.csr_array(matrix.astype(np.float64))
