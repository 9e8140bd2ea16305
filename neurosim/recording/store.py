"""Merging chunks into one file: the same bytes wherever a run was cut into chunks."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError
from neurosim.recording.chunk import Chunk, regroup
from neurosim.recording.datasets import append, create, create_file, write_json
from neurosim.recording.header import Header
from neurosim.recording.narrow import narrow

__all__ = ["KIND", "check_labels", "write_file"]

Array = NDArray[Any]
KIND = "neurosim recording"
BLOCK_BYTES = 2**26
BLOCK_IMAGES = 256


def write_file(path: Path, header: Header, chunks: Iterable[Chunk], labels: ArrayLike | None) -> None:
    """Write header, chunks in their order, and labels to a new file."""
    with create_file(path) as file:
        write_json(file, KIND, header.to_json())
        writer = _Writer(file, header)
        for block in regroup(_alike(header, chunks), _block_images(header)):
            writer.add(block)
        writer.close(labels)


class _Writer:
    """Datasets are made for the first block and grow by every block, always in the same order."""

    def __init__(self, file: h5py.File, header: Header) -> None:
        self.file, self.header = file, header
        self.datasets: dict[str, h5py.Dataset] = {}
        self.images = 0

    def add(self, block: Chunk) -> None:
        self.images += block.images
        for index, layer in enumerate(self.header.layers):
            for name, rows in _parts(block, layer):
                key = f"layers/{index:03d}/{name}"
                if key not in self.datasets:
                    self.datasets[key] = create(self.file, key, rows.shape[1:], rows.dtype)
                append(self.datasets[key], rows)

    def close(self, labels: ArrayLike | None) -> None:
        if not self.images:
            raise InputError("Recording.write: there are no chunks; a recording needs at least one image")
        self.file.attrs["images"] = self.images
        if labels is not None:
            append(create(self.file, "labels", (), np.int64), check_labels(self.header, self.images, labels))


def check_labels(header: Header, images: int, labels: ArrayLike) -> Array:
    """Return labels as int64 (images,), each 0 or more and below the number of classes."""
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu" or labels.shape != (images,):
        raise InputError(
            f"labels: {labels.dtype} {labels.shape}; give one integer for each of {images} images"
        )
    sizes = [math.prod(header.layers[layer]) for layer in header.outputs]
    end = sizes[0] if len(sizes) == 1 else 2**31
    if labels.min() < 0 or labels.max() >= end:
        raise InputError(
            f"labels: {labels.min()}..{labels.max()} found; the network has classes 0..{end - 1}"
        )
    return labels.astype(np.int64)


def _parts(block: Chunk, layer: str) -> Iterator[tuple[str, Array]]:
    yield "totals", block.totals[layer]
    for name in ("counts", "events", "outputs", "potentials"):
        if layer in getattr(block, name):
            yield name, getattr(block, name)[layer]
    if layer in block.spikes:
        yield from block.spikes[layer].columns().items()


def _block_images(header: Header) -> int:
    """Return a power of two that keeps a block's dense arrays near BLOCK_BYTES."""
    neurons = sum(math.prod(shape) for shape in header.layers.values())
    watched = sum(math.prod(header.layers[layer]) for layer in header.outputs) + sum(
        kept.potential.count(header.layers[layer]) for layer, kept in header.record.items() if kept.potential
    )
    fitting = BLOCK_BYTES // (8 * neurons + 8 * header.steps * watched)
    return min(BLOCK_IMAGES, 1 << max(fitting, 1).bit_length() - 1)


def _alike(header: Header, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """Yield chunks narrowed to what is kept; all must hold the same."""
    outputs: list[str] | None = None
    for chunk in chunks:
        narrowed = narrow(header, chunk)
        if outputs not in (None, list(narrowed.outputs)):
            raise InputError(f"Chunk: outputs of {list(narrowed.outputs)} follow outputs of {outputs}")
        outputs = list(narrowed.outputs)
        yield narrowed
