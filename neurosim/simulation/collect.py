"""From what a device leaves behind to chunks of a recording."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from ..errors import RunFailed
from ..layers import Layer
from ..recording import Chunk
from ..spikes import Spikes
from .job import Job

__all__ = ["from_arrays", "from_files", "strength_bytes"]


def from_arrays(job: Job, strengths: Mapping[str, np.ndarray], potentials: Mapping[str, np.ndarray]) -> Chunk:
    """Make a chunk of dense arrays by layer, each (images, steps, *shape)."""
    images = len(next(iter(strengths.values())))
    spikes = {name: Spikes.from_dense(array.astype(np.int32), job.dt) for name, array in strengths.items()}
    at = {level: [name for name in strengths if job.level(name) == level] for level in ("counts", "spikes")}
    chosen = {
        name: potentials[name].reshape(images, job.steps, -1)[..., job.watched(name)] for name in strengths
    }
    return Chunk(
        images,
        spikes={name: spikes[name] for name in at["spikes"]},
        counts={name: spikes[name].counts() for name in at["counts"]},
        events={name: spikes[name].events() for name in at["counts"]},
        totals={name: spikes[name].totals() for name in strengths},
        outputs={layer.name: potentials[layer.name] for layer in _accumulating(job)},
        potentials={name: values for name, values in chosen.items() if values.size},
    )


def _accumulating(job: Job) -> list[Layer]:
    return [layer for layer in job.network.outputs if not layer.model.spiking]


def strength_bytes(layer: Layer) -> int:
    """Return how many bytes a strength takes in a layer's file: none where it is always 1."""
    if not layer.model.signed:
        return 0
    return 1 if layer.model.largest_strength <= 127 else 4


def from_files(job: Job, folder: Path, first: Mapping[str, int], images: int) -> Chunk:
    """Make a chunk of the files that `session.h` writes.

    Raises
    ------
    RunFailed
        If a file is missing, too short or too long, or holds what cannot be.
    """
    layers = [(job.network[name], _Files(folder, number)) for number, name in enumerate(first)]
    at = {
        level: [pair for pair in layers if job.level(pair[0].name) == level] for level in ("counts", "spikes")
    }
    seen = {layer.name: _seen(job, layer, files, images) for layer, files in layers}
    return Chunk(
        images,
        spikes={layer.name: _spikes(job, layer, files, images) for layer, files in at["spikes"]},
        counts={layer.name: _per_neuron(layer, files, "counts", images) for layer, files in at["counts"]},
        events={layer.name: _per_neuron(layer, files, "events", images) for layer, files in at["counts"]},
        totals={layer.name: files.read("totals", np.int64, images) for layer, files in layers},
        outputs={
            layer.name: seen[layer.name](np.arange(layer.size)).reshape(images, job.steps, *layer.shape)
            for layer in _accumulating(job)
        },
        potentials={
            name: values(job.watched(name)) for name, values in seen.items() if len(job.watched(name))
        },
    )


class _Files:
    """The result files of one layer."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder, self.number = folder, number

    def read(self, kind: str, dtype: type, count: int) -> np.ndarray:
        """Return a whole file, which must hold exactly `count` numbers."""
        path = self.folder / f"{kind}_{self.number}.bin"
        found, expected = path.stat().st_size if path.is_file() else 0, count * np.dtype(dtype).itemsize
        if found != expected:
            raise RunFailed(
                f"{path.name} has {found} bytes and should have {expected}: the run did not end properly; is "
                "the disk full?"
            )
        return np.fromfile(path, dtype)


def _channels_first(layer: Layer) -> np.ndarray:
    """Return the C-order index of each neuron, in channels-last order."""
    return np.moveaxis(np.arange(layer.size).reshape(layer.shape), 0, -1).ravel()


def _per_neuron(layer: Layer, files: _Files, kind: str, images: int) -> np.ndarray:
    values = files.read(kind, np.int32, images * layer.size)
    last = values.reshape(images, *layer.shape[1:], layer.shape[0])
    return np.ascontiguousarray(np.moveaxis(last, -1, 1))


def _spikes(job: Job, layer: Layer, files: _Files, images: int) -> Spikes:
    in_step = files.read("steps", np.int32, images * job.steps)
    count = int(in_step.sum())
    neuron = _channels_first(layer)[files.read("neurons", np.int32, count)]
    width = strength_bytes(layer)
    kind = {0: np.int8, 1: np.int8, 4: np.int32}[width]
    strength = files.read("strengths", kind, count if width else 0).astype(np.int32)
    when = np.repeat(np.arange(len(in_step)), in_step)
    order = np.argsort(when * layer.size + neuron)
    image, step = np.divmod(when[order], job.steps)
    strength = strength[order] if width else np.ones(count, np.int32)
    return Spikes(image, step, neuron[order], strength, layer.shape, images, job.steps, job.dt)


def _seen(job: Job, layer: Layer, files: _Files, images: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from C-order indices to their potentials, (images, steps, chosen)."""
    whole = layer in _accumulating(job)
    kept = np.arange(layer.size) if whole else np.unique(job.watched(layer.name))
    if not kept.size:
        return lambda chosen: np.zeros((images, job.steps, 0), job.dtype)
    order = _channels_first(layer)
    written = order[np.isin(order, kept)]
    values = files.read("potentials", job.dtype, images * job.steps * len(written))
    if not np.isfinite(values).all():
        raise RunFailed(f"layer {layer.name!r}: a potential is NaN or infinite: scale weights or inputs down")
    place = np.argsort(written)
    table = values.reshape(images, job.steps, -1)
    return lambda chosen: table[..., place[np.searchsorted(written[place], chosen)]]
