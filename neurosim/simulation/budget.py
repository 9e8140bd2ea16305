"""What a run will need, worked out before it starts, and refused where the machine has less."""

import dataclasses
import os
import shutil
from pathlib import Path

import numpy as np

from ..connectivity.blocks import CURRENT_BYTES, LONGEST
from ..devices import CppStandalone, CudaStandalone, Device
from ..errors import BudgetExceeded
from ..layers import Layer
from ..ops import synapses
from .collect import kept
from .job import Job

__all__ = ["Estimate", "check_budget", "check_synapses", "chunk_size", "estimate"]

ACTIVITY = 0.25
"""Spikes a neuron and step that room is kept for where every spike is recorded."""
STATE_BYTES = 64
SYNAPSE_BYTES = 68
"""Peak of a process for each explicit synapse, measured on 3x3 convolutions of 1.2 to 14 million of them:
44 to 50 in the compiled program (41 in single precision), 65 to 68 where Brian2 writes the program."""
WEIGHT_COPIES = 3
"""As the network holds them, while they are written, and as the programs share them."""
CHUNK_BYTES, GPU_CHUNK_BYTES = 2**28, 2**31
"""What a chunk may take; on a GPU, several batches, since a program there takes a second or two to start."""
MARGIN = 1.2


@dataclasses.dataclass(frozen=True)
class Estimate:
    """Room that a run needs.

    Attributes
    ----------
    memory, disk : int
        Bytes, with a quarter of all neurons spiking at each step where spikes are recorded.
    """

    memory: int
    disk: int


def estimate(job: Job, images: int, chunk: int, jobs: int, frames: int) -> Estimate:
    """Return what `images` images of so many frames take when `jobs` chunks of `chunk` images run at once."""
    itemsize = np.dtype(job.dtype).itemsize
    weights = itemsize * sum(op.shared_parameters for p in job.network.projections for op in p.ops)
    neurons = sum(layer.size for layer in job.network.neurons)
    state = STATE_BYTES * neurons + min(CURRENT_BYTES, LONGEST * itemsize * neurons)
    a_chunk = chunk * (recorded_bytes(job) + frame_bytes(job, frames))
    memory = WEIGHT_COPIES * weights + jobs * (state + 3 * a_chunk + SYNAPSE_BYTES * _synapses(job))
    finished, merged = images * recorded_bytes(job), images * recorded_bytes(job)
    return Estimate(memory, weights + finished + merged + jobs * a_chunk)


def _synapses(job: Job) -> int:
    return sum(synapses(p.ops, job.network[p.source].shape) for p in job.explicit)


def frame_bytes(job: Job, frames: int) -> int:
    """Return the bytes of one image of so many frames as the run holds it."""
    return 16 * frames * job.network.input.size


def recorded_bytes(job: Job) -> int:
    """Return the bytes that the recording of one image takes."""
    total = 0
    for layer in job.network.neurons:
        level = job.level(layer.name)
        total += 8 + {"totals": 0, "counts": 8 * layer.size, "spikes": _spike_bytes(job, layer)}[level]
        seen = len(job.watched(layer.name))
        if layer in job.network.outputs and not layer.model.spiking:
            seen += layer.size
        total += seen * job.steps * np.dtype(job.dtype).itemsize
    return total


def _spike_bytes(job: Job, layer: Layer) -> int:
    _, neuron, strength = kept(job, layer)
    return int(ACTIVITY * (neuron + strength) * layer.size * job.steps) + 4 * job.steps


def chunk_size(job: Job, device: Device, images: int, jobs: int, frames: int) -> int:
    """Return how many images make a chunk: what fits into CHUNK_BYTES, and work for every job."""
    in_process = not isinstance(device, (CppStandalone, CudaStandalone))
    dense = STATE_BYTES * job.steps * sum(layer.size for layer in job.network.neurons) if in_process else 0
    image = recorded_bytes(job) + frame_bytes(job, frames) + dense
    if isinstance(device, CudaStandalone):  # whole batches, or what is left of one stands idle
        fitting = device.batch * max(1, GPU_CHUNK_BYTES // image // device.batch)
    else:
        fitting = max(1, CHUNK_BYTES // image)
    return min(fitting, -(-images // jobs))


def check_synapses(job: Job) -> None:
    """Raise BudgetExceeded if the machine has less memory than a job's explicit synapses take."""
    count, available = _synapses(job), _machine_memory()
    needed = SYNAPSE_BYTES * count
    if needed > available:
        raise BudgetExceeded(
            f"Simulation: {count:,} explicit synapses need about {_gigabytes(needed)} of memory and "
            f'{_gigabytes(available)} are there: use connectivity="kernel", which keeps the kernels alone'
        )


def _machine_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def check_budget(need: Estimate, folder: Path) -> None:
    """Raise BudgetExceeded if the machine has less memory, or the folder's disk less room, than needed."""
    available = _machine_memory()
    free = shutil.disk_usage(folder).free
    for name, needed, there in (("memory", need.memory, available), ("disk", need.disk * MARGIN, free)):
        if needed > there:
            raise BudgetExceeded(
                f"the run needs about {_gigabytes(needed)} of {name} and {_gigabytes(there)} are there: "
                'record less (record="totals" keeps least), or run fewer images at a time'
            )


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:.3g} GB"
