"""Spread: no two neurons of a chip are equal."""

import dataclasses
from typing import Any, ClassVar

import numpy as np

from ..layers import Layer
from ..network import Network
from ..neurons.base import broadcast
from ..parameters import Numeric, number
from ..random_numbers import as_key
from .base import Extra

__all__ = ["Spread"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Spread(Extra):
    """Each neuron has its own threshold and leak, drawn once for the whole run.

    A threshold becomes threshold exp(s n), with s the spread and n of the standard normal distribution; the
    negative threshold of a neuron has the same factor. A leak becomes leak^exp(s n): its time constant
    -dt / ln(leak), or the `tau` it was given by, is divided by exp(s n). For a small s, s is the relative
    standard deviation of threshold and time constant; both stay within their bounds whatever s is.

    Parameters
    ----------
    threshold, leak : float
        Spread of either [1], >= 0; 0 leaves it.
    seed : int
        In [0, 2**64).
    """

    rank: ClassVar[int] = 0

    threshold: Numeric = number(0.0, low=0)
    leak: Numeric = number(0.0, low=0)
    seed: int = dataclasses.field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        as_key("Spread.seed", self.seed)

    def apply(self, network: Network) -> Network:
        layers = [self._spread(layer, number) for number, layer in enumerate(network.neurons)]
        return Network([network.input, *layers], network.projections, network.classes)

    def _spread(self, layer: Layer, number: int) -> Layer:
        normal = np.random.default_rng([self.seed, number]).standard_normal((2, *layer.shape))
        thresholds, leaks = np.exp(self.threshold * normal[0]), np.exp(self.leak * normal[1])
        own = _numbers(layer, "threshold", "negative_threshold", "leak", "tau")
        changed: dict[str, Any] = {}
        if self.threshold:
            changed |= {n: own[n] * thresholds for n in ("threshold", "negative_threshold") if n in own}
        if self.leak:
            changed |= {n: own[n] ** leaks for n in ("leak",) if n in own}
            changed |= {n: own[n] / leaks for n in ("tau",) if n in own}
        return dataclasses.replace(layer, neuron=dataclasses.replace(layer.model, **changed))


def _numbers(layer: Layer, *names: str) -> dict[str, np.ndarray]:
    """Return those of some parameters that a layer's neurons have, ready for one value a neuron."""
    given = {name: getattr(layer.neuron, name, None) for name in names}
    return {name: broadcast(value, layer.shape) for name, value in given.items() if value is not None}
