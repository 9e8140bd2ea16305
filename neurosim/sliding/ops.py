"""What each op of a patch becomes over a scene: the same sums, around every pixel."""

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from ..errors import Unsupported
from ..ops import AdaptiveAvgPool, AvgPool, Conv, Identity, Linear, MaxPool, Op, Reshape, Scale, Shape
from ..ops.base import whole_numbers

__all__ = ["Pixels", "chain_over", "shape_over"]

Made = TypeVar("Made", bound=Op)
Pixels = tuple[int, int]


def _window(shape: Shape) -> Pixels:
    """Return the rows and columns of a layer of a patch; one without these axes is of the pixel alone."""
    return (shape[-2], shape[-1]) if len(shape) > 2 else (1, 1)


def shape_over(shape: Shape, pixels: Pixels) -> Shape:
    """Return what a layer of a patch is over a scene: as many more rows and columns as pixels, less one."""
    spans = (size + count - 1 for size, count in zip(_window(shape), pixels, strict=True))
    return (*_features(shape), *spans)


def _features(shape: Shape) -> Shape:
    return shape[:-2] if len(shape) > 2 else shape


def chain_over(ops: Sequence[Op], shape: Shape, pixels: Pixels) -> tuple[Op, ...]:
    """Return the ops that do over a scene what a chain does in each patch.

    Parameters
    ----------
    ops
        A projection's.
    shape
        Of its source in the patch.
    pixels
        Rows and columns of the scene whose patches are meant.

    Raises
    ------
    Unsupported
        If an op does not commute with cutting out patches.
    """
    made: list[Op] = []
    for op, following in zip(ops, (*ops[1:], None), strict=True):
        flattens_anyway = isinstance(op, Reshape) and isinstance(following, Linear)
        if not flattens_anyway:
            made += _over(op, shape, pixels)
            shape = op.output_shape(shape)
    return tuple(made)


@functools.singledispatch
def _over(op: Op, shape: Shape, pixels: Pixels) -> tuple[Op, ...]:
    """Return an op over a scene; `shape` is that of its source in the patch."""
    raise Unsupported(f"{type(op).__name__} has no form over a scene: replace it by convolutions")


@_over.register
def _(op: Linear, shape: Shape, pixels: Pixels) -> tuple[Op, ...]:
    """All-to-all weights: a convolution whose kernel is as large as the patch."""
    features = _features(shape)
    kernel = Conv(op.weight.reshape(-1, *features, *_window(shape)))
    return (kernel,) if len(features) == 1 else (kernel, Reshape((len(op.weight), *pixels)))


@_over.register
def _(op: Conv, shape: Shape, pixels: Pixels) -> tuple[Op, ...]:
    missing = len(shape) == 2
    made = replace(
        op,
        weight=op.weight[..., None, None] if missing else op.weight,
        stride=_strides(op.stride, missing),
        padding=(*op.padding, *[(0, 0)] * 2) if missing else op.padding,
        dilation=(*op.dilation, 1, 1) if missing else op.dilation,
    )
    return (_checked(made, op, np.ravel(made.padding[-2:]), shape),)


@_over.register(AvgPool)
@_over.register(MaxPool)
def _(op: Any, shape: Shape, pixels: Pixels) -> tuple[Op, ...]:
    missing, kind, axes = len(shape) == 2, type(op).__name__, len(shape) - 1
    kernel = whole_numbers(kind, "kernel", op.kernel, axes, 1)
    stride = kernel if op.stride is None else whole_numbers(kind, "stride", op.stride, axes, 1)
    padding = whole_numbers(kind, "padding", op.padding, axes, 0) + (0, 0) * missing
    made = replace(op, kernel=kernel + (1, 1) * missing, stride=_strides(stride, missing), padding=padding)
    return (_checked(made, op, padding[-2:], shape),)


@_over.register
def _(op: AdaptiveAvgPool, shape: Shape, pixels: Pixels) -> tuple[Op, ...]:
    sizes = op.output_shape(shape)[1:]
    if any(size % parts for size, parts in zip(shape[1:], sizes, strict=True)):
        raise Unsupported(
            f"AdaptiveAvgPool has windows of several sizes, {sizes} of {shape[1:]}: use AvgPool"
        )
    kernel = tuple(size // parts for size, parts in zip(shape[1:], sizes, strict=True))
    return _over(AvgPool(kernel), shape, pixels)


@_over.register
def _(op: Identity, shape: Shape, pixels: Pixels) -> tuple[Op, ...]:
    return (_checked(replace(op, stride=1), op, (), shape),)


@_over.register
def _(op: Scale, shape: Shape, pixels: Pixels) -> tuple[Op, ...]:
    if np.ndim(op.factor) > 1:
        raise Unsupported("Scale has one factor a neuron: give a scalar or one a channel")
    return (op,)


@_over.register
def _(op: Reshape, shape: Shape, pixels: Pixels) -> tuple[Op, ...]:
    if _window(op.shape) != _window(shape):
        raise Unsupported(
            f"Reshape of {shape} to {op.shape} mixes rows and columns with other axes: leave the last two as "
            "they are"
        )
    return (Reshape(shape_over(op.shape, pixels)),)


def _strides(strides: tuple[int, ...], missing: bool) -> tuple[int, ...]:
    """Return strides with 1 along rows and columns: every pixel has a patch."""
    return (*(strides if missing else strides[:-2]), 1, 1)


def _checked(made: Made, op: Op, padding: Sequence[int] | np.ndarray, shape: Shape) -> Made:
    """Return an op without stride along rows and columns, if it is then still the same in each patch."""
    kind = type(op).__name__
    if any(padding):
        raise Unsupported(f"{kind} has padding along rows or columns, where the scene has pixels: use none")
    source = shape_over(shape, (1, 1))
    if made.output_shape(source) != shape_over(op.output_shape(shape), (1, 1)):
        raise Unsupported(f"{kind} has a stride along rows or columns, which leaves out pixels: use 1")
    return made
