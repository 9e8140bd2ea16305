"""The kernel outside any simulation: C++ programs that replay recorded spikes."""

import functools
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from neurosim import Network, Recording
from neurosim.build.populations import first_neurons
from neurosim.connectivity.plan import make_plan
from neurosim.devices import STRICT
from neurosim.layers import Projection
from neurosim.ops import Shape

__all__ = ["compiled", "operations", "replay", "write_case"]

HERE = Path(__file__).resolve().parent


def compiled(name: str, folder: Path) -> Path:
    """Return the program of `name`.cpp, compiled in `folder` with a simulation's own flags."""
    program = folder / name
    root = HERE.parents[1]
    subprocess.run(["g++", *STRICT, f"-I{root}", "-o", program, HERE / f"{name}.cpp"], check=True)
    return program


def write_case(folder: Path, network: Network, recording: Recording) -> None:
    """Write plan, weights and the spikes of all layers, in single precision."""
    first = first_neurons(network)
    plan = make_plan(network, network.projections, first, np.float32)
    plan.numbers.tofile(folder / "plan.bin")
    plan.weights.tofile(folder / "weights.bin")
    for number, name in enumerate(first):
        _write_spikes(folder, number, recording, name)


def _write_spikes(folder: Path, number: int, recording: Recording, layer: str) -> None:
    spikes = recording.spikes(layer)
    step = spikes.image.astype(np.int64) * spikes.steps + spikes.step
    channel, pixel = np.divmod(spikes.neuron, int(np.prod(spikes.shape[1:])))
    neuron = pixel * spikes.shape[0] + channel
    order = np.lexsort((neuron, step))
    neuron[order].astype(np.int32).tofile(folder / f"neurons_{number}")
    counts = np.bincount(step, minlength=spikes.images * spikes.steps)
    counts.astype(np.int32).tofile(folder / f"counts_{number}")


def replay(program: Path, folder: Path, *arguments: int) -> float:
    """Return the median seconds of a pass over all steps."""
    said = subprocess.run(
        [program, *map(str, arguments)], cwd=folder, capture_output=True, text=True, check=True
    )
    return float(np.median([float(seconds) for seconds in said.stdout.split()]))


def operations(network: Network, recording: Recording) -> int:
    """Return the synaptic operations between layers: for every spike, the synapses it reaches."""
    between = [p for p in network.projections if p.source != network.input.name]
    return sum(
        int((recording.counts(p.source).sum(axis=0, dtype=np.int64) * fan_out(network, p)).sum())
        for p in between
    )


def fan_out(network: Network, projection: Projection) -> np.ndarray:
    """Return how many neurons each neuron of the source reaches, shape (*shape)."""
    shape: Shape = network[projection.source].shape
    matrices: Sequence[np.ndarray] = [np.eye(size, dtype=bool) for size in shape]
    for op in projection.ops:
        reached = zip(op.reach(shape), matrices, strict=True)
        matrices = [reach.astype(np.float32) @ matrix.astype(np.float32) > 0 for reach, matrix in reached]
        shape = op.output_shape(shape)
    return functools.reduce(np.multiply.outer, [matrix.sum(axis=0) for matrix in matrices])
