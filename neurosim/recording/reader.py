"""A recording's file, opened, compared with its header, and read dataset by dataset."""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
from numpy.typing import NDArray

from neurosim.files import atomic, open_hdf5
from neurosim.files.checks import parsing, refuse
from neurosim.recording.datasets import read_json
from neurosim.recording.header import Header
from neurosim.recording.packed import PackedSpikes
from neurosim.recording.store import KIND, check_labels
from neurosim.spikes import Spikes

__all__ = ["Reader"]

Array = NDArray[Any]


class Reader:
    """One open file; whatever is wrong with it raises FileError."""

    def __init__(self, path: Path, file: h5py.File, header: Header) -> None:
        self.path, self.header = path, header
        self.images = int(file.attrs["images"])
        self._file = file
        self._groups = {layer: f"layers/{index:03d}" for index, layer in enumerate(header.layers)}

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a file after comparing what it holds with what its header says."""
        with ExitStack() as stack:
            file = stack.enter_context(open_hdf5(path))
            with parsing(path, "recording"):
                reader = cls(path, file, Header.from_json(read_json(path, file, KIND)))
                reader._check()
            stack.pop_all()
        return reader

    def has(self, layer: str, name: str) -> bool:
        """Return whether this dataset of a layer was kept."""
        return f"{self._groups[layer]}/{name}" in self._file

    def read(self, layer: str, name: str, rows: slice = slice(None)) -> Array:
        """Return rows of a layer's dataset."""
        with parsing(self.path, "recording"):
            return np.asarray(self._file[f"{self._groups[layer]}/{name}"][rows])

    def labels(self) -> NDArray[np.int64] | None:
        """Return the labels int64 (images,), if there are any."""
        with parsing(self.path, "recording"):
            return np.asarray(self._file["labels"][...]) if "labels" in self._file else None

    def spikes(self, layer: str, chosen: NDArray[np.int64]) -> Spikes:
        """Return the spikes of chosen images, renumbered."""
        totals = self.read(layer, "totals")
        ends = totals.cumsum()
        runs = np.split(chosen, np.flatnonzero(np.diff(chosen) != 1) + 1)  # of consecutive images
        rows = [slice(int(ends[run[0]] - totals[run[0]]), int(ends[run[-1]])) for run in runs]
        names = ("neuron", "strength") if layer in self.header.graded else ("neuron",)
        columns = {name: np.concatenate([self.read(layer, name, part) for part in rows]) for name in names}
        columns["in_step"] = self.read(layer, "in_step")[chosen]
        with parsing(self.path, "recording"):
            return PackedSpikes.of(columns, self.header.layers[layer]).unpack(self.header.dt)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a copy of the file, even if its own name is gone."""
        source = self._file.id.get_vfd_handle()
        with atomic(path) as temporary, temporary.open("wb") as target:
            while block := os.pread(source, 2**20, target.tell()):
                target.write(block)

    def _check(self) -> None:
        for layer, group in self._groups.items():
            found = {name: (d.shape, d.dtype.kind.replace("u", "i")) for name, d in self._file[group].items()}
            expected = self._expected(layer)
            if found != expected:
                refuse(self.path, f"layer {layer!r}", found, str(expected))
        labels = self.labels()
        if labels is not None:
            check_labels(self.header, self.images, labels)

    def _expected(self, layer: str) -> dict[str, tuple[tuple[int, ...], str]]:
        shape, kept = self.header.layers[layer], self.header.record[layer]
        window, graded = (self.images, self.header.steps), layer in self.header.graded
        accumulates = layer in self.header.outputs and self.has(layer, "outputs")
        expected: dict[str, tuple[tuple[int, ...], str]] = {"totals": ((self.images,), "i")}
        if kept.level == "spikes" or (layer in self.header.outputs and not accumulates):
            total = int(self.read(layer, "totals").sum())
            expected |= {"in_step": (window, "i"), "neuron": ((total,), "i")}
            expected |= {"strength": ((total,), "i")} if graded else {}
        elif kept.level == "counts":
            expected["events"] = ((self.images, *shape), "i")
            expected |= {"counts": ((self.images, *shape), "i")} if graded else {}
        if accumulates:
            expected["outputs"] = ((*window, *shape), "f")
        if kept.potential:
            expected["potentials"] = ((*window, kept.potential.count(shape)), "f")
        return expected
