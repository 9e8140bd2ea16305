"""MaxPool: the largest strength of a window, or the growth of its largest running sum."""

import dataclasses
import functools
import itertools
from typing import Any

import numpy as np

from ..parameters import option
from .base import Op, Shape
from .windows import Axis, Windows, one_or_each, spatial_axes

__all__ = ["MaxPool"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class MaxPool(Op):
    """Maximum over windows in torch's convention; alone in a projection, into a layer of `Relay` neurons.

    "count": max_j S_j[t] - max_j S_j[t-1], S_j[t] the sum of source j's strengths from its window's start
    to step t, S_j = 0 before it. It is exact, whatever the signs, and has no ties: the target's running sum
    is the maximum of its sources' at every step. It never exceeds the largest |strength| of a source.
    "step": max_j k_j[t], the largest strength of the step, as a network computes it that was trained on
    spikes.

    A silent source counts as 0 in both. What lies outside of the source is ignored, as if it were -inf:
    where all of a window's sources say -1, so does the maximum, padded or not.

    Parameters
    ----------
    kernel, stride : int or tuple of int
        Size and distance of the windows; stride None means `kernel`.
    padding : int or tuple of int
        By how much the first and last windows may stand out; at most half the kernel.
    rule : "count" or "step"
        What is compared.
    """

    kernel: Any
    stride: Any = None
    padding: Any = 0
    rule: str = option("count", "step")

    def __post_init__(self) -> None:
        super().__post_init__()
        for field, least in (("kernel", 1), ("stride", 1), ("padding", 0)):
            value = getattr(self, field)
            if value is not None:
                object.__setattr__(self, field, one_or_each("MaxPool", field, value, least))

    @property
    def cumulative(self) -> bool:
        return self.rule == "count"

    def output_shape(self, shape: Shape) -> Shape:
        return (shape[0], *(axis.outputs() for axis in self._axes(shape)))

    def windows(self, shape: Shape) -> tuple[Windows, ...]:
        """Return the windows along each spatial axis of a source of `shape`."""
        return tuple(axis.windows() for axis in self._axes(shape))

    def _axes(self, shape: Shape) -> list[Axis]:
        return spatial_axes("MaxPool", self.kernel, self.stride, self.padding, shape)

    def add(self, x: np.ndarray, out: np.ndarray) -> None:
        windows = self.windows(x.shape[1:])
        places = itertools.product(*(range(int((w.stop - w.start).max())) for w in windows))
        out += functools.reduce(np.maximum, (self._at(place, windows, x) for place in places))

    @staticmethod
    def _at(place: tuple[int, ...], windows: tuple[Windows, ...], x: np.ndarray) -> np.ndarray:
        """Return the source at a place within every window; the last one where a window is smaller."""
        index = [np.minimum(w.start + p, w.stop - 1) for w, p in zip(windows, place, strict=True)]
        taken: np.ndarray = x[(slice(None), slice(None), *np.ix_(*index))]
        return taken

    def reach(self, shape: Shape) -> tuple[np.ndarray, ...]:
        return (np.eye(shape[0], dtype=bool), *map(Windows.reach, self.windows(shape), shape[1:]))
