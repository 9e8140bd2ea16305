"""One threshold a layer, so that every layer has the wanted mean activity."""

import numpy as np
import torch
from torch import Tensor

from neurosim import IF, Network

from .dense import Graph, run_layers
from .graph import describe
from .nets import FRAME_GRID

__all__ = ["calibrated"]

LOWEST, HIGHEST, HALVINGS = 2.0**-6, 2.0**8, 16


@torch.inference_mode()
def calibrated(network: Network, images: np.ndarray, steps: int, activity: float) -> Network:
    """Return the network with thresholds at which each layer emits `activity` spikes a neuron and step."""
    layers, arrays = describe(network)
    graph = Graph(layers, arrays, images, steps)
    found: dict[str, float] = {}

    def fire(name: str, current: Tensor) -> Tensor:
        found[name] = threshold(current, activity)
        return integrate(current, found[name])

    for _ in run_layers(graph, graph.images, 0, fire):
        pass
    for name, value in found.items():
        network = network.replace(name, IF(value))
    return network


def threshold(current: Tensor, activity: float) -> float:
    """Return the multiple of 1/64 at which IF neurons with currents (steps, ...) reach the activity."""
    low, high = LOWEST, HIGHEST
    for _ in range(HALVINGS):
        middle = (low * high) ** 0.5
        if float(integrate(current, middle).mean()) > activity:
            low = middle
        else:
            high = middle
    return max(1, round(high * FRAME_GRID)) / FRAME_GRID


def integrate(current: Tensor, threshold: float) -> Tensor:
    """Return the spikes of IF neurons with soft reset, (steps, ...)."""
    potential, spikes = torch.zeros_like(current[0]), []
    for drive in current:
        potential = potential + drive
        spikes.append((potential >= threshold).float())
        potential = potential - threshold * spikes[-1]
    return torch.stack(spikes)
