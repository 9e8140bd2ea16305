"""CIFAR-10 (Krizhevsky 2009) in its binary version: records of a label and 3 x 32 x 32 bytes."""

import lzma
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.datasets.naming import SPLITS
from neurosim.datasets.reader import Raw, Request
from neurosim.datasets.sources import locate, missing
from neurosim.errors import FileError
from neurosim.files.checks import parsing, refuse, regular_size

__all__ = ["read_cifar10"]

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SHAPE = (3, 32, 32)
RECORD = 1 + 3 * 32 * 32
LIMIT = 60_000 * RECORD
PATTERNS = {"train": "data_batch_*", "test": "test_batch*"}
SUFFIXES = (".bin", ".bin.xz")


def read_cifar10(request: Request) -> Raw:
    """Read the batches that are there, in the order of their names; training batches come first.

    Raises
    ------
    FileError
        If no batch is there, only the pickled version is, or a file is damaged.
    """
    splits = (request.name.split,) if request.name.split else SPLITS
    wanted = [PATTERNS[split] + ".bin (or .bin.xz)" for split in splits]
    folder = locate("cifar10", wanted, request.data_dir)
    records = np.concatenate([_read_batch(path) for split in splits for path in _batches(folder, split)])
    return Raw(records[:, 1:].reshape(-1, *SHAPE), records[:, 0], CLASSES)


def _batches(folder: Path, split: str) -> list[Path]:
    found = sorted(folder.glob(PATTERNS[split]))
    batches = [path for path in found if path.name.endswith(SUFFIXES)]
    if found and not batches:
        raise FileError(
            f"{found[0]}: pickled batches are not read: get the binary version, cifar-10-binary.tar.gz"
        )
    if not batches:
        missing("cifar10", folder, [PATTERNS[split] + ".bin (or .bin.xz)"])
    return batches


def _read_batch(path: Path) -> npt.NDArray[np.uint8]:
    regular_size(path)
    opened: Any = lzma.open if path.suffix == ".xz" else open
    with parsing(path, "binary CIFAR-10"), opened(path, "rb") as file:
        data = file.read(LIMIT + 1)
    if not data or len(data) > LIMIT or len(data) % RECORD:
        found = f"{len(data)} bytes" if len(data) <= LIMIT else f"over {LIMIT} bytes"
        refuse(
            path, "size", found, f"a multiple of {RECORD} bytes (label, 3 x 32 x 32 pixels), at most {LIMIT}"
        )
    records: npt.NDArray[np.uint8] = np.frombuffer(data, np.uint8).reshape(-1, RECORD)
    if records[:, 0].max() >= len(CLASSES):
        refuse(path, "label", records[:, 0].max(), f"0 to {len(CLASSES) - 1}")
    return records
