"""WeightBits and WeightNoise: weights as a memory holds them."""

import dataclasses
from collections.abc import Callable
from typing import ClassVar

import numpy as np

from ..network import Network
from ..ops import Conv, Linear, Op
from ..parameters import Bounds, Numeric
from ..random_numbers import as_key
from .base import Extra, checked_whole

__all__ = ["WeightBits", "WeightNoise"]

Change = Callable[[np.ndarray, int], np.ndarray]
"""From weights and the op's number, among all ops of the network, to other weights."""


def _reweighted(network: Network, change: Change) -> Network:
    """Return a network whose convolutions and linear maps have other weights."""
    number, projections = 0, []
    for projection in network.projections:
        ops = [_changed(op, change, number + place) for place, op in enumerate(projection.ops)]
        projections.append(dataclasses.replace(projection, ops=tuple(ops)))
        number += len(ops)
    return Network(network.layers, projections, network.classes)


def _changed(op: Op, change: Change, number: int) -> Op:
    if not isinstance(op, (Conv, Linear)):
        return op
    return dataclasses.replace(op, weight=change(op.weight, number))


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class WeightBits(Extra):
    """Weights of few bits: each is rounded to the nearest of 2^bits - 1 equidistant values around 0.

    w becomes round(w / q) q, with q = max |w| / (2^(bits-1) - 1) over the weights of one convolution or
    linear map; halves go to the even side. The error is at most q / 2, and q^2 / 12 in the mean square where
    weights are spread evenly. Biases, scales and averages stay as they are.

    Parameters
    ----------
    bits : int
        >= 2; of 2 bits are -1, 0 and 1 times the largest weight.
    """

    rank: ClassVar[int] = 0

    bits: int

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "bits", checked_whole("WeightBits.bits", self.bits, 2))

    def apply(self, network: Network) -> Network:
        return _reweighted(network, self._rounded)

    def _rounded(self, weight: np.ndarray, number: int) -> np.ndarray:
        quantum = np.abs(weight).max() / (2 ** (self.bits - 1) - 1)
        return np.round(weight / quantum) * quantum if quantum else weight


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class WeightNoise(Extra):
    """Weights that were not written as they were meant: w becomes w (1 + std n).

    n is of the standard normal distribution, drawn once for the whole run, and after `WeightBits`. A current
    sum w x then has the standard deviation std sqrt(sum w^2 x^2).

    Parameters
    ----------
    std : float
        Relative standard deviation [1], >= 0.
    seed : int
        In [0, 2**64).
    """

    rank: ClassVar[int] = 1

    std: Numeric = dataclasses.field(metadata={"bounds": Bounds(low=0)})
    seed: int

    def __post_init__(self) -> None:
        super().__post_init__()
        as_key("WeightNoise.seed", self.seed)

    def apply(self, network: Network) -> Network:
        return _reweighted(network, self._written)

    def _written(self, weight: np.ndarray, number: int) -> np.ndarray:
        normal = np.random.default_rng([self.seed, number]).standard_normal(weight.shape)
        return weight * (1 + self.std * normal)
