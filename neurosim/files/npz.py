"""Archives of numpy arrays: sizes are checked against what is there before anything is allocated."""

import math
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from neurosim.files.checks import check_magic, check_name, parsing, refuse, regular_size

__all__ = ["read_npz"]

Array = NDArray[Any]

KINDS = "biufU"
Header = tuple[tuple[int, ...], bool, np.dtype[Any]]
HEADERS: dict[tuple[int, int], Callable[[IO[bytes]], Header]] = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
}


def read_npz(path: str | os.PathLike[str], *, limit_bytes: int = 2**32) -> dict[str, Array]:
    """Read every array of an ``.npz`` archive; names are only labels, nothing is extracted.

    Parameters
    ----------
    path
        A zip archive of ``.npy`` members of boolean, integer, float or text dtype.
    limit_bytes
        Refuse an archive whose members add up to more [bytes].

    Returns
    -------
    dict of ndarray
        By member name without ``.npy``; each owns its memory.

    Raises
    ------
    FileError
        If the file is no such archive, a member declares another size than it has, holds objects or has a
        zero-size dimension, a name repeats, or the limit is passed.
    """
    path = Path(path)
    regular_size(path)
    check_magic(path, "zip")
    with parsing(path, "npz"), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        total = sum(member.file_size for member in members)
        if total > limit_bytes:
            refuse(path, "size", f"{total} bytes unpacked", f"at most {limit_bytes}")
        arrays = [(_key(path, member.filename), _read_member(path, archive, member)) for member in members]
    if len(dict(arrays)) < len(arrays):
        refuse(path, "names", "a name twice", "every name once")
    return dict(arrays)


def _key(path: Path, filename: str) -> str:
    if not filename.endswith(".npy"):
        refuse(path, "member", repr(filename), "only .npy members")
    return check_name(path, filename.removesuffix(".npy"))


def _read_member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Array:
    key = repr(member.filename)
    with archive.open(member) as file:
        shape, fortran, dtype = _read_header(path, key, file)
        body = member.file_size - file.tell()
        _check_declared(path, key, dtype, shape, body)
        array = np.empty(math.prod(shape), dtype)
        if _fill(file, array) != body:
            refuse(path, key, "a truncated member", f"{body} bytes")
        if file.read(1):  # also makes zipfile compare the checksum
            refuse(path, key, "trailing bytes", f"{body} bytes")
    return array.reshape(shape, order="F" if fortran else "C")


def _read_header(path: Path, key: str, file: IO[bytes]) -> Header:
    version = npy.read_magic(file)  # type: ignore[no-untyped-call]
    if version not in HEADERS:
        refuse(path, key, f"npy version {version}", "1.0 or 2.0")
    return HEADERS[version](file)


def _check_declared(path: Path, key: str, dtype: np.dtype[Any], shape: tuple[int, ...], body: int) -> None:
    if dtype.hasobject or dtype.kind not in KINDS or dtype.itemsize == 0:
        refuse(path, key, f"dtype {dtype}", "a boolean, integer, float or text dtype (never objects)")
    if any(size < 1 for size in shape):
        refuse(path, key, f"shape {shape}", "dimensions of at least 1")
    declared = math.prod(shape) * dtype.itemsize
    if declared != body:
        refuse(path, key, f"shape {shape} of {dtype}, {declared} bytes", f"{body}, the size of the member")


def _fill(file: IO[bytes], array: Array) -> int:
    view = memoryview(array.view(np.uint8))  # type: ignore[arg-type]
    position = 0
    while chunk := file.read(min(1 << 20, len(view) - position)):
        view[position : position + len(chunk)] = chunk
        position += len(chunk)
    return position
