"""Simulation: build a network once for a device, then run it on any images."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from tqdm import tqdm

from ..build.standalone import BrianDoor
from ..devices import CppStandalone, Device, Reference
from ..errors import InputError
from ..network import Network
from ..neurons import Input
from ..provenance import provenance
from ..recording import Chunk, Header, Record, Recording, parse_record
from ..stimuli import Direct, as_stimulus
from .budget import Estimate, check_budget, chunk_size, estimate
from .engines import open_engine
from .job import Job

__all__ = ["Simulation"]


class Simulation:
    """A network on a device: built once, run many times; a context manager.

    Parameters
    ----------
    network : Network
    device : Reference, Runtime or CppStandalone
    steps : int
        Length T of each image's window.
    dt : float
        Time step [s].
    precision : "double" or "single"
        Of every state, weight and sum.
    record : str or dict
        A level, "totals" < "counts" < "spikes", or {layer: level | Potential(neurons) | tuple of them}.
        Output layers are always kept.
    brian : function, optional
        From each layer's Brian2 subgroup by name to a list of Brian2 objects that join the simulation.
        Such a simulation is compiled afresh, a run takes all its images at once, and the objects' results
        can be read until the simulation is closed.

    Raises
    ------
    InputError
        If an argument is out of bounds.
    DeviceUnavailable
        If the device lacks a package or a compiler.
    RunFailed
        If the build fails.
    """

    def __init__(
        self,
        network: Network,
        device: Device,
        steps: int,
        *,
        dt: float = 1e-3,
        precision: str = "double",
        record: Record = "totals",
        brian: BrianDoor | None = None,
    ) -> None:
        _check_parts(network, device, brian)
        _check_run(steps, dt, precision)
        kept = parse_record(record, {layer.name: layer.shape for layer in network.neurons})
        self.network, self.device, self._door = network, device, brian
        self._job = Job(network, steps, dt, precision, kept)
        self._engine = open_engine(device, self._job, brian)

    def __enter__(self) -> "Simulation":
        return self

    def __exit__(self, *exception: object) -> None:
        self._engine.close()

    def estimate(self, images: int, jobs: int = 1) -> Estimate:
        """Return the memory and disk [bytes] that a run of so many images takes.

        Raises
        ------
        InputError
            If a number is no whole number >= 1.
        """
        _check_count("images", images)
        _check_count("jobs", jobs)
        return estimate(self._job, images, chunk_size(self._job, self.device, images, jobs), jobs)

    def run(
        self,
        inputs: Direct | ArrayLike,
        labels: ArrayLike | None = None,
        *,
        network: Network | None = None,
        jobs: int = 1,
        output: str | Path | None = None,
        resume: bool = False,
        progress: bool = True,
    ) -> Recording:
        """Simulate images and return what was recorded.

        Parameters
        ----------
        inputs : array, shape (images, *shape) or (images, steps, *shape), or a stimulus
            Raw pixels; the network's `Input` normalises them.
        labels : array of int, shape (images,), optional
        network : Network, optional
            Another network of equal `structure()`: its values are used, and nothing is compiled.
        jobs : int
            Processes that share the images; results do not depend on it.
        output : path, optional
            The recording's file; without it the recording lives in a temporary file.
        resume : bool
            Take up a run to `output` that was interrupted, at its last finished chunk.
        progress : bool
            Show a progress bar on stderr.

        Raises
        ------
        InputError
            If images, labels or network do not fit, or the output exists.
        BudgetExceeded
            If the machine has less memory or disk than the run needs.
        RunFailed
            If the device ends without a trustworthy result.
        """
        job = self._job_for(network)
        stimulus = as_stimulus(inputs)
        stimulus.check(job.network.input.shape, job.steps)
        self._check_jobs(jobs, stimulus.images)
        known = _checked_labels(labels, stimulus.images, job.network)
        size = chunk_size(job, self.device, stimulus.images, jobs) if not self._door else stimulus.images
        with _working_folder(output, resume, lambda: _identity(job, stimulus, size)) as folder:
            check_budget(estimate(job, stimulus.images, size, jobs), folder)
            chunks = _Chunks(job, stimulus, size, folder)
            self._run_chunks(chunks, jobs, progress)
            header = _header(job, self.device, stimulus)
            return Recording.write(output, header, chunks.load(), known)

    def _job_for(self, network: Network | None) -> Job:
        if network is None or network is self.network:
            return self._job
        _check_network(network)
        if network.structure() != self.network.structure():
            raise InputError(
                "Simulation.run: network has another structure than the one that was built: "
                "make a Simulation of it"
            )
        return Job(network, self._job.steps, self._job.dt, self._job.precision, self._job.record)

    def _check_jobs(self, jobs: int, images: int) -> None:
        _check_count("jobs", jobs)
        if jobs > (cores := len(os.sched_getaffinity(0))):
            raise InputError(f"Simulation.run: jobs is {jobs}: this process may use {cores} cores")
        if jobs > 1 and (self._door or not isinstance(self.device, CppStandalone)):
            raise InputError(
                f"Simulation.run: jobs is {jobs}: only CppStandalone without own Brian2 objects runs several"
            )

    def _run_chunks(self, chunks: "_Chunks", jobs: int, progress: bool) -> None:
        """Run every chunk that is not there yet, `jobs` at a time; on any failure end them all."""
        waiting = chunks.missing()
        if not waiting:
            return
        with (
            tempfile.TemporaryDirectory(prefix="running-", dir=chunks.folder) as scratch,
            tqdm(
                total=chunks.images, desc=type(self.device).__name__, unit="image", disable=not progress
            ) as bar,
            ThreadPoolExecutor(jobs) as pool,
        ):
            self._engine.start(chunks.job, Path(scratch))
            bar.update(chunks.images - sum(chunks.length(number) for number in waiting))
            try:
                done = [pool.submit(self._run_chunk, chunks, number, bar) for number in waiting]
                for future in wait(done, return_when=FIRST_EXCEPTION).done:
                    future.result()
            except BaseException:
                self._engine.stop()
                pool.shutdown(cancel_futures=True)
                raise

    def _run_chunk(self, chunks: "_Chunks", number: int, bar: "tqdm[Any]") -> None:
        shown = 0

        def report(images: int) -> None:
            nonlocal shown
            images = min(images, chunks.length(number))
            bar.update(max(0, images - shown))
            shown = max(shown, images)

        self._engine.run(chunks.frames(number), report).save(chunks.path(number))
        report(chunks.length(number))


class _Chunks:
    """The images of a run in consecutive chunks, each with a file that is there once it is finished."""

    def __init__(self, job: Job, stimulus: Direct, size: int, folder: Path) -> None:
        self.job, self.stimulus, self.size, self.folder = job, stimulus, size, folder
        self.images = stimulus.images

    def _slice(self, number: int) -> slice:
        return slice(number * self.size, min(self.images, (number + 1) * self.size))

    def length(self, number: int) -> int:
        part = self._slice(number)
        return int(part.stop - part.start)

    def path(self, number: int) -> Path:
        return self.folder / f"chunk-{number:06}.h5"

    def missing(self) -> list[int]:
        return [number for number in range(-(-self.images // self.size)) if not self.path(number).exists()]

    def frames(self, number: int) -> np.ndarray:
        layer = self.job.network.input
        assert isinstance(layer.neuron, Input)  # Network.input is the layer that has one
        values = self.stimulus.frames(layer.neuron, layer.shape, self._slice(number))
        return values.astype(self.job.dtype)

    def load(self) -> Iterator[Chunk]:
        return (Chunk.load(self.path(number)) for number in range(-(-self.images // self.size)))


def _check_parts(network: Network, device: Device, brian: BrianDoor | None) -> None:
    _check_network(network)
    if not isinstance(device, Device):
        raise InputError(f"Simulation: device is {device!r}: give Reference(), Runtime() or CppStandalone()")
    if brian is not None and isinstance(device, Reference):
        raise InputError(
            "Simulation: Reference runs without Brian2, so brian has no effect: use another device"
        )
    if brian is not None and not callable(brian):
        raise InputError(f"Simulation: brian is {brian!r}: give a function from subgroups to Brian2 objects")


def _check_network(network: object) -> None:
    if not isinstance(network, Network):
        raise InputError(f"Simulation: network is {network!r}: give a Network (Network.load reads a file)")


def _check_count(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise InputError(f"Simulation: {name} is {value!r}: give a whole number >= 1")


def _check_run(steps: int, dt: float, precision: str) -> None:
    if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or not 1 <= steps < 2**31:
        raise InputError(f"Simulation: steps is {steps!r}: give a whole number in [1, 2**31)")
    if isinstance(dt, bool) or not isinstance(dt, (int, float)) or not 0 < dt < float("inf"):
        raise InputError(f"Simulation: dt is {dt!r}: give a positive number of seconds")
    if precision not in ("double", "single"):
        raise InputError(f"Simulation: precision is {precision!r}: it must be 'double' or 'single'")


def _checked_labels(labels: ArrayLike | None, images: int, network: Network) -> np.ndarray | None:
    if labels is None:
        return None
    known = np.asarray(labels)
    classes = min(layer.size for layer in network.outputs)
    if known.shape != (images,) or known.dtype.kind not in "iu":
        raise InputError(
            f"labels have shape {known.shape} and type {known.dtype}: give {images} whole numbers"
        )
    if known.min() < 0 or known.max() >= classes:
        raise InputError(
            f"labels span [{known.min()}, {known.max()}]: the output has {classes} neurons, so give "
            f"0 to {classes - 1}"
        )
    return known.astype(np.int64)


def _identity(job: Job, stimulus: Direct, size: int) -> dict[str, Any]:
    """Return what must be equal for a run to be resumed."""
    pixels = hashlib.sha256(np.ascontiguousarray(stimulus.values).tobytes()).hexdigest()
    kept = {name: repr(kept) for name, kept in job.record.items()}
    return {
        "network": job.network.fingerprint(),
        "images": [stimulus.images, str(stimulus.values.dtype), pixels],
        "run": [job.steps, job.dt, job.precision, size],
        "record": kept,
    }


@contextlib.contextmanager
def _working_folder(output: str | Path | None, resume: bool, identity: Any) -> Iterator[Path]:
    """Give a run a folder for its chunks: beside the output, kept if the run fails, or temporary."""
    if output is None:
        if resume:
            raise InputError("Simulation.run: resume needs the output of the run that was interrupted")
        with tempfile.TemporaryDirectory(prefix="neurosim-") as temporary:
            yield Path(temporary)
        return
    output = Path(output).absolute()  # the program runs in a folder of its own
    if output.exists():
        raise InputError(f"{output} exists: choose another output, or remove it")
    if not output.parent.is_dir():
        raise InputError(f"{output}: there is no folder {output.parent}: make it first")
    folder = output.with_name(output.name + ".partial")
    _check_partial(folder, resume, identity())
    try:
        yield folder
        shutil.rmtree(folder)
    except BaseException:
        if not any(folder.glob("chunk-*")):
            shutil.rmtree(folder)
        raise


def _check_partial(folder: Path, resume: bool, identity: dict[str, Any]) -> None:
    run = folder / "run.json"
    if not folder.exists():
        folder.mkdir()
        run.write_text(json.dumps(identity))
    elif not resume:
        raise InputError(
            f"{folder} holds an interrupted run: resume it (resume=True, --resume), or remove it"
        )
    elif json.loads(run.read_text()) != identity:
        raise InputError(
            f"{folder} holds a run with other images, values or settings: remove it to start anew"
        )
    for leftover in folder.glob("running-*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _header(job: Job, device: Device, stimulus: Direct) -> Header:
    network = job.network
    return Header(
        layers={layer.name: layer.shape for layer in network.neurons},
        steps=job.steps,
        dt=job.dt,
        latency={layer.name: network.latency[layer.name] for layer in network.neurons},
        outputs=tuple(layer.name for layer in network.outputs),
        record=job.record,
        classes=network.classes,
        provenance=provenance() | {"device": repr(device), "precision": job.precision},
    )
