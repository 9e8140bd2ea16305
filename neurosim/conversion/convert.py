"""The way in: from a trained module to a spiking network."""

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import fx, nn

from neurosim.conversion.calibration import Calibration
from neurosim.conversion.lowering import Lowered, lower
from neurosim.conversion.proof import prove
from neurosim.conversion.recipes.base import Firing, Recipe, Rule
from neurosim.conversion.rectifying import Function, activation_function
from neurosim.conversion.tracing import trace, watch
from neurosim.errors import InputError
from neurosim.network import Network
from neurosim.neurons import IF, Input
from neurosim.parameters import Numeric

__all__ = ["activation_functions", "activations", "convert"]

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
    if not isinstance(recipe, Recipe):
        raise InputError(f"convert: recipe is {recipe!r}: give a recipe of neurosim.conversion, as BMIF(8)")
    source = _Source(module, trace(module), input, _normalise(calibration, input))
    draft = source.lower({}, None)
    spiking = {layer.name for layer in draft.network.neurons if isinstance(layer.neuron, Firing)}
    sizes = recipe.sizes(source.calibration(draft, spiking))
    rules = {name: recipe.rule(_below(size, draft.ceilings.get(name))) for name, size in sizes.items()}
    _check_ceilings(rules, draft.ceilings)
    _check_pools(draft.network, rules)
    network = source.lower(rules, classes).network
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
    source = _Source(module, trace(module), input, _normalise(images, input))
    precision = torch.from_numpy(np.empty(0, dtype)).dtype
    return source.activations(source.lower({}, None), source.values, precision)


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
    source = _Source(module, trace(module), PLAIN, np.asarray(images, np.float64))
    return source.functions(source.lower({}, None))


@dataclass(frozen=True, eq=False)
class _Source:
    """A traced module with the normalised images it is to be converted for."""

    module: nn.Module
    graph: fx.Graph
    input: Input
    values: npt.NDArray[np.float64]

    def lower(self, rules: Mapping[str, Rule], classes: Sequence[str] | None) -> Lowered:
        """Return the network with the given neurons; a layer without one has threshold 1."""
        shape = self.values.shape[1:]
        unit = Rule(IF())
        return lower(
            self.module,
            self.graph,
            shape,
            input=self.input,
            rule=lambda name: rules.get(name, unit),
            classes=classes,
        )

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


def _below(size: Numeric, ceiling: float | None) -> Numeric:
    """Return sizes with rounding errors above the ceiling taken away, a scalar as a float."""
    bounded = size if ceiling is None else np.minimum(size, ceiling)
    return bounded if np.ndim(bounded) else float(bounded)


def _check_pools(network: Network, rules: Mapping[str, Rule]) -> None:
    """Raise InputError where a maximum would compare counts of different thresholds."""
    for projection in network.projections:
        rule = rules.get(projection.source)
        if projection.pools and rule and np.ndim(rule.neuron.threshold) > 1:
            raise InputError(
                f"convert: layer {projection.target!r} takes maxima of layer {projection.source!r}, "
                "whose neurons have thresholds of their own: choose a recipe of one a channel or layer, as "
                "SNM(scope='channel')"
            )


def _check_ceilings(rules: Mapping[str, Rule], ceilings: Mapping[str, float]) -> None:
    """Raise InputError where neurons can say more in a step than the module's activation ever is."""
    for name, ceiling in ceilings.items():
        neuron = rules[name].neuron
        most = float(np.max(neuron.largest_strength * np.asarray(rules[name].unit)))
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
