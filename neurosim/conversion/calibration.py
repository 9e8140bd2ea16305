"""How large activations get over the calibration images: of each layer, channel or neuron, in one pass."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import fx, nn

from neurosim.conversion.rectifying import staircase
from neurosim.conversion.tracing import watch
from neurosim.errors import InputError
from neurosim.parameters import Numeric

__all__ = ["Calibration", "UpperTails", "largest_activations"]


@dataclass(frozen=True, eq=False)
class Calibration:
    """What a recipe may look at.

    Attributes
    ----------
    module, graph
        The module and its trace.
    nodes
        Of each rectified layer, the node whose value is its activation.
    values : (N, *shape)
        Normalised calibration images.
    shapes
        Of the layers, where a node's value is seen flattened.
    """

    module: nn.Module
    graph: fx.Graph
    nodes: Mapping[str, fx.Node]
    values: npt.NDArray[np.float64]
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


class UpperTails:
    """The exact percentile of each of several streams of numbers, keeping only those that can decide it.

    Linear interpolation between ranks, as `numpy.percentile` does by default.

    Parameters
    ----------
    count
        How many numbers each stream will have.
    percentile
        In (0, 100].
    """

    def __init__(self, count: int, percentile: float) -> None:
        position = (count - 1) * percentile / 100
        self._fraction = position - math.floor(position)
        self._keep = count - math.floor(position)
        self._kept: torch.Tensor | None = None

    def add(self, values: torch.Tensor) -> None:
        """Take further numbers (streams, numbers)."""
        merged = values if self._kept is None else torch.cat([self._kept, values], dim=1)
        self._kept = torch.topk(merged, min(self._keep, merged.shape[1])).values

    def value(self) -> npt.NDArray[np.float64]:
        """Return the percentiles (streams,), once all numbers have come."""
        assert self._kept is not None
        upper, lower = self._kept[:, -2:].double().numpy()[:, [0, -1]].T
        percentiles: npt.NDArray[np.float64] = lower + (upper - lower) * self._fraction
        return percentiles


STREAMS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "layer": lambda value: value.reshape(1, -1),
    "channel": lambda value: value.transpose(0, 1).flatten(1),
    "neuron": lambda value: value.flatten(1).T,
}
"""A batch of activations (n, C, ...) as one stream of numbers, one a channel, or one a neuron."""

SHAPES: dict[str, Callable[[tuple[int, ...]], tuple[int, ...]]] = {
    "layer": lambda shape: (),
    "channel": lambda shape: shape[:1],
    "neuron": lambda shape: shape,
}


class _Tails:
    """The percentiles of one layer: those of the scope, and the layer's own for what is silent."""

    def __init__(self, shape: tuple[int, ...], images: int, percentile: float, scope: str) -> None:
        self._shape = SHAPES[scope](shape)
        self._tails = {}
        for kind in dict.fromkeys(("layer", scope)):
            streams = math.prod(SHAPES[kind](shape))
            self._tails[kind] = UpperTails(math.prod(shape) // streams * images, percentile)

    def add(self, value: torch.Tensor) -> None:
        for kind, tails in self._tails.items():
            tails.add(STREAMS[kind](value))

    def value(self) -> tuple[float, npt.NDArray[np.float64]]:
        """Return the percentile of the layer and those of the scope."""
        whole, *parts = (tails.value() for tails in self._tails.values())
        return float(whole[0]), (parts[0] if parts else whole).reshape(self._shape)


def largest_activations(
    calibration: Calibration, percentile: float, scope: str = "layer"
) -> dict[str, Numeric]:
    """Return a percentile of each layer's activations, zeros among them counted.

    Memory is that of the numbers above the percentile: one a layer, channel or neuron for the maximum.

    Parameters
    ----------
    calibration
        The module and its images.
    percentile
        In (0, 100].
    scope
        "layer": one number a layer; "channel": (C,); "neuron": the layer's shape. A channel or neuron whose
        percentile is 0 has no scale of its own, and any made-up number would decide how new images that
        wake it are rounded; it takes the layer's, the one that it had if the layer were not divided.

    Raises
    ------
    InputError
        If a layer's percentile is 0: no threshold follows from a layer that is silent. If an activation
        has a learned threshold.
    """
    names = {node: name for name, node in calibration.nodes.items()}
    images, found = len(calibration.values), {}
    for name, node in calibration.nodes.items():
        if staircase(calibration.module, node):
            raise InputError(
                f"convert: layer {name!r}: its activation is a QCFS with a learned threshold: give the "
                "recipe QCFS()"
            )

    tails: dict[str, _Tails] = {}

    def see(node: fx.Node, value: torch.Tensor) -> None:
        if node in names:
            name = names[node]
            shape = calibration.shapes.get(name, tuple(value.shape[1:]))
            tails.setdefault(name, _Tails(shape, images, percentile, scope)).add(
                value.reshape(len(value), *shape)
            )

    watch(calibration.module, calibration.graph, calibration.values, torch.float32, see)
    for name, tail in tails.items():
        whole, parts = tail.value()
        _check(name, whole, percentile, images)
        each = np.where(parts > 0, parts, whole)
        found[name] = each if each.ndim else float(each)
    return found


def _check(name: str, largest: float, percentile: float, images: int) -> None:
    if not 0 < largest < math.inf:
        raise InputError(
            f"convert: layer {name!r}: percentile {percentile:g} of its activation is {largest:g} over "
            f"{images} calibration images: give more images or a higher percentile, or cut the "
            "branch of a dead layer from the module"
        )
