"""Averages and maxima over windows, with torch's signatures and the number of spatial axes."""

from typing import Any

import torch.nn.functional as F

from neurosim.conversion.expression import Expression
from neurosim.conversion.shaping import see
from neurosim.errors import Unsupported
from neurosim.ops import AdaptiveAvgPool, AvgPool, MaxPool

__all__ = ["adaptive_avg_pool", "adaptive_max_pool", "avg_pool", "max_pool", "mean"]

AVERAGE: dict[int, Any] = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
ADAPTIVE_AVERAGE: dict[int, Any] = {
    1: F.adaptive_avg_pool1d,
    2: F.adaptive_avg_pool2d,
    3: F.adaptive_avg_pool3d,
}
MAXIMUM: dict[int, Any] = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}


def avg_pool(
    x: Expression,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    axes: int,
) -> Expression:
    """Average over windows."""
    x.check_image(axes)
    if divisor_override is not None:
        raise Unsupported(f"divisor_override is {divisor_override}: only true averages are convertible")
    windows = (kernel_size, stride or kernel_size, padding, ceil_mode, count_include_pad)
    op, pooled = AvgPool(*windows), AVERAGE[axes](x.bias, *windows)
    return x.map(lambda term: term.then(op), pooled)


def adaptive_avg_pool(x: Expression, output_size: Any, *, axes: int) -> Expression:
    """Average to a given size."""
    x.check_image(axes)
    pooled = ADAPTIVE_AVERAGE[axes](x.bias, output_size)
    return x.map(lambda term: term.then(AdaptiveAvgPool(tuple(pooled.shape[2:]))), pooled)


def mean(x: Expression, dim: Any = None, keepdim: bool = False) -> Expression:
    """Average over spatial axes, as x.mean((2, 3))."""
    rank = len(x.size)
    over = () if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    along = {axis % rank for axis in over}
    if not along or not along <= set(range(2, rank)):
        raise Unsupported(f"it averages over axes {dim}: only over spatial ones, as x.mean((2, 3))")
    sizes = [1 if axis in along else x.size[axis] for axis in range(2, rank)]
    pooled = adaptive_avg_pool(x, sizes, axes=rank - 2)
    kept = [size for axis, size in enumerate(pooled.size) if axis not in along]
    return pooled if keepdim else see(pooled, tuple(kept))


def max_pool(
    x: Expression,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
    *,
    axes: int,
) -> MaxPool:
    """Return the maximum over windows of an activation, as it is taken of spike counts."""
    _check_activation(x, axes)
    op = MaxPool(kernel_size, stride or None, padding)
    pooled = MAXIMUM[axes](x.bias, kernel_size, stride or kernel_size, padding, dilation, ceil_mode)
    _refuse("ceil_mode", ceil_mode and tuple(pooled.shape[1:]) != op.output_shape(x.shape))
    _refuse("dilation", dilation not in (1, (1,) * axes))
    _refuse("return_indices", return_indices)
    return op


def adaptive_max_pool(x: Expression, output_size: Any, return_indices: bool = False, *, axes: int) -> MaxPool:
    """Return the maximum to a given size, where its windows are all of one size and distance."""
    _check_activation(x, axes)
    _refuse("return_indices", return_indices)
    sizes = tuple(ADAPTIVE_AVERAGE[axes](x.bias, output_size).shape[2:])
    windows = AdaptiveAvgPool(sizes).windows(x.shape)
    kernels = [set((w.stop - w.start).tolist()) for w in windows]
    strides = [set((w.start[1:] - w.start[:-1]).tolist()) or {1} for w in windows]
    if any(len(found) > 1 for found in (*kernels, *strides)):
        raise Unsupported(
            f"it pools {x.shape[1:]} to {sizes} by windows of unequal size or distance: give a "
            "size that divides its input's"
        )
    return MaxPool(tuple(k.pop() for k in kernels), tuple(s.pop() for s in strides))


def _check_activation(x: Expression, axes: int) -> None:
    x.check_image(axes)
    if not x.is_activation:
        raise Unsupported("it pools something else than what a ReLU says: put the ReLU right before it")


def _refuse(option: str, is_set: bool) -> None:
    if is_set:
        raise Unsupported(f"it sets {option}: only kernel_size, stride and padding are convertible")
