"""Average pooling: windows along each axis and a divisor for each output."""

import abc
import dataclasses
import functools
from typing import Any

import numpy as np

from ..errors import InputError
from ..parameters import flag
from .base import Op, Shape, whole_numbers
from .windows import Axis, Windows, one_or_each, spatial_axes

__all__ = ["AdaptiveAvgPool", "Average", "AvgPool"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Average(Op):
    """Average over windows: the sum over the window, in the contract's order, divided by its size."""

    @abc.abstractmethod
    def windows(self, shape: Shape) -> tuple[Windows, ...]:
        """Return the windows along each spatial axis of a source of `shape`."""

    def divisor(self, shape: Shape) -> np.ndarray:
        """Return what each output's sum is divided by, shape (*spatial outputs)."""
        sizes = [windows.size for windows in self.windows(shape)]
        return functools.reduce(np.multiply.outer, sizes)

    def add(self, x: np.ndarray, out: np.ndarray) -> None:
        windows = self.windows(x.shape[1:])
        total = np.zeros_like(out)
        for offset in np.ndindex(*(int((w.stop - w.start).max()) for w in windows)):
            index = [w.start + o for w, o in zip(windows, offset, strict=True)]
            inside = [i < w.stop for i, w in zip(index, windows, strict=True)]
            clipped = np.ix_(*(np.minimum(i, w.stop - 1) for i, w in zip(index, windows, strict=True)))
            total += x[(slice(None), slice(None), *clipped)] * functools.reduce(np.logical_and.outer, inside)
        out += total / self.divisor(x.shape[1:]).astype(out.dtype)

    def reach(self, shape: Shape) -> tuple[np.ndarray, ...]:
        return (np.eye(shape[0], dtype=bool), *map(Windows.reach, self.windows(shape), shape[1:]))


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class AvgPool(Average):
    """Average pooling in torch's convention.

    Parameters
    ----------
    kernel, stride : int or tuple of int
        Size and distance of the windows; stride None means `kernel`.
    padding : int or tuple of int
        Zeros on both sides; at most half the kernel.
    ceil_mode : bool
        Keep a last window that only partly covers the source.
    count_include_pad : bool
        Whether padded zeros count in the divisor.
    """

    kernel: Any
    stride: Any = None
    padding: Any = 0
    ceil_mode: bool = flag(False)
    count_include_pad: bool = flag(True)

    def __post_init__(self) -> None:
        super().__post_init__()
        for field, least in (("kernel", 1), ("stride", 1), ("padding", 0)):
            value = getattr(self, field)
            if value is not None:
                object.__setattr__(self, field, one_or_each("AvgPool", field, value, least))

    def output_shape(self, shape: Shape) -> Shape:
        return (shape[0], *(axis.outputs(self.ceil_mode) for axis in self._axes(shape)))

    def windows(self, shape: Shape) -> tuple[Windows, ...]:
        return tuple(axis.windows(self.ceil_mode, self.count_include_pad) for axis in self._axes(shape))

    def _axes(self, shape: Shape) -> list[Axis]:
        return spatial_axes("AvgPool", self.kernel, self.stride, self.padding, shape)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class AdaptiveAvgPool(Average):
    """Average pooling to a given output size, in torch's convention.

    Output j of n averages the sources from floor(j N / n) to ceil((j + 1) N / n).

    Parameters
    ----------
    size : int or tuple of int
        Output size along each spatial axis.
    """

    size: Any

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "size", one_or_each("AdaptiveAvgPool", "size", self.size, 1))

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) < 2:
            raise InputError(
                f"AdaptiveAvgPool does not fit a source of shape {shape}: it has no spatial axis"
            )
        return (shape[0], *whole_numbers("AdaptiveAvgPool", "size", self.size, len(shape) - 1, 1))

    def windows(self, shape: Shape) -> tuple[Windows, ...]:
        sizes = self.output_shape(shape)[1:]
        return tuple(_adaptive(outputs, size) for outputs, size in zip(sizes, shape[1:], strict=True))


def _adaptive(outputs: int, size: int) -> Windows:
    index = np.arange(outputs)
    start, stop = index * size // outputs, -(-(index + 1) * size // outputs)
    return Windows(start, stop, stop - start)
