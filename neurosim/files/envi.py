"""ENVI images: a text header beside a file of bare numbers."""

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.files.checks import parsing, refuse, regular_size

__all__ = ["read_envi"]

HEADER_LIMIT = 2**20
TYPES = {1: "u1", 2: "i2", 3: "i4", 4: "f4", 5: "f8", 12: "u2", 13: "u4", 14: "i8", 15: "u8"}
ORDERS = {0: "<", 1: ">"}
AXES = {"bsq": ("bands", "lines", "samples"), "bil": ("lines", "bands", "samples")}
AXES["bip"] = ("lines", "samples", "bands")
NUMBERS = ("samples", "lines", "bands", "data type", "byte order")
SUFFIXES = ("", ".img", ".dat", ".raw", ".bsq", ".bil", ".bip")
FIELD = re.compile(r"^([^\n={};]+)=[ \t]*(\{[^{}]*\}|[^\n{}]*)$", re.MULTILINE)


def read_envi(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read an ENVI image by its header, `NAME.hdr`.

    The numbers lie in NAME, or NAME with one of the endings .img, .dat, .raw, .bsq, .bil and .bip.
    "ENVI Header Files", L3Harris, ENVI help.

    Returns
    -------
    ndarray (lines, samples, bands)
        In the machine's byte order.

    Raises
    ------
    FileError
        If the header lacks samples, lines, bands, data type, interleave or byte order, says something
        unknown in one of them, or the size of the file is not what it says.
    """
    path = Path(path)
    with parsing(path, "ENVI"):
        fields = _fields(path)
        interleave = fields.get("interleave", "").lower()
        if interleave not in AXES:
            refuse(path, "interleave", interleave or "nothing", "bsq, bil or bip")
        sizes, dtype, offset = _numbers(path, fields)
        shape = tuple(sizes[axis] for axis in AXES[interleave])
        numbers = _read(path, _image(path), shape, dtype, offset)
        order = [AXES[interleave].index(axis) for axis in ("lines", "samples", "bands")]
        return np.ascontiguousarray(numbers.transpose(order))


def _fields(path: Path) -> dict[str, str]:
    if regular_size(path) > HEADER_LIMIT:
        refuse(path, "size", f"over {HEADER_LIMIT} bytes", "a text header: give the .hdr file")
    first, _, text = path.read_text(encoding="latin-1").partition("\n")
    if first.strip() != "ENVI":
        refuse(path, "first line", repr(first[:16]), "ENVI")
    pairs = [(" ".join(key.lower().split()), value.strip()) for key, value in FIELD.findall(text)]
    if len(dict(pairs)) < len(pairs):
        keys = [key for key, _ in pairs]
        refuse(path, next(key for key in keys if keys.count(key) > 1), "it twice", "every field once")
    return dict(pairs)


def _numbers(path: Path, fields: Mapping[str, str]) -> tuple[dict[str, int], np.dtype[Any], int]:
    found = {key: _number(path, key, fields.get(key, "")) for key in NUMBERS}
    for axis in AXES["bsq"]:
        if found[axis] < 1:
            refuse(path, axis, found[axis], "at least 1")
    if found["data type"] not in TYPES:
        refuse(path, "data type", found["data type"], f"a real one: {', '.join(map(str, TYPES))}")
    if found["byte order"] not in ORDERS:
        refuse(path, "byte order", found["byte order"], "0 (least significant byte first) or 1")
    if fields.get("file compression", "0") != "0":
        refuse(path, "file compression", fields["file compression"], "0: decompress the image first")
    dtype = np.dtype(ORDERS[found["byte order"]] + TYPES[found["data type"]])
    return found, dtype, _number(path, "header offset", fields.get("header offset", "0"))


def _number(path: Path, key: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        refuse(path, key, text or "nothing", "a whole number")
    return int(text)


def _image(path: Path) -> Path:
    names = [path.with_suffix(suffix) for suffix in SUFFIXES]
    found = [name for name in names if name.is_file() and name != path]
    if len(found) != 1:
        there = ", ".join(name.name for name in found) or "none"
        refuse(path, "image beside it", there, f"one: {path.stem}, or with {', '.join(SUFFIXES[1:])}")
    return found[0]


def _read(
    header: Path, image: Path, shape: tuple[int, ...], dtype: np.dtype[Any], offset: int
) -> NDArray[Any]:
    size, declared = regular_size(image), offset + math.prod(shape) * dtype.itemsize
    if size != declared:
        axes = " x ".join(map(str, shape))
        expected = f"{size}, the size of {image.name}"
        refuse(
            header, "samples, lines, bands", f"{offset} + {axes} of {dtype.name}, {declared} bytes", expected
        )
    numbers: NDArray[Any] = np.fromfile(image, dtype, offset=offset)
    return numbers.reshape(shape).astype(dtype.newbyteorder("="))
