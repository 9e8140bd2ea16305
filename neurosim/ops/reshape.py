"""Reshape: the same neurons, seen in another shape."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from ..errors import InputError
from ..parameters import shown
from .base import Op, Shape, is_whole

__all__ = ["Reshape"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Reshape(Op):
    """Another shape of equal size, in C order of the channels-first shapes, as torch's `reshape`.

    Parameters
    ----------
    shape : tuple of int
        Channels first: (C,), (C, L), (C, H, W) or (C, D, H, W).
    """

    shape: Shape

    def __post_init__(self) -> None:
        super().__post_init__()
        shape = tuple(self.shape) if isinstance(self.shape, Sequence) else ()
        if not 1 <= len(shape) <= 4 or not all(is_whole(size) and size > 0 for size in shape):
            raise InputError(f"Reshape.shape is {shown(self.shape)}: give 1 to 4 sizes, each >= 1")
        object.__setattr__(self, "shape", tuple(map(int, shape)))

    def output_shape(self, shape: Shape) -> Shape:
        size, wanted = math.prod(shape), math.prod(self.shape)
        if size != wanted:
            raise InputError(
                f"Reshape to {self.shape} takes {wanted} neurons and the source of shape {shape} has {size}"
            )
        return self.shape

    def add(self, x: np.ndarray, out: np.ndarray) -> None:
        out += x.reshape(out.shape)

    def reach(self, shape: Shape) -> tuple[np.ndarray, ...]:
        return tuple(np.eye(size, dtype=bool) for size in shape)
