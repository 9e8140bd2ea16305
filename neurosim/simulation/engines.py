"""How each device runs a job on some images: the same numbers in, the same chunk out."""

import functools
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from .. import devices
from ..build.cuda import build_cuda_program
from ..build.populations import assign, first_neurons, populations
from ..build.standalone import BrianDoor, Program, build_private, build_program
from ..build.toolkit import check_package, find_gpu, find_toolkit
from ..connectivity.blocks import block_length
from ..connectivity.host import HostSession
from ..devices import CppStandalone, CudaStandalone, Device, Reference, Runtime
from ..recording import Chunk
from ..reference import simulate
from .binary import Children, Prepared, prepare, run_images
from .collect import from_arrays
from .gpu import OnGpu, check_gpu_memory, check_length
from .job import Job

__all__ = ["Engine", "open_engine"]

Report = Callable[[int], None]


class Engine(Protocol):
    """An opened device."""

    def start(self, job: Job, images: int, folder: Path) -> None:
        """Get ready for chunks of so many images; the job has the structure the engine was opened for."""

    def run(self, frames: np.ndarray, first_image: int, report: Report) -> Chunk:
        """Run images, (images, 1 or steps, *input shape) in the job's precision; report how many are done.

        `first_image`: the first one's number among all of the run.
        """

    def stop(self) -> None:
        """End everything that runs, at once."""

    def close(self) -> None:
        """Give back what was opened."""


@functools.singledispatch
def open_engine(device: Device, job: Job, door: BrianDoor | None) -> Engine:
    """Return an engine of `device` for jobs of this structure; a build happens here."""
    raise TypeError(f"{device!r} is no device")


class _InProcess:
    """What engines without a process of their own have in common."""

    job: Job

    def start(self, job: Job, images: int, folder: Path) -> None:
        self.job = job

    def stop(self) -> None:
        pass

    def close(self) -> None:
        pass


class ReferenceEngine(_InProcess):
    """Runs `reference.simulate`."""

    def run(self, frames: np.ndarray, first_image: int, report: Report) -> Chunk:
        job = self.job
        run = simulate(
            job.network,
            frames,
            job.shown,
            dt=job.dt,
            dtype=job.dtype,
            physical=job.physical,
            alignment=job.alignment,
            first_image=first_image,
        )
        made = list(run)
        names = [layer.name for layer in job.network.neurons]
        strengths = {name: np.stack([step[name].strength for step in made], axis=1) for name in names}
        potentials = {name: np.stack([step[name].potential for step in made], axis=1) for name in names}
        report(len(frames))
        return from_arrays(job, strengths, potentials)


class RuntimeEngine(_InProcess):
    """Runs the Brian2 model in this process."""

    def __init__(self, door: BrianDoor | None) -> None:
        self.door = door

    def run(self, frames: np.ndarray, first_image: int, report: Report) -> Chunk:
        job = self.job
        first = first_neurons(job.network)
        when = job.alignment
        host = HostSession(job.network, job.delivered, first, frames, job.steps, when, first_image)
        with devices.runtime(job.precision):
            import brian2

            from ..build.groups import make_model
            from ..connectivity.session import session_functions

            every = frozenset(population.name for population in populations(job.network))
            functions = session_functions(job.precision, host)
            sliced = bool(self.door)
            model = make_model(
                job.network,
                job.dt,
                functions,
                every,
                sliced,
                job.explicit,
                physical=job.physical,
                alignment=when,
            )
            values_of = assign(
                job.network, job.steps, len(frames), job.dt, physical=job.physical, alignment=when
            )
            for name, values in values_of.items():
                group, variable = name.split(".")
                setattr(model.groups[group], f"{variable}_", values if values.ndim else values[()])
            if self.door:
                model.network.add(self.door(model.slices))
            total = len(frames) * job.steps + when.depth(job.network) + 1
            model.network.run(total * job.dt * brian2.second, namespace={})
        report(len(frames))
        return from_arrays(job, host.strengths, host.potentials)


class StandaloneEngine:
    """Runs the compiled program, each chunk in a process and folder of its own."""

    def __init__(
        self,
        program: Program,
        threads: int,
        private: "tempfile.TemporaryDirectory[str] | None" = None,
        where: OnGpu | None = None,
    ) -> None:
        self.program, self.threads, self.private, self.where = program, threads, private, where
        self.children = Children()
        self.prepared: Prepared | None = None
        self.folder = Path()

    def start(self, job: Job, images: int, folder: Path) -> None:
        shared = folder / "shared"
        shared.mkdir()
        self.children, self.folder = Children(), folder
        self.prepared = prepare(self.program, job, shared, self.threads, self._block(job, images), self.where)

    def _block(self, job: Job, images: int) -> int:
        """Return how many steps layers are apart.

        What is built for one job alone may look at time, and on a GPU a batch already shares the weights.
        """
        if self.where:
            check_length(job, images, self.where.batch)
        if self.private or self.where:
            return 1
        return block_length(job.network, images, job.steps, job.dtype, job.alignment)

    def run(self, frames: np.ndarray, first_image: int, report: Report) -> Chunk:
        assert self.prepared is not None  # start() comes first
        where = self.private.name if self.private else self.folder
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=where))
        chunk = run_images(self.prepared, folder, frames, first_image, self.children, report)
        if self.program.device is None:
            shutil.rmtree(folder)
        else:  # the user's own objects read their results as they are asked for them
            self.program.device.results_dir, self.program.device.has_been_run = f"{folder / 'results'}/", True
        return chunk

    def stop(self) -> None:
        self.children.end()

    def close(self) -> None:
        self.stop()
        if self.private:
            self.private.cleanup()


@open_engine.register
def _(device: Reference, job: Job, door: BrianDoor | None) -> Engine:
    return ReferenceEngine()


@open_engine.register
def _(device: Runtime, job: Job, door: BrianDoor | None) -> Engine:
    devices.check_brian2()
    return RuntimeEngine(door)


@open_engine.register
def _(device: CppStandalone, job: Job, door: BrianDoor | None) -> Engine:
    watched = _watched(job)
    if door is None and not job.explicit:
        program = build_program(job.network, device, job.dt, job.precision, watched, job.physical)
        return StandaloneEngine(program, device.threads)
    private = tempfile.TemporaryDirectory(prefix="neurosim-")
    folder = Path(private.name)
    program = build_private(
        folder,
        job.network,
        device,
        job.dt,
        job.precision,
        watched,
        door,
        job.explicit,
        job.physical,
        job.alignment,
    )
    return StandaloneEngine(program, device.threads, private)


@open_engine.register
def _(device: CudaStandalone, job: Job, door: BrianDoor | None) -> Engine:
    check_package()
    toolkit, gpu = find_toolkit(device), find_gpu(device)
    where, capability = OnGpu(gpu, device.batch), device.compute_capability or gpu.compute_capability
    check_gpu_memory(job, where)
    watched = _watched(job)
    program = build_cuda_program(
        job.network, device, toolkit, capability, job.dt, job.precision, watched, job.physical
    )
    return StandaloneEngine(program, 1, where=where)


def _watched(job: Job) -> frozenset[str]:
    """Return the populations whose potentials are recorded."""
    return frozenset(
        population.name
        for population in populations(job.network)
        if any(len(job.watched(layer.name)) for layer in population.layers)
    )
