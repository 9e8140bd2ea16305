"""What a layer's neurons are able to say within a window: multiples of quantum / T, up to a ceiling."""

import dataclasses
from functools import singledispatch

import numpy as np

from ..comparison import quantum
from ..network import Network
from ..neurons import BMIF, IF, Accumulate, Neuron
from ..neurons.base import STRENGTH_LIMIT, broadcast

__all__ = ["Grid", "conserves"]

ROUNDING = 1e-9
"""Share of a quantum by which a charge may miss a level that it reaches in exact arithmetic."""


@dataclasses.dataclass(frozen=True, eq=False)
class Grid:
    """The read-outs of a layer, in the units of the activation that it stands for.

    Attributes
    ----------
    steps : int
        T.
    unit : array
        What a strength of 1 stands for, with axes to broadcast over the layer's shape.
    gain : array
        Units of the activation a unit of membrane potential: 1 but where the layer says its own quantum.
    initial : array
        v0, in the units of the activation.
    highest : array
        The largest sum of strengths: min(K T, S_max); inf where neither is limited.
    strict : bool
        A level counts only once it is passed.
    """

    steps: int
    unit: np.ndarray
    gain: np.ndarray
    initial: np.ndarray
    highest: np.ndarray
    strict: bool

    @classmethod
    def of(cls, network: Network, name: str, steps: int, dt: float) -> "Grid":
        """Return the grid of a layer."""
        layer = network[name]
        values = layer.model.values(dt)
        strength = broadcast(getattr(layer.model, "strength", layer.model.largest_strength), layer.shape)
        highest = np.minimum(
            np.where(strength < STRENGTH_LIMIT, strength, np.inf) * steps,
            broadcast(getattr(layer.model, "total", np.inf), layer.shape),
        )
        unit = broadcast(quantum(network, name), layer.shape)
        gain = unit / broadcast(layer.model.quantum, layer.shape)
        initial = gain * broadcast(values.get("initial", 0.0), layer.shape)
        return cls(steps, unit, gain, initial, highest, getattr(layer.model, "strict", False))

    @property
    def ceiling(self) -> np.ndarray:
        """The largest read-out, K quantum."""
        return self.read(self.highest)

    def read(self, sums: np.ndarray) -> np.ndarray:
        """Return the read-out of sums of strengths, quantum S / T."""
        rate: np.ndarray = sums * self.unit / self.steps
        return rate

    def quantise(self, drive: np.ndarray) -> np.ndarray:
        """Return the read-out of neurons that a constant drive charges evenly from v0.

        quantum / T min(max(0, floor((v0 + T drive) / quantum)), K T); strict neurons count a level that is
        just reached as not reached.
        """
        levels = (self.initial + self.steps * drive) / self.unit
        reached = np.ceil(levels - ROUNDING) - 1 if self.strict else np.floor(levels + ROUNDING)
        return self.read(np.clip(reached, 0, self.highest))


@singledispatch
def conserves(neuron: Neuron) -> bool:
    """Return whether what a neuron received is what it holds and has sent, so that charge is conserved."""
    return False


@conserves.register
def _(neuron: BMIF) -> bool:
    return True


@conserves.register
def _(neuron: Accumulate) -> bool:
    return True


@conserves.register
def _(neuron: IF) -> bool:
    return neuron.reset == "subtract" and neuron.lower_bound is None
