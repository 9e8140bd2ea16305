"""Identity and Scale: shortcuts and factors."""

import dataclasses
from typing import Any

import numpy as np

from ..errors import InputError
from ..neurons.base import broadcast
from ..parameters import Numeric, number
from .base import Op, Shape, whole_numbers

__all__ = ["Identity", "Scale"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Identity(Op):
    """One-to-one connection, as residual shortcuts without weights have it.

    Parameters
    ----------
    stride : int
        Keep every stride-th source along each spatial axis.
    pad_channels : (before, after)
        Channels without input added before and after the source's.
    """

    stride: int = 1
    pad_channels: Any = (0, 0)

    def __post_init__(self) -> None:
        super().__post_init__()
        (stride,) = whole_numbers("Identity", "stride", self.stride, 1, 1)
        object.__setattr__(self, "stride", stride)
        pads = whole_numbers("Identity", "pad_channels", self.pad_channels, 2, 0)
        object.__setattr__(self, "pad_channels", pads)

    def output_shape(self, shape: Shape) -> Shape:
        return (shape[0] + sum(self.pad_channels), *(-(-size // self.stride) for size in shape[1:]))

    def add(self, x: np.ndarray, out: np.ndarray) -> None:
        before = self.pad_channels[0]
        strided = x[(slice(None), slice(None), *(slice(None, None, self.stride),) * (x.ndim - 2))]
        out[:, before : before + x.shape[1]] += strided

    def reach(self, shape: Shape) -> tuple[np.ndarray, ...]:
        channels = np.pad(np.eye(shape[0], dtype=bool), (self.pad_channels, (0, 0)))
        return (channels, *(np.eye(size, dtype=bool)[:: self.stride] for size in shape[1:]))


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Scale(Op):
    """Multiplication by a factor.

    Parameters
    ----------
    factor : float or array, shape (channels,) or that of the source
        One for all, one a channel or one a neuron.
    """

    factor: Numeric = number()

    @property
    def shared_parameters(self) -> int:
        return int(np.size(self.factor))

    def output_shape(self, shape: Shape) -> Shape:
        if np.shape(self.factor) not in ((), shape[:1], shape):
            raise InputError(
                f"Scale has factors of shape {np.shape(self.factor)} and the source has shape {shape}: "
                f"give a scalar, {shape[:1]} (one a channel) or {shape} (one a neuron)"
            )
        return shape

    def add(self, x: np.ndarray, out: np.ndarray) -> None:
        out += broadcast(self.factor, x.shape[1:]).astype(out.dtype) * x

    def reach(self, shape: Shape) -> tuple[np.ndarray, ...]:
        return tuple(np.eye(size, dtype=bool) for size in shape)
