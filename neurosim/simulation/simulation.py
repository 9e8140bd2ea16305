"""Simulation: build a network once for a device, then run it on any images."""

import dataclasses
import math
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike
from tqdm import tqdm

from ..alignment import Alignment
from ..build.standalone import BrianDoor
from ..devices import CppStandalone, Device
from ..errors import InputError
from ..extras import Extra, checked_extras, extended
from ..network import Network
from ..neurons import Input, PhysicalScale
from ..provenance import provenance
from ..recording import Header, Record, Recording, parse_record
from ..stimuli import Stimulus, as_stimulus
from .budget import Estimate, check_budget, check_synapses, chunk_size, estimate
from .checks import (
    check_alignment,
    check_connectivity,
    check_count,
    check_equations,
    check_network,
    check_parts,
    check_physical,
    check_run,
    check_sent,
    checked_labels,
)
from .chunks import Chunks, identity, working_folder
from .engines import open_engine
from .job import Job

__all__ = ["Simulation"]


class Simulation:
    """A network on a device: built once, run many times; a context manager.

    Parameters
    ----------
    network : Network
    device : Reference, Runtime, CppStandalone or CudaStandalone
    steps : int
        Length T of each image's window.
    dt : float
        Time step [s].
    precision : "double" or "single"
        Of every state, weight and sum.
    record : str or dict
        A level, "totals" < "counts" < "spikes", or {layer: level | Potential(neurons) | tuple of them}.
        Output layers are always kept.
    alignment : "aligned" or "free"
        "aligned": a layer's window begins when its input arrives, so that the result is that of a
        frame-by-frame simulation. "free": all layers run at once from the first step of an image, from rest,
        and every projection takes 1 + delay steps, as in tissue or on a chip without a global schedule.
        What is on its way when an image ends is lost, see `Recording.lost`.
    drain : int
        Steps that free layers go on after the T steps of the stimulus; each image then has T + drain.
    connectivity : "kernel" or "synapses"
        "synapses" makes one Brian2 synapse of every connection between neurons (but for maxima), as the
        check of the kernels, on Runtime and CppStandalone. Both give equal spikes and potentials where all
        sums are exact; elsewhere the order of sums differs, and so may a neuron within rounding of its
        threshold. Such a simulation is compiled afresh, and the weights behind the first layer are part of
        its build.
    physical : PhysicalScale, optional
        What the network's numbers are in SI units. Membranes are simulated in volts, and potentials and the
        outputs of layers that accumulate come back in mV; each group has a current I beside its v.
    extras : sequence
        What tissue and chips add: `Refractory`, `Synapse`, `Noise`, `Jitter`, `SpikeLoss`, `Spread`,
        `Substeps`, `WeightBits`, `WeightNoise`; at most one of a kind, in any order.
    brian : function, optional
        From each layer's Brian2 subgroup by name to a list of Brian2 objects that join the simulation.
        Such a simulation is compiled afresh, a run takes all its images at once, and the objects' results
        can be read until the simulation is closed.

    Raises
    ------
    InputError
        If an argument is out of bounds.
    BudgetExceeded
        If the machine has less memory than explicit synapses take.
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
        alignment: str = "aligned",
        drain: int = 0,
        connectivity: str = "kernel",
        physical: PhysicalScale | None = None,
        extras: Sequence[Extra] = (),
        brian: BrianDoor | None = None,
    ) -> None:
        check_parts(network, device, brian)
        check_connectivity(connectivity, device)
        check_run(steps, dt, precision)
        check_alignment(alignment, drain)
        kept = parse_record(record, {layer.name: layer.shape for layer in network.neurons})
        self.network, self.device, self._door = network, device, brian
        self.extras = checked_extras(extras)
        whole = extended(network, self.extras)
        check_sent(whole, connectivity)
        check_physical(whole, physical)
        n = math.prod(extra.substeps for extra in self.extras)
        check_equations(whole, device, dt / n, precision)
        when = Alignment(alignment == "free", n * drain, n)
        self._job = Job(whole, n * (steps + drain), dt / n, precision, kept, connectivity, physical, when)
        check_synapses(self._job)
        self._engine = open_engine(device, self._job, brian)

    def __enter__(self) -> "Simulation":
        return self

    def __exit__(self, *exception: object) -> None:
        self._engine.close()

    def estimate(self, images: int, jobs: int = 1, *, frames: int = 1) -> Estimate:
        """Return the memory and disk [bytes] that a run of so many images takes.

        An image has one frame if it stands still; moving images and spikes have `steps` frames.

        Raises
        ------
        InputError
            If a number is no whole number >= 1.
        """
        check_count("images", images)
        check_count("jobs", jobs)
        check_count("frames", frames)
        chunk = chunk_size(self._job, self.device, images, jobs, frames)
        return estimate(self._job, images, chunk, jobs, frames)

    def run(
        self,
        inputs: Stimulus | ArrayLike,
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
            Raw pixels, which the network's `Input` normalises; or spikes, which it takes as they are.
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
        layer, images = job.network.input, len(stimulus)
        assert isinstance(layer.neuron, Input)  # Network.input is the layer that has one
        stimulus.check(layer.neuron, layer.shape, job.frames)
        frames = job.alignment.substeps * stimulus.frame_count(layer.shape, job.frames)
        self._check_jobs(jobs)
        known = checked_labels(labels, images, job.network)
        size = images if self._door else chunk_size(job, self.device, images, jobs, frames)
        with working_folder(output, resume, size, lambda: identity(job, stimulus)) as (folder, size):
            check_budget(estimate(job, images, size, jobs, frames), folder)
            chunks = Chunks(job, stimulus, size, folder)
            self._run_chunks(chunks, jobs, progress)
            header = _header(job, self.device, self.extras, stimulus)
            return Recording.write(output, header, chunks.load(), known)

    def _job_for(self, network: Network | None) -> Job:
        if network is None or network is self.network:
            return self._job
        check_network(network)
        if network.structure() != self.network.structure():
            raise InputError(
                "Simulation.run: network has another structure than the one that was built: "
                "make a Simulation of it"
            )
        whole = extended(network, self.extras)
        check_equations(whole, self.device, self._job.dt, self._job.precision)
        job = dataclasses.replace(self._job, network=whole)
        if [p.ops for p in job.explicit] != [p.ops for p in self._job.explicit]:
            raise InputError(
                "Simulation.run: network has other weights than the explicit synapses that were built: "
                "make a Simulation of it"
            )
        return job

    def _check_jobs(self, jobs: int) -> None:
        check_count("jobs", jobs)
        if jobs > (cores := len(os.sched_getaffinity(0))):
            raise InputError(f"Simulation.run: jobs is {jobs}: this process may use {cores} cores")
        if jobs > 1 and (self._door or not isinstance(self.device, CppStandalone)):
            raise InputError(
                f"Simulation.run: jobs is {jobs}: only CppStandalone without own Brian2 objects runs several"
            )

    def _run_chunks(self, chunks: Chunks, jobs: int, progress: bool) -> None:
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
            self._engine.start(chunks.job, chunks.length(0), Path(scratch))
            bar.update(chunks.images - sum(chunks.length(number) for number in waiting))
            try:
                done = [pool.submit(self._run_chunk, chunks, number, bar) for number in waiting]
                for future in wait(done, return_when=FIRST_EXCEPTION).done:
                    future.result()
            except BaseException:
                self._engine.stop()
                pool.shutdown(cancel_futures=True)
                raise

    def _run_chunk(self, chunks: Chunks, number: int, bar: "tqdm[Any]") -> None:
        shown = 0

        def report(images: int) -> None:
            nonlocal shown
            images = min(images, chunks.length(number))
            bar.update(max(0, images - shown))
            shown = max(shown, images)

        self._engine.run(chunks.frames(number), chunks.first(number), report).save(chunks.path(number))
        report(chunks.length(number))


def _header(job: Job, device: Device, extras: Sequence[Extra], stimulus: Stimulus) -> Header:
    network, latency = job.network, job.alignment.latency(job.network)
    return Header(
        layers={layer.name: layer.shape for layer in network.neurons},
        steps=job.steps,
        dt=job.dt,
        latency={layer.name: latency[layer.name] for layer in network.neurons},
        outputs=tuple(layer.name for layer in network.outputs),
        record=job.record,
        classes=network.classes,
        graded=tuple(layer.name for layer in network.neurons if layer.model.signed),
        provenance=provenance()
        | {
            "network": network.fingerprint(),
            "device": repr(device),
            "precision": job.precision,
            "connectivity": job.connectivity,
            "stimulus": repr(stimulus),
            "alignment": "free" if job.alignment.free else "aligned",
            "drain": job.alignment.drain,
            "extras": list(map(repr, extras)),
        }
        | ({"physical": repr(job.physical)} if job.physical else {}),
        reach=job.alignment.ways(network),
    )
