"""The identity: a layer's conversion error as a sum of what each cause adds to it.

With a = f(z) the ANN's activation, z_net = W a_source + b and z_mean = W mean_source + b what the network's
weights make of the ANN's activations and of the read-outs before the layer:

    mapping       f(z_net) - a                   the network does not say what the module says
    inherited     f(z_mean) - f(z_net)           the sources' errors
    clipping      min(f(z_mean), K theta) - f(z_mean)
    quantisation  q - min(f(z_mean), K theta)    q: the level that an even drive z_mean reaches from v0
    timing        read-out - q                   order of arrival, unevenness, leak, reset, refractoriness

Each takes up where the one before ends, so the sum is read-out - a for every neuron. Layers that accumulate
or pool have no grid: clipping and quantisation are zero. q is that of min(max(0, z_mean), K theta), not of f:
where f is a staircase of L levels itself, neurons still charge by z_mean.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from ..network import Network
from ..neurons.base import broadcast
from ..reference import project
from .grid import Grid

__all__ = ["CAUSES", "OWN", "Split", "contributions", "drive", "split"]

OWN = ("clipping", "quantisation", "timing")
"""The terms that a layer adds itself."""

CAUSES = ("mapping", "inherited", *OWN)
"""All terms, in the order of the identity."""


def contributions(network: Network, name: str, strengths: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Return what each projection into a layer makes of strengths (images, *shape), bias not included."""
    made = []
    for projection in network.into(name):
        source = strengths[projection.source]
        out = np.zeros((len(source), *network[name].shape))
        project(projection.ops, source, out)
        made.append(out)
    return made


def drive(network: Network, name: str, parts: Sequence[np.ndarray], gain: np.ndarray) -> np.ndarray:
    """Return gain (parts + b): what arrives at a layer, in the units of its activation."""
    total: np.ndarray = gain * (sum(parts) + broadcast(network.bias(name), network[name].shape))
    return total


@dataclasses.dataclass(frozen=True, eq=False)
class Split:
    """A layer's error and its terms, each float64 (images, *shape)."""

    total: np.ndarray
    mapping: np.ndarray
    inherited: np.ndarray
    clipping: np.ndarray
    quantisation: np.ndarray
    timing: np.ndarray


def split(
    activation: np.ndarray,
    mapped: np.ndarray,
    arrived: np.ndarray,
    driven: np.ndarray,
    said: np.ndarray,
    grid: Grid | None,
) -> Split:
    """Split the error of a layer, all arrays (images, *shape).

    Parameters
    ----------
    activation, mapped, arrived, driven : array
        a, f(z_net), f(z_mean) and z_mean.
    said : array
        The read-out.
    grid : Grid, optional
        None: a layer that accumulates or pools.
    """
    clipped = arrived if grid is None else np.minimum(arrived, grid.ceiling)
    level = arrived if grid is None else grid.quantise(np.clip(driven, 0, grid.ceiling))
    return Split(
        said - activation,
        mapped - activation,
        arrived - mapped,
        clipped - arrived,
        level - clipped,
        said - level,
    )
