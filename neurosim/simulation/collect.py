"""From what a device leaves behind to chunks of a recording."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import RunFailed
from ..layers import Layer
from ..recording import LEVELS, Chunk, PackedSpikes, counts_type, events_type, neuron_type, strength_type
from .job import Job
from .units import in_units

__all__ = ["from_arrays", "from_files", "kept"]


def from_arrays(job: Job, strengths: Mapping[str, np.ndarray], potentials: Mapping[str, np.ndarray]) -> Chunk:
    """Make a chunk of dense arrays by layer, each (images, steps, *shape)."""
    images = len(next(iter(strengths.values())))
    for name, array in strengths.items():
        if np.isnan(array).any():
            raise RunFailed(f"layer {name!r}: its equations gave NaN or infinity: make dt shorter")
    potentials = {name: in_units(job, job.network[name], values) for name, values in potentials.items()}
    chosen = {
        name: potentials[name].reshape(images, job.steps, -1)[..., job.watched(name)] for name in strengths
    }
    whole = {layer.name: strengths[layer.name].astype(np.int32) for layer in _at(job, "spikes")}
    counted = {layer: strengths[layer.name].astype(np.int64) for layer in _at(job, "counts")}
    return Chunk(
        images,
        spikes={name: PackedSpikes.from_dense(v, _strengths(job.network[name])) for name, v in whole.items()},
        counts={
            layer.name: values.sum(axis=1).astype(_counts(job, layer))
            for layer, values in counted.items()
            if layer.model.signed
        },
        events={
            layer.name: (values != 0).sum(axis=1).astype(events_type(job.steps))
            for layer, values in counted.items()
        },
        totals={name: np.count_nonzero(v.reshape(images, -1), axis=1) for name, v in strengths.items()},
        outputs={layer.name: potentials[layer.name] for layer in _accumulating(job)},
        potentials={name: values for name, values in chosen.items() if values.size},
    )


def _at(job: Job, level: str) -> list[Layer]:
    return [layer for layer in job.network.neurons if job.level(layer.name) == level]


def _accumulating(job: Job) -> list[Layer]:
    return [layer for layer in job.network.outputs if not layer.model.spiking]


def _strengths(layer: Layer) -> "np.dtype[Any] | None":
    return strength_type(layer.model.largest_strength) if layer.model.signed else None


def _counts(job: Job, layer: Layer) -> "np.dtype[Any]":
    return counts_type(job.steps, layer.model.largest_strength)


def kept(job: Job, layer: Layer) -> tuple[int, int, int]:
    """Return a layer's level, and the bytes of a neuron's index and of a strength in its files.

    A strength has none where it is always 1.
    """
    strength = _strengths(layer)
    level = LEVELS.index(job.level(layer.name))
    return level, neuron_type(layer.size).itemsize, strength.itemsize if strength else 0


def from_files(job: Job, folder: Path, first: Mapping[str, int], images: int) -> Chunk:
    """Make a chunk of the files that `recorder.h` writes.

    Raises
    ------
    RunFailed
        If a file is missing, too short or too long, or holds what cannot be.
    """
    files = {name: _Files(folder, number) for number, name in enumerate(first)}
    counted = _at(job, "counts")
    seen = {name: _seen(job, job.network[name], files[name], images) for name in first}
    return Chunk(
        images,
        spikes={layer.name: _spikes(job, layer, files[layer.name], images) for layer in _at(job, "spikes")},
        counts={
            layer.name: _per_neuron(layer, files[layer.name], "counts", images, _counts(job, layer))
            for layer in counted
            if layer.model.signed
        },
        events={
            layer.name: _per_neuron(layer, files[layer.name], "events", images, events_type(job.steps))
            for layer in counted
        },
        totals={name: file.read("totals", np.int64, images) for name, file in files.items()},
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

    def read(self, kind: str, dtype: "type | np.dtype[Any]", count: int) -> np.ndarray:
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


def _per_neuron(layer: Layer, files: _Files, kind: str, images: int, narrow: "np.dtype[Any]") -> np.ndarray:
    values = files.read(kind, np.int32, images * layer.size).astype(narrow)
    last = values.reshape(images, *layer.shape[1:], layer.shape[0])
    return np.ascontiguousarray(np.moveaxis(last, -1, 1))


def _spikes(job: Job, layer: Layer, files: _Files, images: int) -> PackedSpikes:
    in_step = files.read("in_step", np.int32, images * job.steps).reshape(images, job.steps)
    count, strengths = int(in_step.sum()), _strengths(layer)
    neuron = files.read("neurons", neuron_type(layer.size), count)
    strength = None if strengths is None else files.read("strengths", strengths, count)
    return PackedSpikes(in_step, neuron, strength, layer.shape)


def _seen(job: Job, layer: Layer, files: _Files, images: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from C-order indices to their potentials, (images, steps, chosen)."""
    whole = layer in _accumulating(job)
    watched = np.arange(layer.size) if whole else np.unique(job.watched(layer.name))
    if not watched.size:
        return lambda chosen: np.zeros((images, job.steps, 0), job.dtype)
    order = _channels_first(layer)
    written = order[np.isin(order, watched)]
    values = files.read("potentials", job.dtype, images * job.steps * len(written))
    if not np.isfinite(values).all():
        raise RunFailed(f"layer {layer.name!r}: a potential is NaN or infinite: scale weights or inputs down")
    place = np.argsort(written)
    table = in_units(job, layer, values).reshape(images, job.steps, -1)
    return lambda chosen: table[..., place[np.searchsorted(written[place], chosen)]]
