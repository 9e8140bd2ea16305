"""A network as plain data: what an engine that knows nothing of neurosim reads from one npz file."""

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np

from neurosim import AvgPool, Conv, Identity, Linear, Network
from neurosim.ops import Op

__all__ = ["describe", "write_graph"]

Arrays = dict[str, np.ndarray]


def write_graph(path: Path, network: Network, images: np.ndarray, steps: int) -> None:
    """Write structure, weights, thresholds and images."""
    layers, arrays = describe(network)
    text = json.dumps({"layers": layers, "steps": steps})
    np.savez(path, graph=np.array(text), images=images.astype(np.float32), **arrays)


def describe(network: Network) -> tuple[list[dict[str, Any]], Arrays]:
    """Return layers in an order in which sources come first, and the weights they name."""
    arrays: Arrays = {}
    ordered = sorted(network.neurons, key=lambda layer: network.latency[layer.name])
    layers = [
        {
            "name": layer.name,
            "threshold": float(layer.model.threshold),
            "from": [
                [p.source == network.input.name, p.source, [_op(op, arrays) for op in p.ops]]
                for p in network.into(layer.name)
            ],
        }
        for layer in ordered
    ]
    return layers, arrays


@functools.singledispatch
def _op(op: Op, arrays: Arrays) -> dict[str, Any]:
    raise TypeError(f"the benchmarks' engines have no {type(op).__name__}")


@_op.register
def _(op: Conv, arrays: Arrays) -> dict[str, Any]:
    padding = [before for before, _ in op.padding]
    return {"op": "conv", "weight": _keep(op.weight, arrays), "stride": op.stride, "padding": padding}


@_op.register
def _(op: Linear, arrays: Arrays) -> dict[str, Any]:
    return {"op": "linear", "weight": _keep(op.weight, arrays)}


@_op.register
def _(op: AvgPool, arrays: Arrays) -> dict[str, Any]:
    return {"op": "pool", "kernel": op.kernel, "stride": op.stride, "padding": op.padding}


@_op.register
def _(op: Identity, arrays: Arrays) -> dict[str, Any]:
    return {"op": "identity"}


def _keep(weight: np.ndarray, arrays: Arrays) -> str:
    name = f"weight{len(arrays)}"
    arrays[name] = weight.astype(np.float32)
    return name
