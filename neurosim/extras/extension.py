"""Extras that change how neurons make a step: equations composed with the neurons' own."""

import abc
import dataclasses
from collections.abc import Mapping, MutableMapping
from typing import ClassVar

import numpy as np

from ..errors import Unsupported
from ..layers import Layer
from ..network import Network
from ..neurons import Equations, Neuron, Relay
from ..neurons.interpreted import advance
from ..parameters import Numeric
from .base import Extra

__all__ = ["Extended", "Extension"]

STREAMS = 16
"""How many streams of random numbers a layer has; the first layer, the input, has those of stimuli."""


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Extension(Extra):
    """An extra of neurons: of those that spike, relays left out, unless `extends` says otherwise."""

    stream: ClassVar[int] = 0
    """Which of a layer's streams of random numbers is its own."""

    @abc.abstractmethod
    def compose(self, own: Equations) -> Equations:
        """Return a neuron's equations with this extra."""

    @abc.abstractmethod
    def values(self, dt: float) -> dict[str, Numeric]:
        """Return the numbers behind the parameters that `compose` adds."""

    def seeds(self, stream: int) -> tuple[tuple[int, int], ...]:
        """Return seed and stream of each random number that `compose` adds."""
        return ()

    def largest(self, strength: float) -> float:
        """Return the largest |strength| sent by neurons whose own largest is `strength`."""
        return strength

    def extends(self, layer: Layer) -> bool:
        """Return whether the neurons of a layer get this extra."""
        return layer.model.spiking

    def apply(self, network: Network) -> Network:
        """Return the network with this extra in every layer that gets it.

        Raises
        ------
        Unsupported
            If one of them has equations of its own.
        """
        layers = [
            self._extend(layer, STREAMS * (1 + number) + self.stream)
            for number, layer in enumerate(network.neurons)
        ]
        return Network([network.input, *layers], network.projections, network.classes)

    def _extend(self, layer: Layer, stream: int) -> Layer:
        if isinstance(layer.model, Relay) or not self.extends(layer):
            return layer
        if layer.model.equations.dynamics:
            raise Unsupported(
                f"layer {layer.name!r}: {type(self).__name__} is for models that are updated step by step: "
                "write what it does into the equations"
            )
        return dataclasses.replace(layer, neuron=Extended(layer.model, self, stream))


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Extended(Neuron):
    """A neuron with an extra.

    Parameters
    ----------
    neuron : Neuron
    extension : Extension
    stream : int
        Where its random numbers come from: no other layer or extra has it.
    """

    neuron: Neuron
    extension: Extension
    stream: int

    def __post_init__(self) -> None:
        super().__post_init__()
        several = self.largest_strength > self.neuron.largest_strength
        object.__setattr__(self, "signed", self.neuron.signed or several)

    @property
    def equations(self) -> Equations:
        return self.extension.compose(self.neuron.equations)

    def step(
        self, state: MutableMapping[str, np.ndarray], drive: np.ndarray, p: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        return advance(self.equations, state, drive, p)

    def margin(self, u: np.ndarray, p: Mapping[str, np.ndarray]) -> np.ndarray:
        return self.neuron.margin(u, p)

    @property
    def largest_strength(self) -> float:
        return self.extension.largest(self.neuron.largest_strength)

    @property
    def seeds(self) -> tuple[tuple[int, int], ...]:
        return (*self.neuron.seeds, *self.extension.seeds(self.stream))

    def values(self, dt: float) -> dict[str, Numeric]:
        return self.neuron.values(dt) | self.extension.values(dt)
