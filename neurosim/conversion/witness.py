"""The module as a witness: what arrives at every layer, what it makes of it, and would make of anything."""

import copy
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import fx, nn

from neurosim.conversion.lowering import lower
from neurosim.conversion.ordering import rectified_first
from neurosim.conversion.recipes import Rule
from neurosim.conversion.rectifying import activation_function, staircase
from neurosim.conversion.tracing import observe, trace
from neurosim.network import Network
from neurosim.neurons import IF, Accumulate, Input, Relay

__all__ = ["Testimony", "Witness"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Testimony:
    """One layer on some images, in double precision.

    Attributes
    ----------
    drive : (images, *shape)
        z, what arrives: the value that is rectified; of maxima and the output a itself.
    activation : (images, *shape)
        a = f(z).
    """

    drive: Array
    activation: Array


class Witness:
    """A trained module at the layers of the network that `convert` makes of it.

    Parameters
    ----------
    module
        In evaluation mode.
    shape
        Of one image.
    input
        Normalisation of raw pixels.

    Raises
    ------
    Unsupported, InputError
        As `convert`.
    """

    def __init__(self, module: nn.Module, shape: tuple[int, ...], input: Input) -> None:
        self.input, self._graph = input, rectified_first(module, trace(module))
        unit = Rule(IF())
        lowered = lower(module, self._graph, shape, input=input, rule=lambda name: unit, classes=None)
        self.network: Network = lowered.network
        self._module = copy.deepcopy(module).to("cpu", torch.float64)
        self._nodes, self._ceilings = lowered.nodes, lowered.ceilings
        self._read = {name: self._source(name) for name in lowered.nodes}

    @property
    def learned(self) -> frozenset[str]:
        """The layers whose activation is a QCFS, which learned its threshold."""
        return frozenset(name for name, node in self._nodes.items() if staircase(self._module, node))

    def _source(self, name: str) -> fx.Node:
        """Return the node whose value a layer's node rectifies."""
        node = self._nodes[name]
        rectifies = not isinstance(self.network[name].neuron, (Accumulate, Relay))
        return node.all_input_nodes[0] if rectifies else node

    def pixels(self, images: npt.NDArray[Any]) -> Array:
        """Return raw pixels as the module is given them, float64 (images, *shape)."""
        return self.input.normalise(images, axes=images.ndim - 1)

    def layers(self, images: npt.NDArray[Any]) -> dict[str, Testimony]:
        """Return what the module says of raw pixels at every layer, by name in the network's order."""
        seen: dict[fx.Node, list[Array]] = {}
        wanted = {*self._nodes.values(), *self._read.values()}

        def see(node: fx.Node, value: torch.Tensor) -> None:
            if node in wanted:
                seen.setdefault(node, []).append(value.numpy().copy())

        observe(self._module, self._graph, self.pixels(images), torch.float64, see)
        values = {node: np.concatenate(parts) for node, parts in seen.items()}
        return {
            name: Testimony(*(values[n].reshape(len(images), *self.network[name].shape) for n in nodes))
            for name, *nodes in ((name, self._read[name], self._nodes[name]) for name in self._nodes)
        }

    def rectify(self, name: str, drive: Array) -> Array:
        """Return f(drive) of a layer that rectifies, (images, *shape)."""
        ceiling = self._ceilings.get(name, math.inf)
        return activation_function(self._module, self._nodes[name], ceiling)(drive)
