"""Windows of pooling along each axis: which sources every output looks at."""

import dataclasses
from typing import Any

import numpy as np

from ..errors import InputError
from .base import Shape, whole_numbers

__all__ = ["Axis", "Windows", "one_or_each", "spatial_axes"]


@dataclasses.dataclass(frozen=True)
class Windows:
    """Pooling windows along one axis: output j looks at sources start[j] <= i < stop[j].

    Attributes
    ----------
    start, stop : array of int64, shape (outputs,)
    size : array of int64, shape (outputs,)
        What the window counts for in the divisor of an average (padding may count).
    """

    start: np.ndarray
    stop: np.ndarray
    size: np.ndarray

    def reach(self, sources: int) -> np.ndarray:
        """Return the boolean matrix (outputs, sources) of what lies in which window."""
        index = np.arange(sources)
        inside: np.ndarray = (self.start[:, None] <= index) & (index < self.stop[:, None])
        return inside


@dataclasses.dataclass(frozen=True)
class Axis:
    """How windows slide along one axis: their size and distance, the source's padding and size."""

    kernel: int
    stride: int
    padding: int
    size: int

    def outputs(self, ceil_mode: bool = False) -> int:
        """Return the number of windows."""
        span = self.size + 2 * self.padding - self.kernel
        last = -(-span // self.stride) if ceil_mode else span // self.stride
        begins_inside = last * self.stride - self.padding < self.size
        return last + begins_inside  # torch drops a window that only covers padding

    def windows(self, ceil_mode: bool = False, count_padding: bool = False) -> Windows:
        """Return the windows, cut off where the source ends."""
        start = np.arange(self.outputs(ceil_mode)) * self.stride - self.padding
        stop = np.minimum(start + self.kernel, self.size + self.padding)
        clipped = np.maximum(start, 0), np.minimum(stop, self.size)
        return Windows(*clipped, (stop - start) if count_padding else clipped[1] - clipped[0])


def spatial_axes(owner: str, kernel: Any, stride: Any, padding: Any, shape: Shape) -> list[Axis]:
    """Return how windows slide along each spatial axis of `shape`; raise InputError if they do not fit."""
    rank = len(shape) - 1
    sizes = whole_numbers(owner, "kernel", kernel, rank, 1)
    steps = whole_numbers(owner, "stride", kernel if stride is None else stride, rank, 1)
    pads = whole_numbers(owner, "padding", padding, rank, 0)
    axes = list(map(Axis, sizes, steps, pads, shape[1:]))
    if rank < 1 or any(a.kernel > a.size + 2 * a.padding or 2 * a.padding > a.kernel for a in axes):
        raise InputError(
            f"{owner} with kernel {kernel} and padding {padding} does not fit a source of "
            f"shape {shape}: the kernel must fit the padded source, the padding half the kernel"
        )
    return axes


def one_or_each(owner: str, field: str, value: Any, least: int) -> int | tuple[int, ...]:
    """Return an int for all axes, or one an axis; equal ones become one."""
    count = len(value) if isinstance(value, (tuple, list)) else 1
    numbers = whole_numbers(owner, field, value, count, least)
    return numbers[0] if len(set(numbers)) == 1 else numbers
