"""The way in: from a trained module to a spiking network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import fx, nn

from neurosim.conversion.calibration import largest_activations
from neurosim.conversion.lowering import Firing, Lowered, lower
from neurosim.conversion.proof import prove
from neurosim.conversion.recipes import Recipe
from neurosim.conversion.tracing import trace, watch
from neurosim.errors import InputError
from neurosim.network import Network
from neurosim.neurons import IF, Input

__all__ = ["activations", "convert"]

PLAIN = Input()

ROUNDING = 1e-9


def convert(
    module: nn.Module,
    recipe: Recipe,
    calibration: npt.NDArray[Any],
    *,
    input: Input = PLAIN,
    classes: Sequence[str] | None = None,
) -> Network:
    """Convert a trained network: every ReLU becomes a layer of spiking neurons, the output accumulates.

    A maximum over what a ReLU says becomes a layer of relays that pools spike counts. An activation that
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
        If the module is in training mode, does not fit the images, has impossible parameters, a layer is
        silent on all calibration images, or the recipe's neurons would go above the module's ceiling.
    """
    if not isinstance(module, nn.Module):
        raise InputError(f"convert: module is a {type(module).__name__}: give a torch module")
    if not isinstance(recipe, Recipe):
        raise InputError(f"convert: recipe is {recipe!r}: give a recipe of neurosim.conversion, as BMIF(8)")
    source = _Source(module, trace(module), input, _normalise(calibration, input))
    draft = source.lower({}, None)
    spiking = {layer.name for layer in draft.network.neurons if isinstance(layer.neuron, Firing)}
    nodes = {name: node for name, node in draft.nodes.items() if name in spiking}
    largest = largest_activations(module, source.graph, nodes, source.values, recipe.percentile)
    ceilings = draft.ceilings
    largest = {name: min(found, ceilings.get(name, found)) for name, found in largest.items()}
    neurons = {name: recipe.neuron(activation) for name, activation in largest.items()}
    _check_ceilings(neurons, ceilings)
    network = source.lower(neurons, classes).network
    first = source.values[:1]
    prove(network, first, source.activations(draft, first, torch.float64), ceilings)
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
        By layer name, in the network's order: rectified values, and the logits of the output.

    Raises
    ------
    Unsupported, InputError
        As `convert`.
    """
    source = _Source(module, trace(module), input, _normalise(images, input))
    precision = torch.from_numpy(np.empty(0, dtype)).dtype
    return source.activations(source.lower({}, None), source.values, precision)


@dataclass(frozen=True, eq=False)
class _Source:
    """A traced module with the normalised images it is to be converted for."""

    module: nn.Module
    graph: fx.Graph
    input: Input
    values: npt.NDArray[np.float64]

    def lower(self, neurons: dict[str, Firing], classes: Sequence[str] | None) -> Lowered:
        """Return the network with the given neurons; a layer without one has threshold 1."""
        shape = self.values.shape[1:]
        unit = IF()
        return lower(
            self.module,
            self.graph,
            shape,
            input=self.input,
            neuron=lambda name: neurons.get(name, unit),
            classes=classes,
        )

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


def _check_ceilings(neurons: Mapping[str, Firing], ceilings: Mapping[str, float]) -> None:
    """Raise InputError where neurons can say more in a step than the module's activation ever is."""
    for name, ceiling in ceilings.items():
        neuron = neurons[name]
        most = float(np.max(neuron.largest_strength * np.asarray(neuron.threshold)))
        if most > ceiling * (1 + ROUNDING):
            raise InputError(
                f"convert: layer {name!r}: the module's activation stops at {ceiling:g}, and this recipe's "
                f"{type(neuron).__name__} neurons go up to {most:g} a step: choose one that bounds them by "
                "the largest activation, as BMIF(8)"
            )


def _normalise(images: npt.NDArray[Any], input: Input) -> npt.NDArray[np.float64]:
    images = np.asarray(images)
    if images.ndim < 2 or images.size == 0:
        raise InputError(f"convert: images have shape {images.shape}: give (N, *shape), at least one")
    return input.normalise(images, axes=images.ndim - 1)
