"""Linear: all-to-all weights."""

import dataclasses
import math

import numpy as np

from ..errors import InputError
from .base import Op, Shape
from .weights import checked_weight

__all__ = ["Linear"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Linear(Op):
    """Fully connected weights; the source is flattened in C order of its channels-first shape.

    Parameters
    ----------
    weight : array, shape (outputs, inputs)
    """

    weight: np.ndarray

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "weight", checked_weight("Linear", self.weight, (2,)))

    @property
    def shared_parameters(self) -> int:
        return int(self.weight.size)

    def output_shape(self, shape: Shape) -> Shape:
        if math.prod(shape) != self.weight.shape[1]:
            raise InputError(
                f"Linear expects {self.weight.shape[1]} inputs and the source of shape {shape} has "
                f"{math.prod(shape)}"
            )
        return (self.weight.shape[0],)

    def columns(self, shape: Shape) -> np.ndarray:
        """Return the weight (outputs, inputs) with its inputs in channels-last order of `shape`."""
        weight = self.weight.reshape(-1, *shape)
        return np.moveaxis(weight, 1, -1).reshape(self.weight.shape)

    def add(self, x: np.ndarray, out: np.ndarray) -> None:
        columns = self.columns(x.shape[1:]).astype(out.dtype)
        sources = np.moveaxis(x, 1, -1).reshape(x.shape[0], -1)
        for source in np.flatnonzero(sources.any(axis=0)):  # adding 0 changes nothing
            out += columns[:, source] * sources[:, source, None]

    def reach(self, shape: Shape) -> tuple[np.ndarray, ...]:
        outputs = (self.weight.shape[0], *(1,) * (len(shape) - 1))
        return tuple(np.ones((out, size), bool) for out, size in zip(outputs, shape, strict=True))
