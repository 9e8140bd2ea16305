"""Substeps: the same network on a finer clock."""

import dataclasses
from typing import Any, ClassVar

import numpy as np

from ..layers import Layer, Projection
from ..network import Network
from ..ops import Scale
from .base import Extra, checked_whole

__all__ = ["Substeps"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Substeps(Extra):
    """Each step is made in n: leaks become leak^(1/n), pixels and biases bring 1/n of their charge at each.

    Delays and latencies take n times as many steps, a frame of the stimulus lasts for n, and time constants
    see dt / n. A spike still brings its whole weight at once, and a neuron may spike n times a step: an IF
    neuron of threshold 1 under a drive z counts floor(T z) as long as z <= n. A recording has n T steps of
    dt / n, and what other extras count in steps are these.

    Parameters
    ----------
    n : int
        >= 1; 1 changes nothing.
    """

    rank: ClassVar[int] = 2

    n: int

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "n", checked_whole("Substeps.n", self.n, 1))

    @property
    def substeps(self) -> int:
        return self.n

    def apply(self, network: Network) -> Network:
        if self.n == 1:
            return network
        layers = [network.input, *map(self._leak, network.neurons)]
        projections = [self._share(p, p.source == network.input.name) for p in network.projections]
        return Network(layers, projections, network.classes)

    def _leak(self, layer: Layer) -> Layer:
        leak = getattr(layer.neuron, "leak", None)
        if leak is None:
            return layer
        finer: Any = {"leak": np.asarray(leak) ** (1 / self.n)}
        return dataclasses.replace(layer, neuron=dataclasses.replace(layer.model, **finer))

    def _share(self, projection: Projection, pixels: bool) -> Projection:
        ops = (*projection.ops, Scale(1 / self.n)) if pixels else projection.ops
        bias = None if projection.bias is None else projection.bias / self.n
        return dataclasses.replace(projection, ops=ops, bias=bias)
