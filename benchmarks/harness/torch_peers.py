"""SpikingJelly or sinabs, waiting for work on stdin; runs in the benchmarks' own environment.

Each line asks for one measurement, {"batch": B, "images": M}, and is answered by the seconds it took. The
line {"counts": PATH} is answered when the spikes of every neuron of all images are counted in PATH.
Run: python -m harness.torch_peers spikingjelly|sinabs NET.npz
"""

import json
import sys
import time
from typing import Any

import numpy as np
import torch
from torch import Tensor

from harness.dense import Graph, run_layers


class SpikingJelly:
    """Multi-step IFNode, (steps, images, ...)."""

    time_axis = 0

    def __init__(self, thresholds: dict[str, float]) -> None:
        from spikingjelly.activation_based.neuron import IFNode

        self.nodes = {
            name: IFNode(v_threshold=value, v_reset=None, step_mode="m").eval()
            for name, value in thresholds.items()
        }

    def fire(self, name: str, current: Tensor) -> Tensor:
        self.nodes[name].reset()
        return self.nodes[name](current)


class Sinabs:
    """IAF over all steps, (images, steps, ...)."""

    time_axis = 1

    def __init__(self, thresholds: dict[str, float]) -> None:
        from sinabs.activation import SingleSpike
        from sinabs.layers import IAF

        self.layers = {
            name: IAF(spike_threshold=torch.tensor(value), spike_fn=SingleSpike).eval()
            for name, value in thresholds.items()
        }

    def fire(self, name: str, current: Tensor) -> Tensor:
        self.layers[name].init_state_with_shape((current.shape[0], *current.shape[2:]))
        return self.layers[name](current)


ENGINES = {"spikingjelly": SpikingJelly, "sinabs": Sinabs}


def count(graph: Graph, engine: Any, images: Tensor) -> dict[str, Tensor]:
    """Return the number of spikes of every neuron, by layer."""
    made = run_layers(graph, images, engine.time_axis, engine.fire)
    return {name: spikes.sum(engine.time_axis) for name, spikes in made}


def measure(graph: Graph, engine: Any, batch: int, images: int) -> dict[str, float]:
    """Return the seconds of this process, and of the clock, that some images in batches take."""
    wall, cpu = time.perf_counter(), time.process_time()
    for first in range(0, images, batch):
        count(graph, engine, graph.images[first : first + batch])
    return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}


def write_counts(graph: Graph, engine: Any, path: str) -> dict[str, Any]:
    """Write what one batch of all images counts."""
    np.savez(
        path, **{name: total.int().numpy() for name, total in count(graph, engine, graph.images).items()}
    )
    return {"counts": path}


@torch.inference_mode()
def main(name: str, path: str) -> None:
    """Answer until stdin ends."""
    torch.set_num_threads(1)
    graph = Graph.load(path)
    engine = ENGINES[name]({layer["name"]: layer["threshold"] for layer in graph.layers})
    for line in sys.stdin:
        asked = json.loads(line)
        answer = (
            write_counts(graph, engine, asked["counts"])
            if "counts" in asked
            else measure(graph, engine, **asked)
        )
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
