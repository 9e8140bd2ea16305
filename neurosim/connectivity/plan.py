"""A network as numbers: what the compiled connectivity reads at run time, so that geometry is data."""

import dataclasses
import functools
import math
from collections.abc import Mapping, Sequence

import numpy as np

from ..alignment import ALIGNED, Alignment
from ..layers import Projection
from ..network import Network
from ..ops import Average, Conv, Identity, Linear, MaxPool, Op, Reshape, Scale, Shape

__all__ = ["Plan", "channels_last", "free_plan", "lag", "make_plan", "three_axes"]

BLOCK_BYTES, LINE_BYTES = 256, 64
"""Of the weights of neighbouring target channels that lie together; of a line of the cache."""

CONV, AVERAGE, IDENTITY, SCALE, RESHAPE, MAXPOOL = range(6)


@dataclasses.dataclass(frozen=True)
class Plan:
    """What `network.h` reads.

    Attributes
    ----------
    numbers : int64 array
        Layers, projections and ops, one number after the other.
    weights : float64 or float32 array
        All weights, in the order in which the ops refer to them, each op's from a multiple of LINE_BYTES on.
    """

    numbers: np.ndarray
    weights: np.ndarray


def three_axes(sizes: Sequence[int], fill: int = 1) -> list[int]:
    """Return sizes along depth, rows and columns; missing leading axes have size `fill`."""
    return [fill] * (3 - len(sizes)) + list(map(int, sizes))


def channels_last(array: np.ndarray, axes: int) -> np.ndarray:
    """Return the last `axes` axes (channels first) flattened in channels-last order."""
    lead = array.shape[: array.ndim - axes]
    return np.moveaxis(array, array.ndim - axes, -1).reshape(*lead, -1)


def lag(network: Network, projection: Projection, block: int = 1, alignment: Alignment = ALIGNED) -> int:
    """Return the global steps from a spike to the charge that it enters; >= 1."""
    latency = alignment.latency(network)
    layers = latency[projection.target] - latency[projection.source]
    return block * layers + alignment.reach(projection)


def make_plan(
    network: Network,
    projections: Sequence[Projection],
    first: Mapping[str, int],
    dtype: type[np.floating],
    block: int = 1,
    alignment: Alignment = ALIGNED,
) -> Plan:
    """Describe a network for the time-step contract.

    Parameters
    ----------
    network : Network
    projections : sequence of Projection
        Those of the network that are to be delivered, in its order.
    first : dict of str to int
        Index of the first neuron of each layer but the input, in the order of these indices.
    dtype : np.float64 or np.float32
        Of the weights.
    block : int
        Steps between layers, see `blocks`.
    alignment : Alignment
    """
    store = _WeightStore(dtype)
    numbers, latency = [len(first)], alignment.latency(network)
    for name, index in first.items():
        shape = network[name].shape
        numbers += [index, block * latency[name], shape[0], *three_axes(shape[1:])]
    numbers.append(len(projections))
    position = {name: number for number, name in enumerate(first)} | {network.input.name: -1}
    for projection in projections:
        numbers += [position[projection.source], position[projection.target]]
        numbers += [lag(network, projection, block, alignment), alignment.reach(projection)]
        numbers += _chain(projection.ops, network[projection.source].shape, store)
    return Plan(np.array(numbers, np.int64), store.all())


def free_plan(
    shapes: Mapping[str, Shape], projections: Sequence[Projection], dtype: type[np.floating]
) -> Plan:
    """Describe layers that all run at once: every projection takes 1 + delay steps.

    Parameters
    ----------
    shapes : dict of str to tuple of int
        Every layer's shape, by its name.
    projections : sequence of Projection
    dtype : np.float64 or np.float32
        Of the weights.
    """
    store = _WeightStore(dtype)
    numbers, first = [len(shapes)], 0
    for shape in shapes.values():
        numbers += [first, 0, shape[0], *three_axes(shape[1:])]
        first += math.prod(shape)
    numbers.append(len(projections))
    position = {name: number for number, name in enumerate(shapes)}
    for p in projections:
        numbers += [position[p.source], position[p.target], 1 + p.delay, p.delay]
        numbers += _chain(p.ops, shapes[p.source], store)
    return Plan(np.array(numbers, np.int64), store.all())


def _chain(ops: Sequence[Op], shape: Shape, store: "_WeightStore") -> list[int]:
    numbers = [shape[0], *three_axes(shape[1:]), len(ops)]
    for op in ops:
        numbers += _op_numbers(op, shape, store)
        shape = op.output_shape(shape)
    return numbers


class _WeightStore:
    """Collects weights and tells where each begins."""

    def __init__(self, dtype: type[np.floating]) -> None:
        self.dtype, self.line = dtype, LINE_BYTES // np.dtype(dtype).itemsize
        self.parts = [np.zeros(self.line, dtype)]  # never empty: a file must have a size
        self.size = self.line

    def add(self, weights: np.ndarray) -> int:
        begin = self.size
        self.parts.append(np.zeros(-(-weights.size // self.line) * self.line, self.dtype))
        self.parts[-1][: weights.size] = weights.ravel()
        self.size += self.parts[-1].size
        return begin

    def add_blocks(self, weights: np.ndarray) -> int:
        """Add weights [group][row][output], in blocks of outputs: [group][block][row][output of the block].

        A block has BLOCK_BYTES, the last one perhaps a half or a quarter of that, filled up with zeros.
        """
        widths = [self.line * n for n in (4, 2, 1)]
        first, outputs, blocks = 0, weights.shape[2], []
        while first < outputs:
            width = next((w for w in reversed(widths) if w >= outputs - first), widths[0])
            blocks.append(np.zeros((*weights.shape[:2], width), self.dtype))
            part = weights[:, :, first : first + width]
            blocks[-1][:, :, : part.shape[2]] = part
            first += width
        flat = [block.reshape(len(weights), -1) for block in blocks]
        return self.add(np.concatenate(flat, axis=1))

    def all(self) -> np.ndarray:
        return np.concatenate(self.parts)


@functools.singledispatch
def _op_numbers(op: Op, shape: Shape, store: _WeightStore) -> list[int]:
    raise TypeError(f"no kernel for {type(op).__name__}")


def _head(code: int, op: Op, shape: Shape) -> list[int]:
    target = op.output_shape(shape)
    return [code, target[0], *three_axes(target[1:])]


@_op_numbers.register
def _(op: Conv, shape: Shape, store: _WeightStore) -> list[int]:
    rank, group = len(op.kernel), op.weight.shape[0] // op.groups
    grouped = op.weight.reshape(op.groups, group, op.weight.shape[1], *op.kernel)
    taps_first = grouped.transpose(0, *range(3, 3 + rank), 2, 1)  # [group][tap][input][output]
    numbers = [*_head(CONV, op, shape), op.groups, op.weight.shape[1], *three_axes(op.kernel)]
    numbers += [*three_axes(op.stride), *three_axes(op.dilation)]
    numbers += three_axes([before for before, _ in op.padding], fill=0)
    return [*numbers, store.add_blocks(taps_first.reshape(op.groups, -1, group))]


@_op_numbers.register
def _(op: Linear, shape: Shape, store: _WeightStore) -> list[int]:
    """All-to-all weights: a convolution whose kernel is as large as its source."""
    numbers = [*_head(CONV, op, shape), 1, shape[0], *three_axes(shape[1:])]
    numbers += [*three_axes([]), *three_axes([]), *three_axes([], fill=0)]
    return [*numbers, store.add_blocks(op.columns(shape).T[None])]


@_op_numbers.register
def _(op: Average, shape: Shape, store: _WeightStore) -> list[int]:
    columns = [(w.start, w.stop, w.size) for w in op.windows(shape)]
    return _head(AVERAGE, op, shape) + _along_axes(columns, [0, 1, 1])


@_op_numbers.register
def _(op: MaxPool, shape: Shape, store: _WeightStore) -> list[int]:
    columns = [(w.start, w.stop) for w in op.windows(shape)]
    return [*_head(MAXPOOL, op, shape), int(op.cumulative), math.prod(shape), *_along_axes(columns, [0, 1])]


def _along_axes(columns: Sequence[Sequence[np.ndarray]], missing: list[int]) -> list[int]:
    """Return the columns of windows axis by axis; `missing` is the one window of a missing axis."""
    numbers = missing * (3 - len(columns))
    for axis in columns:
        numbers += np.concatenate(axis).tolist()
    return numbers


@_op_numbers.register
def _(op: Reshape, shape: Shape, store: _WeightStore) -> list[int]:
    return _head(RESHAPE, op, shape)


@_op_numbers.register
def _(op: Identity, shape: Shape, store: _WeightStore) -> list[int]:
    return [*_head(IDENTITY, op, shape), op.stride, op.pad_channels[0]]


@_op_numbers.register
def _(op: Scale, shape: Shape, store: _WeightStore) -> list[int]:
    """Factors one a channel, the same for every pixel, or one a neuron."""
    each = np.ndim(op.factor) > 1
    factors = (
        channels_last(np.asarray(op.factor), len(shape)) if each else np.broadcast_to(op.factor, shape[:1])
    )
    return [*_head(SCALE, op, shape), shape[0] if each else 0, store.add(factors)]
