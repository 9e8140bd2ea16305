"""The safetensors format, read more strictly than its own library does and written byte for byte alike.

Format: https://github.com/huggingface/safetensors#format. A file is an 8-byte little-endian header length,
a JSON header, and the tensors' bytes without holes.
"""

import json
import math
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from neurosim.files.atomic import atomic
from neurosim.files.checks import check_name, parsing, refuse, regular_size

__all__ = ["read_safetensors", "write_safetensors"]

Array = NDArray[Any]

HEADER_LIMIT = 10_000_000
DTYPES: dict[str, np.dtype[Any]] = {
    "F16": np.dtype("<f2"),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
    "I8": np.dtype("<i1"),
    "I16": np.dtype("<i2"),
    "I32": np.dtype("<i4"),
    "I64": np.dtype("<i8"),
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


@dataclass(frozen=True)
class _Entry:
    """What the header says of one tensor; begin and end are byte offsets into the data."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    end: int


def read_safetensors(path: str | os.PathLike[str]) -> tuple[dict[str, Array], dict[str, str]]:
    """Read every tensor and the metadata of a safetensors file.

    Parameters
    ----------
    path
        A regular file: header of at most 10 MB without duplicate keys; dtypes F16, F32, F64, I8, I16, I32
        and I64; finite values; no zero-size dimension; no holes, overlaps or trailing bytes.

    Returns
    -------
    tensors : dict of ndarray
        By name, in the order of the header; each owns its memory.
    metadata : dict of str
        The header's ``__metadata__``.

    Raises
    ------
    FileError
        For everything else.
    """
    path = Path(path)
    size = regular_size(path)
    with parsing(path, "safetensors"), path.open("rb") as file:
        header, start = _read_header(path, file, size)
        metadata = _checked_metadata(path, header.pop("__metadata__", {}))
        entries = [_parse_entry(path, name, fields) for name, fields in header.items()]
        _check_names(path, [entry.name for entry in entries])
        _check_layout(path, entries, size - start)
        return {entry.name: _read_tensor(path, file, start, entry) for entry in entries}, metadata


def write_safetensors(
    path: str | os.PathLike[str], tensors: Mapping[str, Array], metadata: Mapping[str, str]
) -> None:
    """Write tensors and metadata as one safetensors file, beside and renamed.

    Equal contents give equal bytes, whatever the order, byte order or memory layout of the arguments.

    Raises
    ------
    FileError
        If `read_safetensors` would refuse the file, or it cannot be written.
    """
    path = Path(path)
    _check_names(path, list(tensors))
    arrays = {name: _plain(path, name, array) for name, array in tensors.items()}
    order = sorted(arrays, key=lambda name: (-arrays[name].itemsize, name))  # widest first: all aligned
    header = _format_header({name: arrays[name] for name in order}, _checked_metadata(path, dict(metadata)))
    if len(header) > HEADER_LIMIT:
        refuse(path, "header", f"{len(header)} bytes", f"at most {HEADER_LIMIT}")
    with atomic(path) as temporary, temporary.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for name in order:
            arrays[name].tofile(file)


def _read_header(path: Path, file: BinaryIO, size: int) -> tuple[dict[str, Any], int]:
    length = int.from_bytes(file.read(8), "little")
    if length > min(HEADER_LIMIT, size - 8):
        refuse(
            path,
            "header length",
            length,
            f"at most {min(HEADER_LIMIT, size - 8)} bytes in a safetensors file",
        )
    text = file.read(length)
    if not text.startswith(b"{"):
        refuse(path, "header", text[:16], "a JSON object")
    return json.loads(text.decode("utf-8"), object_pairs_hook=lambda pairs: _unique(path, pairs)), 8 + length


def _unique(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, value in pairs:
        if key in fields:
            refuse(path, "header", f"the key {key!r} twice", "every key once")
        fields[key] = value
    return fields


def _checked_metadata(path: Path, metadata: object) -> dict[str, str]:
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        refuse(path, "__metadata__", repr(metadata), "an object of strings")
    return {check_name(path, key): value for key, value in metadata.items()}


def _parse_entry(path: Path, name: str, fields: object) -> _Entry:
    check_name(path, name)
    if not isinstance(fields, dict) or fields.keys() != {"dtype", "shape", "data_offsets"}:
        refuse(path, repr(name), fields, "dtype, shape and data_offsets")
    dtype = DTYPES.get(str(fields["dtype"]))
    if dtype is None:
        refuse(path, repr(name), f"dtype {fields['dtype']}", f"one of {', '.join(DTYPES)}")
    shape = _integers(path, name, "shape", fields["shape"], least=1)
    offsets = _integers(path, name, "data_offsets", fields["data_offsets"], least=0)
    expected = math.prod(shape) * dtype.itemsize
    if len(offsets) != 2 or offsets[1] - offsets[0] != expected:
        refuse(path, f"{name!r} data_offsets", offsets, f"{expected} bytes for shape {shape}")
    return _Entry(name, dtype, shape, *offsets)


def _integers(path: Path, name: str, key: str, values: object, least: int) -> tuple[int, ...]:
    if not isinstance(values, list) or not all(type(value) is int and value >= least for value in values):
        refuse(path, f"{name!r} {key}", values, f"a list of integers >= {least}")
    return tuple(values)


def _check_names(path: Path, names: list[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        form = unicodedata.normalize("NFKC", check_name(path, name))
        if form in seen:
            refuse(path, "names", f"{seen[form]!r} and {name!r}", "names that differ after normalisation")
        seen[form] = name


def _check_layout(path: Path, entries: list[_Entry], size: int) -> None:
    position = 0
    for entry in sorted(entries, key=lambda entry: entry.begin):
        if entry.begin != position:
            refuse(
                path,
                repr(entry.name),
                f"data from byte {entry.begin}",
                f"from byte {position} (no hole, no overlap)",
            )
        position = entry.end
    if position != size:
        refuse(path, "data", f"{size} bytes", f"{position} as the header says")


def _read_tensor(path: Path, file: BinaryIO, start: int, entry: _Entry) -> Array:
    file.seek(start + entry.begin)
    array = np.fromfile(file, entry.dtype, math.prod(entry.shape)).reshape(entry.shape)
    _check_finite(path, entry.name, array)
    return array.astype(entry.dtype.newbyteorder("="), copy=False)


def _check_finite(path: Path, name: str, array: Array) -> None:
    finite = np.isfinite(array)
    if not finite.all():
        refuse(
            path,
            repr(name),
            f"{array.size - np.count_nonzero(finite)} values NaN or infinite",
            "finite values",
        )


def _plain(path: Path, name: str, array: Array) -> Array:
    plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(array.shape)
    if plain.dtype not in NAMES:
        refuse(path, repr(name), f"dtype {array.dtype}", f"one of {', '.join(map(str, NAMES))}")
    if plain.size == 0:
        refuse(path, repr(name), f"shape {array.shape}", "no dimension of size 0")
    _check_finite(path, name, plain)
    return plain


def _format_header(arrays: Mapping[str, Array], metadata: Mapping[str, str]) -> bytes:
    header: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))} if metadata else {}
    position = 0
    for name, array in arrays.items():
        end = position + array.nbytes
        header[name] = {
            "dtype": NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [position, end],
        }
        position = end
    text = json.dumps(header, separators=(",", ":")).encode()
    return text + b" " * (-len(text) % 8)
