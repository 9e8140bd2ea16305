"""The converted network computes what the module computes: shown on a calibration image, not assumed."""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from neurosim.comparison import quantum
from neurosim.conversion.rectifying import Function
from neurosim.errors import Unsupported
from neurosim.layers import Layer
from neurosim.network import Network
from neurosim.neurons import Accumulate, Relay
from neurosim.neurons.base import broadcast
from neurosim.reference import project

__all__ = ["analogue", "prove"]

Array = npt.NDArray[np.float64]

TOLERANCE = 1e-9


RELUS: Mapping[str, Function] = {}
"""By default every spiking layer stands for a ReLU."""


def analogue(network: Network, values: Array, functions: Mapping[str, Function] = RELUS) -> dict[str, Array]:
    """Return what every layer would say with unlimited resolution: rectified sums, and the plain outputs.

    Parameters
    ----------
    network
        As `convert` makes it: strengths count quanta.
    values : (N, *shape)
        Normalised images.
    functions
        The module's own activation functions, by the layer's name, where they are not ReLUs.
    """
    strengths, found = {network.input.name: values}, {}
    for name, total in _inputs(network, strengths):
        layer = network[name]
        plain = isinstance(layer.neuron, (Accumulate, Relay))
        found[name] = total if plain else functions.get(name, _relu)(total)
        strengths[name] = found[name] / broadcast(quantum(network, name), layer.shape)
    return found


def _inputs(network: Network, strengths: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
    """Yield each layer's input in the module's units; `strengths` must hold its sources' by then."""
    values = strengths[network.input.name]
    for layer in network.neurons:
        total = np.zeros((len(values), *layer.shape))
        for projection in network.into(layer.name):
            project(projection.ops, strengths[projection.source], total)
        total += broadcast(network.bias(layer.name), layer.shape)
        yield layer.name, total * broadcast(_unit_of_input(network, layer), layer.shape)


def _unit_of_input(network: Network, layer: Layer) -> Array:
    """Return what 1 in a layer's membrane stands for; what relays take in counts quanta."""
    own = np.asarray(getattr(layer.neuron, "quantum", 1.0))
    return np.asarray(quantum(network, layer.name) / own)


def _relu(z: Array) -> Array:
    return np.maximum(z, 0)


def prove(
    network: Network,
    values: Array,
    activations: Mapping[str, Array],
    functions: Mapping[str, Function] = RELUS,
) -> None:
    """Compare with the module's own activations, both in double precision.

    It catches what a trace cannot show: hooks, operations in place on a value that is read again.

    Parameters
    ----------
    network
        Converted.
    values : (N, *shape)
        Normalised images.
    activations : dict of (N, *shape)
        What the module says at each layer.
    functions
        The module's own activation functions, where they are not ReLUs.

    Raises
    ------
    Unsupported
        If they differ; names the first layer.
    """
    for name, found in analogue(network, values, functions).items():
        expected = activations[name]
        error, size = np.abs(found - expected).max(), max(1.0, np.abs(expected).max())
        if not error <= TOLERANCE * size:
            raise Unsupported(
                f"convert: layer {name!r}: the module says something else than its trace, by {error:g}: "
                "remove hooks and operations in place"
            )
