"""Anybody's images as one `.npz` file: `images` (N, C, H, W), `labels` (N,)."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.datasets.reader import Raw, Request
from neurosim.errors import InputError
from neurosim.files import read_npz as read_arrays
from neurosim.files.checks import refuse

__all__ = ["read_npz"]

MEMBERS = {"images", "labels"}
PIXELS = (np.dtype(np.uint8), np.dtype(np.float32))
CLASS_LIMIT = 100_000


def read_npz(request: Request) -> Raw:
    """Read images (uint8, or float32 in [0, 1]) and integer labels; classes are named by their numbers.

    Raises
    ------
    FileError
        If the file is no npz, holds other members, or their shapes or types are others.
    InputError
        If a split is asked for: such a file has none.
    """
    path = request.name.path or Path()
    if request.name.split:
        raise InputError(
            f"data {request.name.text!r}: an npz file has no :{request.name.split} split: leave it out"
        )
    arrays = read_arrays(path)
    if arrays.keys() != MEMBERS:
        refuse(path, "members", ", ".join(sorted(arrays)), "images and labels")
    images, labels = arrays["images"], arrays["labels"]
    _check(path, images, labels)
    return Raw(images, labels, tuple(str(index) for index in range(int(labels.max()) + 1)))


def _check(path: Path, images: npt.NDArray[Any], labels: npt.NDArray[Any]) -> None:
    if images.dtype not in PIXELS or images.ndim != 4:
        refuse(path, "images", f"{images.dtype} {images.shape}", "uint8 or float32 (N, C, H, W)")
    if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1]:
        refuse(path, "labels", f"{labels.dtype} {labels.shape}", f"integers ({len(images)},), one an image")
    if labels.min() < 0 or labels.max() >= CLASS_LIMIT:
        refuse(path, "labels", f"{labels.min()} to {labels.max()}", f"0 to {CLASS_LIMIT - 1}")
    if images.dtype == np.float32 and not (images.min() >= 0 and images.max() <= 1):
        refuse(path, "images", f"pixels from {images.min()} to {images.max()}", "float32 pixels in [0, 1]")
