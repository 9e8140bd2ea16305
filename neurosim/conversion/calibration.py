"""How large the activations of each layer get over the calibration images."""

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import fx, nn

from neurosim.conversion.tracing import watch
from neurosim.errors import InputError

__all__ = ["UpperTail", "largest_activations"]


class UpperTail:
    """The exact percentile of a stream of numbers, keeping only those that can decide it.

    Linear interpolation between ranks, as `numpy.percentile` does by default.

    Parameters
    ----------
    count
        How many numbers there will be.
    percentile
        In (0, 100].
    """

    def __init__(self, count: int, percentile: float) -> None:
        position = (count - 1) * percentile / 100
        self._fraction = position - math.floor(position)
        self._keep = count - math.floor(position)
        self._kept = torch.empty(0)

    def add(self, values: torch.Tensor) -> None:
        """Take further numbers from the stream."""
        merged = torch.cat([self._kept, values.flatten()])
        self._kept = torch.topk(merged, min(self._keep, len(merged))).values

    def value(self) -> float:
        """Return the percentile, once all numbers have come."""
        upper, lower = (float(number) for number in self._kept[-2:][[0, -1]])
        return lower + (upper - lower) * self._fraction


def largest_activations(
    module: nn.Module,
    graph: fx.Graph,
    nodes: Mapping[str, fx.Node],
    values: npt.NDArray[np.float64],
    percentile: float,
) -> dict[str, float]:
    """Return a percentile of each layer's activations, zeros among them counted.

    Parameters
    ----------
    module, graph
        The module and its trace.
    nodes
        Of each layer, the node whose value is its activation.
    values : (N, *shape)
        Normalised calibration images.
    percentile
        In (0, 100].

    Raises
    ------
    InputError
        If a percentile is 0: no threshold follows from a layer that is silent, and any made-up number
        would decide how new images are rounded.
    """
    names = {node: name for name, node in nodes.items()}
    tails: dict[str, UpperTail] = {}

    def see(node: fx.Node, value: torch.Tensor) -> None:
        if node in names:
            count = value[0].numel() * len(values)
            tails.setdefault(names[node], UpperTail(count, percentile)).add(value)

    watch(module, graph, values, torch.float32, see)
    found = {name: tail.value() for name, tail in tails.items()}
    for name, largest in found.items():
        if not 0 < largest < math.inf:
            raise InputError(
                f"convert: layer {name!r}: percentile {percentile:g} of its activation is {largest:g} over "
                f"{len(values)} calibration images: give more images or a higher percentile, or cut the "
                "branch of a dead layer from the module"
            )
    return found
