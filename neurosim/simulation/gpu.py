"""Programs on a GPU: what they need around them, what they may say, and what their last words mean."""

import dataclasses
from collections.abc import Callable

import numpy as np

from ..build.toolkit import CHOICE, Gpu
from ..connectivity.plan import lag
from ..errors import BudgetExceeded, DeviceUnavailable, InputError, NeurosimError
from .job import Job

__all__ = ["CHATTER", "OnGpu", "check_gpu_memory", "check_length", "explained", "gpu_bytes"]

CHATTER = ("INFO", "\t")
"""How lines begin that brian2cuda's programs print without need."""
LONGEST_RUN = 2**24
"""Steps up to which brian2cuda's modulo is exact in single precision."""
INDEX_BYTES = 16
STATES = 8


@dataclasses.dataclass(frozen=True)
class OnGpu:
    """Where a program runs.

    Attributes
    ----------
    gpu : Gpu
    batch : int
        Images side by side.
    """

    gpu: Gpu
    batch: int

    @property
    def environment(self) -> dict[str, str]:
        """What lets the program see this GPU alone."""
        return {CHOICE: self.gpu.uuid} if self.gpu.uuid else {}


def gpu_bytes(job: Job, batch: int) -> int:
    """Return about what a batch takes of the GPU's memory: states, rings of strengths, currents, weights."""
    network, itemsize = job.network, np.dtype(job.dtype).itemsize
    neurons = sum(layer.size for layer in network.neurons)
    depth = max((lag(network, p, 1, job.alignment) for p in network.projections), default=1)
    weights: int = itemsize * sum(op.shared_parameters for p in network.projections for op in p.ops)
    return weights + batch * neurons * (INDEX_BYTES + itemsize * (STATES + depth))


def check_gpu_memory(job: Job, where: OnGpu) -> None:
    """Raise BudgetExceeded if a batch takes more memory than the GPU has."""
    needed = gpu_bytes(job, where.batch)
    if needed > where.gpu.memory:
        most = where.batch * where.gpu.memory // needed
        advice = f"give at most {most}" if most else "simulate in single precision, or on CppStandalone()"
        raise BudgetExceeded(
            f"CudaStandalone.batch is {where.batch}: it takes about {needed / 1e9:.3g} GB and "
            f"{where.gpu.name} has {where.gpu.memory / 1e9:.3g}: {advice}"
        )


def check_length(job: Job, images: int, batch: int) -> None:
    """Raise InputError if a run of so many images has more steps than single precision can count."""
    total = -(-images // batch) * job.steps + job.alignment.depth(job.network)
    if job.precision == "single" and total >= LONGEST_RUN:
        raise InputError(
            f"Simulation: {total:,} steps in a run are more than single precision counts on CudaStandalone: "
            "run fewer images at a time, or in double"
        )


def explained(words: str) -> NeurosimError | None:
    """Return what a program's last words mean, where they are the driver's."""
    for said, meaning in _MEANINGS.items():
        if said in words:
            return meaning(words)
    return None


_MEANINGS: dict[str, Callable[[str], NeurosimError]] = {
    "driver version is insufficient": lambda words: DeviceUnavailable(
        "CudaStandalone: the NVIDIA driver is older than the CUDA toolkit, or there is none: update the "
        "driver, or build with an older toolkit"
    ),
    "no CUDA-capable device": lambda words: DeviceUnavailable(
        "CudaStandalone: the program sees no GPU: use a machine with one, or free it for this process"
    ),
    "no kernel image": lambda words: DeviceUnavailable(
        "CudaStandalone: the program was compiled for another GPU: leave out compute_capability"
    ),
    "out of memory": lambda words: BudgetExceeded(
        "CudaStandalone: the GPU's memory is too small for a batch: give a smaller batch, or end what else "
        "uses it"
    ),
}
