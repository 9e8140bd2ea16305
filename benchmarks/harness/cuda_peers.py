"""SpikingJelly on a GPU, waiting for work on stdin; runs in the environment of the benchmark itself.

Each line asks for one measurement, {"images": M, "batch": B}, answered by seconds, memory and, for
{"copy": BYTES}, by the bandwidth of a copy. TF32 is off: every engine computes in true single precision.
Run: python -m harness.cuda_peers torch|cupy NET.npz
"""

import json
import sys
import time
from typing import Any

import torch
from torch import Tensor

from harness.dense import Graph, run_layers


class Jelly:
    """Multi-step IFNode of a backend, (steps, images, ...)."""

    def __init__(self, backend: str, thresholds: dict[str, float]) -> None:
        from spikingjelly.activation_based.neuron import IFNode

        self.nodes = {
            name: IFNode(v_threshold=value, v_reset=None, step_mode="m", backend=backend).cuda().eval()
            for name, value in thresholds.items()
        }

    def fire(self, name: str, current: Tensor) -> Tensor:
        self.nodes[name].reset()
        return self.nodes[name](current.contiguous())


def measure(graph: Graph, engine: Jelly, batch: int, images: int) -> dict[str, float]:
    """Return seconds and gigabytes that some images in batches take; all spikes are counted."""
    torch.cuda.reset_peak_memory_stats()
    torch.cuda.synchronize()
    started = time.perf_counter()
    for first in range(0, images, batch):
        shown = graph.images[first : first + batch].cuda()
        counts = [spikes.sum(0) for _, spikes in run_layers(graph, shown, 0, engine.fire)]
        del counts
    torch.cuda.synchronize()
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "memory_gb": torch.cuda.max_memory_allocated() / 1e9}


def copied(size: int) -> dict[str, float]:
    """Return the bytes a second that a copy within the GPU's memory reads and writes."""
    source = torch.zeros(size, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    for repeats in (1, 10):
        torch.cuda.synchronize()
        started = time.perf_counter()
        for _ in range(repeats):
            target.copy_(source)
        torch.cuda.synchronize()
    return {"bandwidth": 2 * size * repeats / (time.perf_counter() - started)}


@torch.inference_mode()
def main(backend: str, path: str) -> None:
    """Answer until stdin ends."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    graph = Graph.load(path)
    for layer in graph.layers:
        for _, _, ops in layer["from"]:
            for op in ops:
                op |= {name: x.cuda() for name, x in op.items() if torch.is_tensor(x)}
    engine = Jelly(backend, {layer["name"]: layer["threshold"] for layer in graph.layers})
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        answer = copied(asked["copy"]) if "copy" in asked else measure(graph, engine, **asked)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
