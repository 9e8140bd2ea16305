"""The way in: from a trained module to a spiking network."""

import math
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import fx, nn

from neurosim.conversion.calibration import Calibration
from neurosim.conversion.lowering import Lowered, lower
from neurosim.conversion.ordering import rectified_first
from neurosim.conversion.pixels import normalised
from neurosim.conversion.proof import prove
from neurosim.conversion.recipes.base import Firing, Recipe, Rule, check_recipe
from neurosim.conversion.rectifying import Function, activation_function
from neurosim.conversion.rules import rules_of
from neurosim.conversion.tracing import trace, watch
from neurosim.errors import InputError
from neurosim.network import Network
from neurosim.neurons import IF, Input
from neurosim.parameters import shown

__all__ = ["activation_functions", "activations", "convert"]

PLAIN = Input()

PRECISIONS = {np.float32: torch.float32, np.float64: torch.float64}


def convert(
    module: nn.Module,
    recipe: Recipe,
    calibration: npt.NDArray[Any],
    *,
    input: Input = PLAIN,
    classes: Sequence[str] | None = None,
) -> Network:
    """Convert a trained network: every ReLU becomes a layer of spiking neurons, the output accumulates.

    A maximum over what a ReLU says becomes a layer of relays that pools spike counts; one right before the
    ReLU is taken behind it, which is the same. An activation that
    stops rising, as ReLU6, keeps its ceiling c: the largest activation A of the layer is at most c, and so is
    what its neurons can say in a step; where A < c, new images are cut off at A.

    Weights are worked out in double precision from the module's; batch norms are folded into the weights
    before them; the threshold of a layer, the size of its spikes, goes into the weights behind it. A layer
    is called after the last module with weights on the longest way to it. On the first calibration image
    the result is checked against the module, in double precision.

    Parameters
    ----------
    module
        In evaluation mode. Traced by torch.fx; left as it is.
    recipe
        Makes the neuron of each layer.
    calibration : (N, *shape)
        Raw pixels, as they will be given to `Simulation.run`; their activations set the thresholds.
    input
        Normalisation of raw pixels; the module is given normalised ones.
    classes
        Names of the outputs.

    Returns
    -------
    Network

    Raises
    ------
    Unsupported
        If the module has an operation without exact spiking form; names node, module and operation.
    InputError
        If an argument is not what it should be, the module is in training mode, does not fit the images, has
        impossible parameters, a layer is silent on all calibration images, or the recipe leaves out a layer
        or its neurons would go above the module's ceiling.
    """
    graph = _graph(module)
    check_recipe("convert: recipe", recipe, "a recipe of neurosim.conversion, as BMIF(8)")
    source = _Source(module, graph, input, normalised(calibration, input))
    draft = source.draft()
    spiking = {layer.name for layer in draft.network.neurons if isinstance(layer.neuron, Firing)}
    rules = rules_of(recipe, source.calibration(draft, spiking), draft.network, draft.ceilings)
    network = source.lower(rules.__getitem__, classes).network
    first = source.values[:1]
    prove(network, first, source.activations(draft, first, torch.float64), source.functions(draft))
    return network


def activations(
    module: nn.Module, images: npt.NDArray[Any], *, input: Input = PLAIN, dtype: Any = np.float32
) -> dict[str, npt.NDArray[Any]]:
    """Return what the module says at every layer of the network that `convert` makes of it.

    Parameters
    ----------
    module
        In evaluation mode.
    images : (N, *shape)
        Raw pixels.
    input
        Normalisation of raw pixels.
    dtype
        np.float32 or np.float64: in which the module is evaluated.

    Returns
    -------
    dict of (N, *layer shape)
        By layer name, in the network's order: rectified values (of a `training.QCFS` its own, on the grid of
        its levels), and the logits of the output.

    Raises
    ------
    Unsupported, InputError
        As `convert`.
    """
    source = _Source(module, _graph(module), input, normalised(images, input))
    return source.activations(source.draft(), source.values, _precision(dtype))


def activation_functions(module: nn.Module, images: npt.NDArray[Any]) -> dict[str, Function]:
    """Return the function f by which the module makes each layer's activation f(z) of its input z.

    max(0, z) of a ReLU; min(max(0, z), ceiling) of a ReLU6 or Hardtanh; of a `training.QCFS`
    theta clip(floor(L z / theta + 1/2) / L, 0, 1), to the last bit its own value where z is; z itself of the
    output, and of a maximum, which has its rectifier before it.

    Parameters
    ----------
    module
        In evaluation mode.
    images : (N, *shape)
        Of the right shape; their values do not matter.

    Returns
    -------
    dict of functions from array to array
        By layer name, in the network's order.
    """
    source = _Source(module, _graph(module), PLAIN, normalised(images, PLAIN))
    return source.functions(source.draft())


def _graph(module: nn.Module) -> fx.Graph:
    return rectified_first(module, trace(module))


@dataclass(frozen=True, eq=False)
class _Source:
    """A traced module with the normalised images it is to be converted for."""

    module: nn.Module
    graph: fx.Graph
    input: Input
    values: npt.NDArray[np.float64]

    def draft(self) -> Lowered:
        """Return the network before any recipe: neurons of threshold 1."""
        unit = Rule(IF())
        return self.lower(lambda name: unit, None)

    def lower(self, rule: Callable[[str], Rule], classes: Sequence[str] | None) -> Lowered:
        """Return the network with the given neurons."""
        shape = self.values.shape[1:]
        return lower(self.module, self.graph, shape, input=self.input, rule=rule, classes=classes)

    def calibration(self, draft: Lowered, spiking: Container[str]) -> Calibration:
        """Return what a recipe may look at."""
        nodes = {name: node for name, node in draft.nodes.items() if name in spiking}
        shapes = {name: draft.network[name].shape for name in nodes}
        return Calibration(self.module, self.graph, nodes, self.values, shapes)

    def functions(self, draft: Lowered) -> dict[str, Function]:
        """Return how each layer's activation follows from its input."""
        spiking = {layer.name for layer in draft.network.neurons if isinstance(layer.neuron, Firing)}
        return {
            name: activation_function(self.module, node, draft.ceilings.get(name, math.inf))
            if name in spiking
            else np.positive
            for name, node in draft.nodes.items()
        }

    def activations(
        self, lowered: Lowered, values: npt.NDArray[np.float64], dtype: torch.dtype
    ) -> dict[str, npt.NDArray[Any]]:
        """Return the module's values at the layers of the network."""
        parts: dict[fx.Node, list[npt.NDArray[Any]]] = {node: [] for node in lowered.nodes.values()}

        def see(node: fx.Node, value: torch.Tensor) -> None:
            if node in parts:
                parts[node].append(value.numpy().copy())

        watch(self.module, self.graph, values, dtype, see)
        return {
            name: np.concatenate(parts[node]).reshape(len(values), *lowered.network[name].shape)
            for name, node in lowered.nodes.items()
        }


def _precision(dtype: Any) -> torch.dtype:
    known = [found for kind, found in PRECISIONS.items() if dtype in (kind, np.dtype(kind), kind.__name__)]
    if not known:
        raise InputError(f"activations: dtype is {shown(dtype)}: give np.float32 or np.float64")
    return known[0]
