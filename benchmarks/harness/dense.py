"""The same network in torch, layer by layer over all steps at once. Imports torch and numpy only."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["Graph", "run_layers"]

OPS: dict[str, Callable[[Tensor, dict[str, Any]], Tensor]] = {
    "conv": lambda x, op: functional.conv2d(x, op["weight"], stride=op["stride"], padding=op["padding"]),
    "linear": lambda x, op: functional.linear(x.flatten(1), op["weight"]),
    "pool": lambda x, op: functional.avg_pool2d(x, op["kernel"], op["stride"], op["padding"]),
    "identity": lambda x, op: x,
}
Fire = Callable[[str, Tensor], Tensor]


class Graph:
    """What `graph.write_graph` wrote, with its weights as tensors."""

    def __init__(self, described: list[dict[str, Any]], arrays: Any, images: np.ndarray, steps: int) -> None:
        self.layers, self.steps, self.images = described, steps, torch.from_numpy(images).float()
        self.last_reader: dict[str, str] = {}
        for layer in self.layers:
            for _, source, ops in layer["from"]:
                self.last_reader[source] = layer["name"]
                for op in ops:
                    if "weight" in op:
                        op["weight"] = torch.from_numpy(arrays[op["weight"]]).float()

    @classmethod
    def load(cls, path: str) -> "Graph":
        with np.load(path) as file:
            said = json.loads(str(file["graph"]))
            return cls(said["layers"], dict(file), file["images"], said["steps"])


def run_layers(graph: Graph, images: Tensor, time_axis: int, fire: Fire) -> Iterator[tuple[str, Tensor]]:
    """Yield each layer's name and spikes; `fire` turns a layer's currents into spikes.

    Tensors have a steps axis at `time_axis` and an images axis at the other of 0 and 1. What the constant
    image brings is computed once.
    """
    spikes: dict[str, Tensor] = {}
    for layer in graph.layers:
        current: Any = 0
        for is_input, source, ops in layer["from"]:
            if is_input:
                once = _follow(images, ops).unsqueeze(time_axis)
                sizes = [-1] * once.dim()
                sizes[time_axis] = graph.steps
                current = current + once.expand(sizes) if torch.is_tensor(current) else once.expand(sizes)
                continue
            said = spikes[source]
            brought = _follow(said.flatten(0, 1), ops).unflatten(0, said.shape[:2])
            current = current + brought if torch.is_tensor(current) else brought
        spikes[layer["name"]] = fire(layer["name"], current)
        yield layer["name"], spikes[layer["name"]]
        for source in [name for name in spikes if graph.last_reader.get(name) == layer["name"]]:
            del spikes[source]


def _follow(x: Tensor, ops: list[dict[str, Any]]) -> Tensor:
    for op in ops:
        x = OPS[op["op"]](x, op)
    return x
