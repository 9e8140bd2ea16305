"""MNIST in the IDX format of LeCun, Cortes and Burges (yann.lecun.com/exdb/mnist), gzipped or not."""

import gzip
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.files.checks import parsing, refuse, regular_size

__all__ = ["read_idx"]

UNSIGNED_BYTES = 0x08
LIMIT = 2**31


def read_idx(path: Path, rank: int) -> npt.NDArray[np.uint8]:
    """Read one gzipped IDX file of unsigned bytes.

    Parameters
    ----------
    path
        Ends in ``.gz``.
    rank
        Number of dimensions it has to have: 3 for images, 1 for labels.

    Raises
    ------
    FileError
        For another magic number, a rank or size that does not fit the data, or a damaged gzip.
    """
    regular_size(path)
    with parsing(path, "gzip"), gzip.open(path) as file:
        magic, *shape = struct.unpack(f">{rank + 1}I", file.read(4 * (rank + 1)))
        expected = UNSIGNED_BYTES << 8 | rank
        if magic != expected:
            refuse(path, "magic number", f"0x{magic:08x}", f"0x{expected:08x} (unsigned bytes, {rank}-D)")
        size = math.prod(shape)
        if not 0 < size <= LIMIT:
            refuse(path, "shape", tuple(shape), f"1 to {LIMIT} values")
        data = file.read(size + 1)
    if len(data) != size:
        found = "more" if len(data) > size else str(len(data))
        refuse(path, "data", f"{found} bytes", f"{size} for the declared shape {tuple(shape)}")
    array: npt.NDArray[Any] = np.frombuffer(data, np.uint8)
    return array.reshape(shape)
