"""Nodes without memory, each as the ops, the bias and the delay that it stands for."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from ..ops import AvgPool, Conv, Linear, Op, Reshape, Scale, Shape
from .nodes import Node

__all__ = ["MAPS", "Map", "flattened"]

LARGEST_POOL = 2**24


@dataclasses.dataclass(frozen=True)
class Map:
    """What a node does to what arrives.

    Attributes
    ----------
    shape : tuple of int
        Of what leaves it.
    ops : tuple of Op
    bias : array, optional
        (C,) or `shape`; added to what leaves it.
    delay : float
        [s]
    """

    shape: Shape
    ops: tuple[Op, ...] = ()
    bias: np.ndarray | None = None
    delay: float = 0.0


def port(node: Node, shape: Shape) -> Map:
    """Pass on what arrives: the end of a graph within a graph."""
    return Map(shape)


def linear(node: Node, shape: Shape) -> Map:
    """Return W x or W x + b, x a vector."""
    weight = node.numbers("weight")
    if weight.ndim != 2 or shape != weight.shape[1:]:
        node.refuse(f"weight {weight.shape} meets a source of shape {shape}: a matrix and a flat source go")
    bias = node.numbers("bias") if node.kind == "Affine" else None
    return Map(weight.shape[:1], (Linear(weight),), bias)


def conv(node: Node, shape: Shape) -> Map:
    """Return a convolution; "same" pads as torch does, the odd one behind."""
    rank = int(node.kind[4])
    if "input_shape" in node.fields and node.size("input_shape") != shape[1:]:
        node.damaged(f"input_shape is {node.size('input_shape')}, and a source of shape {shape} arrives")
    weight, stride, dilation = node.numbers("weight"), node.whole("stride"), node.whole("dilation")
    if weight.ndim != rank + 2:
        node.damaged(f"weight has shape {weight.shape}: expected {rank + 2} axes")
    op = Conv(weight, _each(stride, rank), 0, _each(dilation, rank), _one(node.whole("groups")))
    op = dataclasses.replace(op, padding=_padding(node, op))
    bias = None if node.noted("no_bias", 0).any() else node.numbers("bias")
    return Map(op.output_shape(shape), (op,), bias)


def _padding(node: Node, op: Conv) -> object:
    said = node.fields.get("padding")
    if not isinstance(said, str):
        return _each(node.whole("padding"), len(op.kernel))
    if said == "valid":
        return 0
    if said != "same" or max(op.stride) > 1:
        node.damaged(f"padding is {said!r}: expected numbers, 'valid', or 'same' with a stride of 1")
    spans = [d * (k - 1) for d, k in zip(op.dilation, op.kernel, strict=True)]
    return tuple((span // 2, span - span // 2) for span in spans)


def sum_pool(node: Node, shape: Shape) -> Map:
    """Return sums over windows: a convolution with ones, one channel at a time."""
    kernel, stride, padding = (_each(node.whole(f), 2) for f in ("kernel_size", "stride", "padding"))
    channels = shape[0]
    if min(kernel) < 1 or channels * math.prod(kernel) > LARGEST_POOL:
        node.damaged(f"kernel_size is {kernel}: expected a window of the source of shape {shape}")
    op = Conv(np.ones((channels, 1, *kernel)), stride, padding, groups=channels)
    return Map(op.output_shape(shape), (op,))


def avg_pool(node: Node, shape: Shape) -> Map:
    """Return averages over windows, padding counted."""
    kernel, stride, padding = (_each(node.whole(f), 2) for f in ("kernel_size", "stride", "padding"))
    op = AvgPool(kernel, None if node.noted("no_stride", 0).any() else stride, padding)
    if len(shape) != 3:
        node.damaged(f"a source of shape {shape} arrives: expected (C, H, W)")
    return Map(op.output_shape(shape), (op,))


def flatten(node: Node, shape: Shape) -> Map:
    """Return the axes start_dim to end_dim as one."""
    if "input_type" in node.fields and node.size("input_type") != shape:
        node.damaged(f"input_type is {node.size('input_type')}, and a source of shape {shape} arrives")
    target = flattened(shape, _one(node.whole("start_dim")), _one(node.whole("end_dim")))
    if target is None:
        node.damaged(f"it flattens axes that a source of shape {shape} does not have")
    return Map(target, (Reshape(target),))


def flattened(shape: Shape, start: int, end: int) -> Shape | None:
    """Return `shape` with the axes start to end, both included, as one; None if there are no such axes."""
    first, last = (axis + len(shape) if axis < 0 else axis for axis in (start, end))
    if not 0 <= first <= last < len(shape):
        return None
    return (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :])


def scale(node: Node, shape: Shape) -> Map:
    """Return x times a factor: one for all, one a channel or one a neuron."""
    factors = node.numbers("scale")
    if factors.size > 1 and factors.shape != shape:
        node.damaged(f"scale has shape {factors.shape}, and a source of shape {shape} arrives")
    return Map(shape, (Scale(node.per_layer("scale", factors, shape)),))


def delay(node: Node, shape: Shape) -> Map:
    """Return x some time later, the same for all."""
    times = node.numbers("delay")
    if np.ptp(times) > 0:
        node.refuse("its delays differ: a projection has one")
    if times.flat[0] < 0:
        node.damaged(f"delay is {times.flat[0]:g} s: expected at least 0")
    return Map(shape, delay=float(times.flat[0]))


MAPS: dict[str, Callable[[Node, Shape], Map]] = {
    "Affine": linear,
    "AvgPool2d": avg_pool,
    "Conv1d": conv,
    "Conv2d": conv,
    "Delay": delay,
    "Flatten": flatten,
    "Linear": linear,
    "Output": port,
    "Port": port,
    "Scale": scale,
    "SumPool2d": sum_pool,
}
"""Every kind of node without memory."""


def _each(value: int | tuple[int, ...], axes: int) -> tuple[int, ...]:
    values = value if isinstance(value, tuple) else (value,) * axes
    return values * axes if len(values) == 1 else values


def _one(value: int | tuple[int, ...]) -> int:
    return value if isinstance(value, int) else value[0]
