"""Datasets that grow by rows, the same bytes for the same calls, and JSON beside them."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from neurosim.errors import InputError
from neurosim.files.checks import refuse

__all__ = ["append", "create", "create_file", "read_json", "write_json"]

CHUNK_BYTES = 2**14
"""Of a dataset's chunks, which are written whole: small recordings must stay small."""
LARGEST_CHUNK = 2**20
VERSION = 1


def create_file(path: Path) -> h5py.File:
    """Return a new file whose metadata carry checksums and whose bytes depend on its contents only."""
    return h5py.File(path, "w", libver="v110", rdcc_nbytes=2 * LARGEST_CHUNK)


def create(group: h5py.Group, name: str, row: tuple[int, ...], dtype: DTypeLike) -> h5py.Dataset:
    """Return a new dataset (0, *row), with checksums, that can grow along its first axis."""
    return group.create_dataset(
        name,
        (0, *row),
        dtype,
        maxshape=(None, *row),
        chunks=_chunk_shape(row, np.dtype(dtype).itemsize),
        fletcher32=True,
        track_times=False,
    )


def append(dataset: h5py.Dataset, rows: ArrayLike) -> None:
    """Add rows at the end of a dataset."""
    rows = np.asarray(rows)
    start = len(dataset)
    dataset.resize(start + len(rows), axis=0)
    dataset[start:] = rows


def write_json(file: h5py.File, kind: str, said: Mapping[str, Any]) -> None:
    """Write what kind of file this is and what it says of itself."""
    try:
        text = json.dumps(said, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise InputError(f"{kind}: its header is not JSON: {error}") from None
    file.attrs["format"] = np.bytes_(kind)
    file.attrs["version"] = VERSION
    append(create(file, "header", (), np.uint8), np.frombuffer(text, np.uint8))


def read_json(path: Path, file: h5py.File, kind: str) -> dict[str, Any]:
    """Return what a file of this kind says of itself, else raise FileError."""
    found = file.attrs.get("format", b"none")
    if found != kind.encode():
        refuse(path, "format", found, kind)
    if not 1 <= file.attrs["version"] <= VERSION:
        refuse(path, "version", file.attrs["version"], f"at most {VERSION}: update neurosim to read it")
    said = json.loads(file["header"][...].tobytes().decode("utf-8"))
    return dict(said)


def _chunk_shape(row: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Return about CHUNK_BYTES: some whole rows, a large one alone, or one entry of the largest."""
    size = math.prod(row) * itemsize
    if size > LARGEST_CHUNK:
        return (1, 1, *row[1:])
    return (1 << max(CHUNK_BYTES // size, 1).bit_length() - 1, *row)
