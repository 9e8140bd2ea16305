"""Some consecutive images of a run, as a device hands them over."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError
from neurosim.files import atomic, open_hdf5
from neurosim.files.checks import parsing
from neurosim.recording.datasets import append, create, create_file, read_json, write_json
from neurosim.recording.packed import PackedSpikes

__all__ = ["Chunk", "join", "regroup"]

Array = NDArray[Any]
ARRAYS = ("totals", "counts", "events", "outputs", "potentials")
KIND = "neurosim chunk"


@dataclass(frozen=True, eq=False)
class Chunk:
    """Consecutive images of a run; every dict is by layer.

    Parameters
    ----------
    images : int
        How many.
    spikes : dict of PackedSpikes
        Of layers kept at level "spikes" and of output layers that spike.
    counts, events : dict of integers (images, *shape)
        Sum of strengths and number of spikes of every neuron; where every strength is 1, events alone.
    totals : dict of int64 (images,)
        Number of spikes of the layer.
    outputs : dict of float (images, steps, *shape)
        Of output layers that accumulate: the potential after every step.
    potentials : dict of float (images, steps, chosen)
        Of the chosen neurons, after reset.

    Raises
    ------
    InputError
        If an entry is of another number of images.
    """

    images: int
    spikes: Mapping[str, PackedSpikes] = field(default_factory=dict)
    counts: Mapping[str, Array] = field(default_factory=dict)
    events: Mapping[str, Array] = field(default_factory=dict)
    totals: Mapping[str, Array] = field(default_factory=dict)
    outputs: Mapping[str, Array] = field(default_factory=dict)
    potentials: Mapping[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kind in ARRAYS:
            for layer, array in getattr(self, kind).items():
                self._check_images(kind, layer, len(array))
        for layer, spikes in self.spikes.items():
            self._check_images("spikes", layer, spikes.images)

    def _check_images(self, kind: str, layer: str, images: int) -> None:
        if images != self.images or images < 1:
            raise InputError(f"Chunk: {kind} of {layer!r} has {images} images; the chunk has {self.images}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Chunk):
            return NotImplemented
        return all(_same(getattr(self, part.name), getattr(other, part.name)) for part in fields(self))

    __hash__ = None  # type: ignore[assignment]

    def take(self, start: int, stop: int) -> "Chunk":
        """Return images start..stop-1."""
        spikes = {layer: spikes.take(start, stop) for layer, spikes in self.spikes.items()}
        arrays = {k: {layer: array[start:stop] for layer, array in getattr(self, k).items()} for k in ARRAYS}
        return Chunk(stop - start, spikes, **arrays)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the chunk as one file, beside and renamed, so that it survives a kill.

        Raises
        ------
        FileError
            If the file cannot be written.
        """
        with atomic(path) as temporary, create_file(temporary) as file:
            shapes = {layer: spikes.shape for layer, spikes in self.spikes.items()}
            names = {kind: list(getattr(self, kind)) for kind in ARRAYS}
            write_json(file, KIND, {"images": self.images, "spikes": shapes, **names})
            for name, array in self._columns():
                append(create(file, name, array.shape[1:], array.dtype), array)

    def _columns(self) -> Iterator[tuple[str, Array]]:
        for kind in ARRAYS:
            for index, array in enumerate(getattr(self, kind).values()):
                yield f"{kind}/{index}", array
        for index, spikes in enumerate(self.spikes.values()):
            yield from ((f"spikes/{index}/{name}", array) for name, array in spikes.columns().items())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Chunk":
        """Read a chunk.

        Raises
        ------
        FileError
            If the file is not a chunk, or is damaged.
        """
        path = Path(path)
        with open_hdf5(path) as file, parsing(path, "chunk"):
            said = read_json(path, file, KIND)
            images = said["images"]
            arrays = {kind: _load_arrays(file, kind, said[kind]) for kind in ARRAYS}
            spikes = {
                layer: PackedSpikes.of({name: d[...] for name, d in file[f"spikes/{index}"].items()}, shape)
                for index, (layer, shape) in enumerate(said["spikes"].items())
            }
            return cls(images, spikes, **arrays)


def join(chunks: Sequence[Chunk]) -> Chunk:
    """Return consecutive chunks as one."""
    if len(chunks) == 1:
        return chunks[0]
    first = chunks[0]
    spikes = {layer: PackedSpikes.join([chunk.spikes[layer] for chunk in chunks]) for layer in first.spikes}
    arrays = {
        kind: {
            layer: np.concatenate([getattr(c, kind)[layer] for c in chunks]) for layer in getattr(first, kind)
        }
        for kind in ARRAYS
    }
    return Chunk(sum(chunk.images for chunk in chunks), spikes, **arrays)


def regroup(chunks: Iterable[Chunk], size: int) -> Iterator[Chunk]:
    """Yield the same images in chunks of `size`, the last one perhaps smaller."""
    waiting: list[Chunk] = []
    room = size
    for chunk in chunks:
        start = 0
        while start < chunk.images:
            part = chunk.take(start, min(chunk.images, start + room))
            waiting.append(part)
            start, room = start + part.images, room - part.images
            if room == 0:
                yield join(waiting)
                waiting, room = [], size
    if waiting:
        yield join(waiting)


def _load_arrays(file: h5py.File, kind: str, layers: Sequence[str]) -> dict[str, Array]:
    return {layer: file[f"{kind}/{index}"][...] for index, layer in enumerate(layers)}


def _same(one: Any, other: Any) -> bool:
    if not isinstance(one, Mapping):
        return bool(one == other)
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)
