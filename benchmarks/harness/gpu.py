"""What the GPU's table is made of beside measurements: cases, bytes that must move, rates and shares."""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from neurosim import Network, Projection

from . import cases, nets
from .activity import calibrated

__all__ = ["BATCHES", "bytes_moved", "gpu_cases", "rate", "row"]

BATCHES = {"vgg11": 256, "vgg16": 256, "resnet18": 128, "resnet34": 32}
"""Images side by side, for all engines."""
SIZES = {"resnet34": 224}
ACTIVITIES, STEPS, CALIBRATED_STEPS = (0.05, 0.1, 0.2), (4, 16, 64), 16
INDICES = 5
"""Indices of 4 bytes that the neurons' code reads or writes for each neuron."""
STATES = 8
"""Numbers that it does: v and k twice, the current, the strength, and both once more to take note."""


def gpu_cases(quick: bool) -> Iterator[cases.Case]:
    """Yield networks at activities and lengths, each with two batches of pictures."""
    for net in ("vgg11",) if quick else BATCHES:
        for activity in ACTIVITIES[:1] if quick else ACTIVITIES:
            size = SIZES.get(net, 32)
            made = _calibrated(net, activity, size)
            pictures = nets.images(2 * BATCHES[net], (3, size, size), seed=1)
            for steps in STEPS[:1] if quick else STEPS:
                yield cases.Case(net, activity, made, pictures, steps)


@functools.cache
def _calibrated(net: str, activity: float, size: int) -> Network:
    shown = nets.images(2, (3, size, size))
    found: Network = calibrated(getattr(nets, net)(), shown, CALIBRATED_STEPS, activity)
    return found


def bytes_moved(network: Network, batch: int, itemsize: int = 4) -> float:
    """Return the bytes that one step of one image moves at least, each number once for each kernel.

    Neurons: their states and indices. Projections: what an op's targets add up, read and written; its
    sources, one bit where weights are gathered and a number elsewhere; and its weights, once a batch.
    """
    neurons = sum(layer.size for layer in network.neurons)
    total = neurons * (STATES * itemsize + 4 * INDICES + 1 / 8)
    return total + sum(
        _projected(p, network, batch, itemsize) for p in network.projections if p.source != network.input.name
    )


def _projected(projection: Projection, network: Network, batch: int, itemsize: int) -> float:
    shape, total = network[projection.source].shape, 0.0
    for number, op in enumerate(projection.ops):
        inner = number + 1 < len(projection.ops)
        sources, shape = np.prod(shape), op.output_shape(shape)
        targets = np.prod(shape)
        gathered = op.shared_parameters > 0
        total += itemsize * 2 * targets + (sources / 8 if gathered else itemsize * sources)
        total += itemsize * op.shared_parameters / batch
        total += inner * targets * (2 * itemsize + 1 / 8)  # cleared, and noted who speaks
    return float(total)


def rate(seconds: Callable[[int], float], images: int) -> tuple[float, float]:
    """Return images a second, without and with the time to start; `seconds` runs so many images."""
    once, twice = seconds(images), seconds(2 * images)
    return images / max(twice - once, 1e-9), 2 * images / twice


@dataclasses.dataclass(frozen=True)
class Peer:
    """What SpikingJelly reached with one of its backends."""

    images_per_second: float
    memory_gb: float


def row(
    case: cases.Case, ours: tuple[float, float], cpp: float, peers: dict[str, Peer], facts: dict[str, float]
) -> dict[str, Any]:
    """Return rates [images/s], ratios, memory [GB] and the share of the bandwidth.

    Parameters
    ----------
    ours
        Without and with the time to start.
    cpp
        Of the C++ device, one thread.
    peers
        By backend; one that is not installed is not there.
    facts
        "bandwidth" [bytes/s] of a copy, "memory_gb" of our program, "differs", the share of counts unlike
        the C++ device's.
    """
    batch = BATCHES[case.name]
    moved = bytes_moved(case.network, batch) * case.steps * ours[0]
    columns: dict[str, Any] = {"net": case.name, "activity": case.activity, "steps": case.steps}
    columns |= {"batch": batch, "ours": ours[0], "ours_whole": ours[1]}
    columns |= {"cpp": cpp, "over_cpp": ours[0] / cpp}
    for backend in ("torch", "cupy"):
        found = peers.get(backend, Peer(float("nan"), float("nan")))
        columns |= {backend: found.images_per_second, f"{backend}_gb": found.memory_gb}
    fastest = max(peer.images_per_second for peer in peers.values())
    columns |= {"over_spikingjelly": ours[0] / fastest, "ours_gb": facts["memory_gb"]}
    columns |= {"bandwidth_share": moved / facts["bandwidth"], "differs": facts["differs"]}
    return {name: float(f"{x:.4g}") if isinstance(x, float) else x for name, x in columns.items()}
