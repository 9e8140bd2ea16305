"""A run's images in chunks, and the folder in which finished chunks survive a kill."""

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..neurons import Input
from ..recording import Chunk
from ..stimuli import Stimulus
from .job import Job

__all__ = ["Chunks", "identity", "working_folder"]


class Chunks:
    """The images of a run in consecutive chunks, each with a file that is there once it is finished."""

    def __init__(self, job: Job, stimulus: Stimulus, size: int, folder: Path) -> None:
        self.job, self.stimulus, self.size, self.folder = job, stimulus, size, folder
        self.images = len(stimulus)

    def _slice(self, number: int) -> slice:
        return slice(number * self.size, min(self.images, (number + 1) * self.size))

    def length(self, number: int) -> int:
        """Return how many images a chunk has."""
        part = self._slice(number)
        return int(part.stop - part.start)

    def first(self, number: int) -> int:
        """Return the number of a chunk's first image among all."""
        return number * self.size

    def path(self, number: int) -> Path:
        """Return the file of a chunk."""
        return self.folder / f"chunk-{number:06}.h5"

    def missing(self) -> list[int]:
        """Return the chunks that are not finished."""
        return [number for number in range(-(-self.images // self.size)) if not self.path(number).exists()]

    def frames(self, number: int) -> np.ndarray:
        """Return a chunk's normalised input, (images, 1 or steps, *input shape) in the job's precision."""
        layer = self.job.network.input
        assert isinstance(layer.neuron, Input)  # Network.input is the layer that has one
        values = self.stimulus.frames(layer.neuron, layer.shape, self.job.frames, self._slice(number))
        if values.shape[1] > 1:
            values = values.repeat(self.job.alignment.substeps, axis=1)
        return values.astype(self.job.dtype, copy=False)

    def load(self) -> Iterator[Chunk]:
        """Return the finished chunks, read one by one."""
        return (Chunk.load(self.path(number)) for number in range(-(-self.images // self.size)))


def identity(job: Job, stimulus: Stimulus) -> dict[str, Any]:
    """Return what must be equal for a run to be resumed."""
    kept = {name: repr(kept) for name, kept in job.record.items()}
    return {
        "network": job.network.fingerprint(),
        "images": stimulus.fingerprint(),
        "run": [job.steps, job.dt, job.precision, job.connectivity, repr(job.physical), repr(job.alignment)],
        "record": kept,
    }


@contextlib.contextmanager
def working_folder(
    output: str | Path | None, resume: bool, size: int, identity: Any
) -> Iterator[tuple[Path, int]]:
    """Give a run a folder for its chunks: beside the output, kept if the run fails, or temporary.

    With it comes how many images a chunk has: `size`, or what it was in the run that is resumed.
    """
    if output is None:
        if resume:
            raise InputError("Simulation.run: resume needs the output of the run that was interrupted")
        with tempfile.TemporaryDirectory(prefix="neurosim-") as temporary:
            yield Path(temporary), size
        return
    output = Path(output).absolute()  # the program runs in a folder of its own
    if output.exists():
        raise InputError(f"{output} exists: choose another output, or remove it")
    if not output.parent.is_dir():
        raise InputError(f"{output}: there is no folder {output.parent}: make it first")
    folder = output.with_name(output.name + ".partial")
    size = _check_partial(folder, resume, {"identity": identity(), "size": size})
    try:
        yield folder, size
        shutil.rmtree(folder)
    except BaseException:
        if not any(folder.glob("chunk-*")):
            shutil.rmtree(folder)
        raise


def _check_partial(folder: Path, resume: bool, run: dict[str, Any]) -> int:
    file = folder / "run.json"
    if not folder.exists():
        folder.mkdir()
        file.write_text(json.dumps(run))
    elif not resume:
        raise InputError(
            f"{folder} holds an interrupted run: resume it (resume=True, --resume), or remove it"
        )
    before = json.loads(file.read_text())
    if before.get("identity") != run["identity"]:
        raise InputError(
            f"{folder} holds a run with other images, values or settings: remove it to start anew"
        )
    for leftover in folder.glob("running-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    return int(before["size"])
