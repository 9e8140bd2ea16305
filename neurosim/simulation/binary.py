"""One run of a compiled program: its own folder, its own process, and no trust in its exit status."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ..build.populations import assign, first_neurons
from ..build.standalone import Program
from ..connectivity.plan import channels_last, make_plan, three_axes
from ..errors import RunFailed
from ..layers import Layer
from ..random_numbers import as_key
from ..recording import Chunk
from .collect import from_files, kept
from .gpu import CHATTER, OnGpu, explained
from .job import Job

__all__ = ["Children", "Prepared", "prepare", "run_images"]


class Children:
    """The processes that are running, so that all can be ended together."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._ended = False

    def start(
        self, command: list[str], folder: Path, threads: int, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start a program of so many threads in `folder`; raise RunFailed once `end` was called."""
        with self._lock:
            if self._ended:
                raise RunFailed("the run was interrupted")
            with (folder / "stderr.txt").open("w") as complaints:
                child = subprocess.Popen(
                    command,
                    cwd=folder,
                    env=os.environ | {"OMP_NUM_THREADS": str(threads)} | dict(environment or {}),
                    stdout=subprocess.PIPE,
                    stderr=complaints,
                    text=True,
                )
            self._running.add(child)
            return child

    def forget(self, child: subprocess.Popen[str]) -> None:
        """Take a process that has ended off the list."""
        with self._lock:
            self._running.discard(child)

    def end(self) -> None:
        """Kill every process, and start no more."""
        with self._lock:
            self._ended = True
            for child in self._running:
                child.kill()


class Prepared:
    """What all runs of one network share: its plan, weights and parameters as files in one folder."""

    def __init__(
        self, program: Program, job: Job, folder: Path, threads: int, block: int, where: OnGpu | None
    ) -> None:
        self.program, self.job, self.folder, self.threads = program, job, folder, threads
        self.block, self.batch = block, where.batch if where else 1
        self.environment = where.environment if where else {}
        self.chatter = CHATTER if where else ()
        self.first = first_neurons(job.network)


def prepare(
    program: Program, job: Job, folder: Path, threads: int, block: int, where: OnGpu | None = None
) -> Prepared:
    """Write what does not depend on the images into `folder`; layers are `block` steps apart."""
    prepared = Prepared(program, job, folder, threads, block, where)
    plan = make_plan(job.network, job.delivered, prepared.first, job.dtype, block, job.alignment)
    plan.numbers.tofile(folder / "plan.bin")
    plan.weights.tofile(folder / "weights.bin")
    layers = [job.network[name] for name in prepared.first]
    np.array([kept(job, layer) for layer in layers], np.int64).tofile(folder / "record.bin")
    np.concatenate([_watched(job, name) for name in prepared.first]).tofile(folder / "watched.bin")
    _draws(layers).tofile(folder / "draws.bin")
    (folder / "static_arrays").symlink_to(program.folder / "static_arrays")
    return prepared


def _draws(layers: Sequence[Layer]) -> np.ndarray:
    """Return how many random numbers a layer has at most, and the seed and stream of each."""
    slots = max(len(layer.model.seeds) for layer in layers)
    table = np.zeros((len(layers), slots, 3), np.int64)
    for number, layer in enumerate(layers):
        for slot, (seed, stream) in enumerate(layer.model.seeds):
            table[number, slot] = *as_key("seed", seed), stream
    return np.concatenate([[slots], table.ravel()])


def _watched(job: Job, name: str) -> np.ndarray:
    """Return 1 for each neuron whose potential is written, in channels-last order; uint8."""
    layer = job.network[name]
    flags = np.zeros(layer.size, np.uint8)
    flags[job.watched(name)] = 1
    if layer in job.network.outputs and not layer.model.spiking:
        flags[:] = 1
    return channels_last(flags.reshape(layer.shape), len(layer.shape))


def run_images(
    prepared: Prepared,
    folder: Path,
    frames: np.ndarray,
    first_image: int,
    children: Children,
    report: Callable[[int], None],
) -> Chunk:
    """Run the program on some images and return what it recorded.

    Parameters
    ----------
    folder : Path
        Empty; where to run.
    frames : array, shape (images, 1 or steps, *input shape)
        Normalised input in the simulation's precision.
    first_image : int
        The first one's number among all of the run.
    report : function
        Called with the number of images done so far.

    Raises
    ------
    RunFailed
        If the program fails, says anything unexpected, or leaves files that are not as they must be.
    """
    images = len(frames)
    _fill(folder, prepared, frames, first_image)
    command = [str(prepared.program.folder / "main"), "--results_dir", f"{folder / 'results'}/"]
    command += _arguments(prepared, images, folder)
    child = children.start(command, folder, prepared.threads, prepared.environment)
    try:
        said = _listen(child, report, prepared.chatter)
    finally:
        child.kill()
        child.wait()
        children.forget(child)
    _check(folder, child.returncode, said, images)
    return from_files(prepared.job, folder / "recorded", prepared.first, images)


def _fill(folder: Path, prepared: Prepared, frames: np.ndarray, first_image: int) -> None:
    """Make a run's folder: links to what all runs share, and this run's own files."""
    for shared in ("plan.bin", "weights.bin", "record.bin", "watched.bin", "draws.bin", "static_arrays"):
        (folder / shared).symlink_to((prepared.folder / shared).resolve())
    for own in ("parameters", "results", "recorded"):
        (folder / own).mkdir()
    job = prepared.job
    network, shape = job.network, job.network.input.shape
    numbers = [
        len(frames),
        job.steps,
        frames.shape[1],
        shape[0],
        *three_axes(shape[1:]),
        job.alignment.depth(network) * prepared.block,
        prepared.block,
        job.shown,
        first_image,
        prepared.batch,
    ]
    np.array(numbers, np.int64).tofile(folder / "run.bin")
    channels_last(frames, len(shape)).tofile(folder / "frames.bin")


def _arguments(prepared: Prepared, images: int, folder: Path) -> list[str]:
    """Write every parameter to a file and return the program's arguments that name them."""
    job, arguments = prepared.job, []
    made = assign(
        job.network, job.steps, images, job.dt, prepared.block, job.physical, job.alignment, prepared.batch
    )
    for name, values in made.items():
        if values.ndim == 0:
            arguments.append(f"{name}={int(values)}")
            continue
        path = f"parameters/{name}.bin"
        values.astype(np.int32 if values.dtype.kind == "i" else job.dtype).tofile(folder / path)
        arguments.append(f"{name}={path}")
    return arguments


def _listen(
    child: subprocess.Popen[str], report: Callable[[int], None], chatter: tuple[str, ...]
) -> list[str]:
    """Pass progress on as it is printed and return every other line but those that begin as chatter does."""
    said = []
    for line in child.stdout or ():
        if line.startswith("@images "):
            report(int(line.split()[1]))
        elif line.strip() and not line.startswith(chatter):
            said.append(line.strip())
    child.wait()
    return said


def _check(folder: Path, status: int, said: list[str], images: int) -> None:
    complaint = (folder / "stderr.txt").read_text(errors="replace").strip().splitlines()
    if status < 0:
        raise RunFailed(f"the simulation was ended by signal {signal.Signals(-status).name}")
    if status != 0 or complaint or said:
        last = " | ".join([*said, *complaint][-3:]) or "it said nothing"
        if known := explained(last):
            raise known
        raise RunFailed(f"the simulation failed with status {status}: {last}")
    done = folder / "recorded" / "done"
    if not done.is_file() or np.fromfile(done, np.int64).tolist() != [images]:
        raise RunFailed("the simulation ended before its last step: run it again, and report it if it stays")
