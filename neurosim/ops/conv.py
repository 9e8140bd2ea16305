"""Conv: convolution with a shared kernel, in one, two or three dimensions."""

import dataclasses
from typing import Any

import numpy as np

from ..errors import InputError
from .base import Op, Shape, per_axis, whole_numbers
from .weights import checked_weight

__all__ = ["Conv"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Conv(Op):
    """Convolution (cross-correlation) in torch's layout; 1-D, 2-D or 3-D by the weight's rank.

    Parameters
    ----------
    weight : array, shape (out channels, in channels / groups, *kernel)
    stride, dilation : int or tuple of int
        One for all axes, or one an axis; >= 1.
    padding : int, tuple of int, or tuple of (before, after)
        Zeros around the source; >= 0.
    groups : int
        Groups of channels that are convolved separately.
    """

    weight: np.ndarray
    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1
    groups: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        weight = checked_weight("Conv", self.weight, (3, 4, 5))
        rank = weight.ndim - 2
        object.__setattr__(self, "weight", weight)
        object.__setattr__(self, "stride", whole_numbers("Conv", "stride", self.stride, rank, 1))
        object.__setattr__(self, "dilation", whole_numbers("Conv", "dilation", self.dilation, rank, 1))
        object.__setattr__(self, "padding", per_axis("Conv", self.padding, rank))
        (groups,) = whole_numbers("Conv", "groups", self.groups, 1, 1)
        object.__setattr__(self, "groups", groups)
        if weight.shape[0] % groups:
            raise InputError(
                f"Conv.groups is {groups}: it must divide the {weight.shape[0]} output channels of the weight"
            )

    @property
    def kernel(self) -> tuple[int, ...]:
        """Size of the kernel along each spatial axis."""
        return self.weight.shape[2:]

    @property
    def shared_parameters(self) -> int:
        return int(self.weight.size)

    def output_shape(self, shape: Shape) -> Shape:
        channels = self.weight.shape[1] * self.groups
        if len(shape) != len(self.kernel) + 1:
            raise InputError(
                f"Conv with a {len(self.kernel)}-D kernel does not fit a source of shape {shape}"
            )
        if shape[0] != channels:
            raise InputError(
                f"Conv expects {channels} input channels and the source of shape {shape} has {shape[0]}"
            )
        sizes = tuple(self._output_size(axis, size) for axis, size in enumerate(shape[1:]))
        if min(sizes) < 1:
            raise InputError(
                f"Conv's kernel {self.kernel} with dilation {self.dilation} is larger than the padded "
                f"source of shape {shape}: pad it"
            )
        return (self.weight.shape[0], *sizes)

    def _output_size(self, axis: int, size: int) -> int:
        span = self.dilation[axis] * (self.kernel[axis] - 1) + 1
        return int((size + sum(self.padding[axis]) - span) // self.stride[axis] + 1)

    def add(self, x: np.ndarray, out: np.ndarray) -> None:
        padded = np.pad(x, ((0, 0), (0, 0), *self.padding))
        images, group_size = x.shape[0], self.weight.shape[1]
        weight = self.weight.astype(out.dtype).reshape(self.groups, -1, group_size, *self.kernel)
        target = out.reshape(images, self.groups, -1, *out.shape[2:])
        scalars = (None,) * len(self.kernel)
        for tap in np.ndindex(*self.kernel):
            window = padded[(slice(None), slice(None), *self._slices(tap, out.shape[2:]))]
            window = window.reshape(images, self.groups, group_size, *out.shape[2:])
            for channel in range(group_size):
                w = weight[(slice(None), slice(None), channel, *tap)][(..., *scalars)]
                target += w * window[:, :, channel, None]

    def _slices(self, tap: tuple[int, ...], sizes: tuple[int, ...]) -> tuple[slice, ...]:
        starts = [t * d for t, d in zip(tap, self.dilation, strict=True)]
        return tuple(
            slice(a, a + (n - 1) * s + 1, s) for a, n, s in zip(starts, sizes, self.stride, strict=True)
        )

    def reach(self, shape: Shape) -> tuple[np.ndarray, ...]:
        group = np.ones((self.weight.shape[0] // self.groups, self.weight.shape[1]), bool)
        axes = [np.kron(np.eye(self.groups, dtype=bool), group)]
        for axis, size in enumerate(shape[1:]):
            outputs = np.arange(self._output_size(axis, size))[:, None, None] * self.stride[axis]
            taps = np.arange(self.kernel[axis])[:, None] * self.dilation[axis] - self.padding[axis][0]
            axes.append((outputs + taps == np.arange(size)).any(axis=1))
        return tuple(axes)
