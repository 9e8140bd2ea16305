"""The converted network computes what the module computes: shown on a calibration image, not assumed."""

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from neurosim.comparison import quantum
from neurosim.errors import Unsupported
from neurosim.network import Network
from neurosim.neurons import Accumulate, Relay
from neurosim.neurons.base import broadcast
from neurosim.reference import project

__all__ = ["analogue", "prove"]

Array = npt.NDArray[np.float64]

TOLERANCE = 1e-9


NO_CEILINGS: Mapping[str, float] = {}


def analogue(
    network: Network, values: Array, ceilings: Mapping[str, float] = NO_CEILINGS
) -> dict[str, Array]:
    """Return what every layer would say with unlimited resolution: rectified sums, and the plain outputs.

    Parameters
    ----------
    network
        As `convert` makes it: strengths count thresholds.
    values : (N, *shape)
        Normalised images.
    ceilings
        Where the module's own activation stops rising, by the layer's name.
    """
    strengths, found = {network.input.name: values}, {}
    for layer in network.neurons:
        total = np.zeros((len(values), *layer.shape))
        for projection in network.into(layer.name):
            project(projection.ops, strengths[projection.source], total)
        total += broadcast(network.bias(layer.name), layer.shape)
        unit = broadcast(quantum(network, layer.name), layer.shape)
        if isinstance(layer.neuron, Relay):  # what it takes in counts quanta already
            total *= unit
        ceiling = ceilings.get(layer.name, math.inf)
        found[layer.name] = total if isinstance(layer.neuron, Accumulate) else np.clip(total, 0, ceiling)
        strengths[layer.name] = found[layer.name] / unit
    return found


def prove(
    network: Network,
    values: Array,
    activations: Mapping[str, Array],
    ceilings: Mapping[str, float] = NO_CEILINGS,
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
    ceilings
        Where its activations stop rising.

    Raises
    ------
    Unsupported
        If they differ; names the first layer.
    """
    for name, found in analogue(network, values, ceilings).items():
        expected = activations[name]
        error, size = np.abs(found - expected).max(), max(1.0, np.abs(expected).max())
        if not error <= TOLERANCE * size:
            raise Unsupported(
                f"convert: layer {name!r}: the module says something else than its trace, by {error:g}: "
                "remove hooks and operations in place"
            )
