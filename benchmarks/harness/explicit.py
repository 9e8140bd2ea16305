"""The same single layer with one Brian2 synapse for each connection."""

import dataclasses
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from neurosim import Conv, Network

from .cases import Case
from .memory import Watch

__all__ = ["Explicit", "Sample", "unrolled"]

SCRIPT = Path(__file__).with_name("brian2_script.py")


@dataclasses.dataclass(frozen=True)
class Sample:
    """One run of a case: seconds of a step, seconds of the whole, and peak memory [bytes]."""

    step: float
    whole: float
    memory: int

    def numbers(self) -> np.ndarray:
        """Return them as an array."""
        return np.array([self.step, self.whole, self.memory])


class Explicit:
    """A single layer as a program of plain Brian2, compiled in a folder."""

    def __init__(self, network: Network, steps: int, folder: Path) -> None:
        self.program, self.steps = folder / "program", steps
        self.shape = network.neurons[1].shape
        (conv,) = network.into(network.neurons[1].name)[0].ops
        assert isinstance(conv, Conv)  # a network of nets.single
        i, j, w = unrolled(conv.weight, self.shape[1])
        self.synapses = len(w)
        np.savez(folder / "job.npz", i=i, j=j, w=w, neurons=network.neurons[0].size, steps=steps)
        started = time.perf_counter()
        command = [sys.executable, SCRIPT, folder / "job.npz", self.program]
        subprocess.run(command, check=True, capture_output=True)
        self.build = time.perf_counter() - started

    def run(self, case: Case) -> Sample:
        """Run the program on the first picture of a case."""
        started = time.perf_counter()
        np.moveaxis(case.images[0], 0, -1).astype(np.float32).tofile(self.program / "rates.bin")
        source, target = (layer.model.threshold for layer in case.network.neurons)
        given = ["source.rate=rates.bin", f"source.theta={source}", f"target.theta={target}"]
        with Watch() as watch:
            done = subprocess.run(
                ["./main", *given], cwd=self.program, check=True, capture_output=True, text=True
            )
        whole = time.perf_counter() - started
        return Sample(float(done.stdout) / (self.steps + 1), whole, watch.peak)

    def counts(self) -> np.ndarray:
        """Return the spikes of every target neuron in the last run, shape (C, H, W)."""
        (path,) = (self.program / "results").glob("_array_counts_count_*")
        last = np.fromfile(path, np.int32).reshape(*self.shape[1:], self.shape[0])
        return np.moveaxis(last, -1, 0)


def unrolled(weight: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return source, target and weight of every synapse of a 3x3 convolution that keeps its size.

    Neurons are numbered channels last; synapses are sorted by source, then by target.
    """
    outputs, inputs = weight.shape[:2]
    parts = []
    for y, x in np.ndindex(size, size):
        targets = [(v, u) for v in (y - 1, y, y + 1) for u in (x - 1, x, x + 1)]
        targets = [(v, u) for v, u in targets if 0 <= v < size and 0 <= u < size]
        i = (y * size + x) * inputs + np.arange(inputs, dtype=np.int32)
        j = [(v * size + u) * outputs + np.arange(outputs, dtype=np.int32) for v, u in targets]
        w = [weight[:, :, y - v + 1, x - u + 1].T for v, u in targets]
        block = (inputs, len(targets) * outputs)
        parts.append(
            (np.broadcast_to(i[:, None], block), np.broadcast_to(np.concatenate(j), block), np.hstack(w))
        )
    i, j, w = (np.concatenate([part.ravel() for part in column]) for column in zip(*parts, strict=True))
    return i, j, w.astype(np.float32)
