"""MNIST and Fashion-MNIST: four gzipped files in the IDX format of LeCun, Cortes and Burges.

Sources: yann.lecun.com/exdb/mnist; H. Xiao, K. Rasul, R. Vollgraf 2017, arXiv:1708.07747.
"""

import gzip
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.datasets.naming import SPLITS
from neurosim.datasets.reader import Raw, Request
from neurosim.datasets.sources import locate, missing
from neurosim.files.checks import parsing, refuse, regular_size

__all__ = ["read_idx", "read_mnist"]

UNSIGNED_BYTES = 0x08
LIMIT = 2**31
STEMS = {"train": "train", "test": "t10k"}
GARMENTS = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
CLASSES = {"mnist": tuple("0123456789"), "fashion-mnist": GARMENTS}
HINTS = {
    "fashion-mnist": "Debian's package dataset-fashion-mnist has them in /usr/share/datasets/fashion-mnist"
}


def read_mnist(request: Request) -> Raw:
    """Read MNIST or its like; without a split the 10,000 test images follow the 60,000 for training.

    Raises
    ------
    FileError
        If a file is missing or is not what it should be.
    """
    kind = request.name.kind
    splits = (request.name.split,) if request.name.split else SPLITS
    files = [name for split in splits for name in _names(STEMS[split])]
    folder = locate(kind, files, request.data_dir, HINTS.get(kind))
    absent = [name for name in files if not (folder / name).exists()]
    if absent:
        missing(kind, folder, absent, HINTS.get(kind))
    pairs = [_read_pair(folder, *_names(STEMS[split])) for split in splits]
    images, labels = (np.concatenate(arrays) for arrays in zip(*pairs, strict=True))
    return Raw(images[:, None], labels, CLASSES[kind])


def read_idx(path: Path, rank: int) -> npt.NDArray[np.uint8]:
    """Read one gzipped IDX file of unsigned bytes with `rank` dimensions.

    Raises
    ------
    FileError
        For another magic number or rank, a size that is not the declared one, or a damaged gzip.
    """
    regular_size(path)
    with parsing(path, "gzip"), gzip.open(path) as file:
        magic, *shape = struct.unpack(f">{rank + 1}I", file.read(4 * (rank + 1)))
        size = _check_header(path, magic, shape)
        data = file.read(size + 1)
    if len(data) != size:
        found = f"{len(data)} bytes" if len(data) < size else "further bytes"
        refuse(path, "data", found, f"{size} bytes for the declared shape {tuple(shape)}")
    array: npt.NDArray[Any] = np.frombuffer(data, np.uint8)
    return array.reshape(shape)


def _names(stem: str) -> tuple[str, str]:
    return f"{stem}-images-idx3-ubyte.gz", f"{stem}-labels-idx1-ubyte.gz"


def _read_pair(folder: Path, images_name: str, labels_name: str) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    images, labels = read_idx(folder / images_name, 3), read_idx(folder / labels_name, 1)
    if len(labels) != len(images):
        refuse(folder / labels_name, "labels", len(labels), f"{len(images)}, one for each of {images_name}")
    return images, labels


def _check_header(path: Path, magic: int, shape: list[int]) -> int:
    expected = UNSIGNED_BYTES << 8 | len(shape)
    if magic != expected:
        kind = f"unsigned bytes, {len(shape)} dimensions"
        refuse(path, "magic number", f"0x{magic:08x}", f"0x{expected:08x} ({kind})")
    size = math.prod(shape)
    if not 0 < size <= LIMIT:
        refuse(path, "declared shape", tuple(shape), f"1 to {LIMIT} values")
    return size
