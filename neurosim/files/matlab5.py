"""MATLAB files of version 5 (those of `save -v6` and `-v7`): the plain numeric arrays in them.

MATLAB MAT-File Format, The MathWorks, chapter 1. A file is a header of 128 bytes and a list of elements, each
a tag (type, bytes) with its data; a variable is an element of elements: flags, shape, name, numbers.
"""

import math
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim.files.checks import check_name, refuse

__all__ = ["NUMBERS", "Variable", "variables"]

HEADER = 128
MATRIX, COMPRESSED = 14, 15
STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
NUMBERS = "numbers"
OTHERS = {1: "cell array", 2: "struct", 3: "object", 4: "text", 5: "sparse", 16: "function", 17: "object"}
OPAQUE = 17
COMPLEX = 0x0800
DESCRIPTION = 4096  # bytes in which flags, shape and name have to end
RATIO = 1100  # deflate cannot shrink data by more than 1032 to 1
Bytes = bytes | memoryview


class Variable(NamedTuple):
    """A variable of a MATLAB file, not yet read.

    Attributes
    ----------
    name
        As MATLAB calls it.
    kind
        `NUMBERS`, or what it is instead.
    shape
        Of MATLAB.
    read
        Reads it.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    read: Callable[[], NDArray[Any]]


class Element(NamedTuple):
    """A tag: the type, and where its data and the next element begin and end."""

    kind: int
    start: int
    end: int
    after: int


@dataclass(frozen=True, eq=False)
class Body:
    """The bytes of a variable in a file, compressed or not."""

    path: Path
    data: memoryview
    order: str
    packed: bool

    def beginning(self) -> Bytes:
        """Return the first bytes of its contents."""
        return self._unpacked(DESCRIPTION)[0] if self.packed else self.data[:DESCRIPTION]

    def contents(self) -> Bytes:
        """Return all of its contents, and refuse those that are not what their tag says."""
        if not self.packed:
            return self.data
        contents, whole = self._unpacked(len(self.data) * RATIO)
        if not whole:
            refuse(self.path, "compressed variable", "damaged contents", "those its tag and checksum declare")
        return contents

    def _unpacked(self, most: int) -> tuple[bytes, bool]:
        """Return up to `most` bytes behind the tag, and whether they are all and the checksum holds."""
        stream = zlib.decompressobj()
        tag = element(stream.decompress(self.data, 8), 0, self.order)
        size = tag.end - tag.start
        if tag.kind != MATRIX or not 0 < size <= len(self.data) * RATIO:
            found = f"type {tag.kind} of {size} bytes in {len(self.data)}"
            refuse(self.path, "compressed variable", found, f"type {MATRIX}, no more than can be in them")
        contents = stream.decompress(stream.unconsumed_tail, min(size, most))
        beyond = stream.decompress(stream.unconsumed_tail, 1)  # also makes zlib compare the checksum
        return contents, len(contents) == size and not beyond and stream.eof


def variables(path: Path) -> list[Variable]:
    """Return the variables of a file of version 5; numbers are read when they are asked for."""
    data = memoryview(path.read_bytes())
    order = "<" if bytes(data[126:128]) == b"IM" else ">"
    found, position = [], HEADER
    while position < len(data):
        there = element(data, position, order)
        if there.kind not in (MATRIX, COMPRESSED) or there.end > len(data):
            what = f"type {there.kind} of {there.end - there.start} bytes"
            where = f"a variable within the {len(data)} bytes of the file"
            refuse(path, f"element at byte {position}", what, where)
        packed = there.kind == COMPRESSED
        found.append(_variable(Body(path, data[there.start : there.end], order, packed)))
        position = there.end if packed else there.after
    return [variable for variable in found if variable.name]  # MATLAB keeps its objects in one without


def element(data: Bytes, position: int, order: str) -> Element:
    """Return the element at a position; one of up to 4 bytes has its size in the upper half of the type."""
    kind, size = struct.unpack_from(f"{order}II", data, position)
    if kind >> 16:
        return Element(kind & 0xFFFF, position + 4, position + 4 + (kind >> 16), position + 8)
    start = position + 8
    return Element(kind, start, start + size, start + -(-size // 8) * 8)


def _variable(body: Body) -> Variable:
    head, order = body.beginning(), body.order
    place = element(head, 0, order)
    (flags,) = struct.unpack_from(f"{order}I", head, place.start)
    code, shape = flags & 0xFF, ()
    if code != OPAQUE:
        place = element(head, place.after, order)
        shape = struct.unpack_from(f"{order}{(place.end - place.start) // 4}i", head, place.start)
    place = element(head, place.after, order)
    name = bytes(head[place.start : place.end]).decode("ascii")
    kind = "complex" if flags & COMPLEX else NUMBERS if code in CLASSES else OTHERS.get(code, "unknown")
    read = partial(_numbers, body, name, shape, CLASSES.get(code, ""), place.after)
    return Variable(check_name(body.path, name) if name else "", kind, shape, read)


def _numbers(body: Body, name: str, shape: tuple[int, ...], dtype: str, position: int) -> NDArray[Any]:
    contents = body.contents()
    there = element(contents, position, body.order)
    stored = np.dtype(body.order + STORED[there.kind])
    declared, size = math.prod(shape) * stored.itemsize, min(there.end, len(contents)) - there.start
    if declared != there.end - there.start or declared != size:
        found = f"shape {shape} of {stored.name}, {declared} bytes"
        refuse(body.path, name, found, f"{size}, what there is")
    numbers = np.frombuffer(contents, stored, math.prod(shape), there.start)
    return numbers.reshape(shape, order="F").astype(dtype)
