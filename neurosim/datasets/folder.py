"""Anybody's images as files: `PATH/<class>/*.png|jpg`, the classes sorted by name."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.datasets.reader import Raw, Request
from neurosim.errors import FileError
from neurosim.files.checks import parsing, refuse, regular_size

__all__ = ["read_folder"]

SUFFIXES = (".png", ".jpg", ".jpeg")
FORMATS = ("PNG", "JPEG")
MODES = {"L": 1, "RGB": 3}
Size = tuple[int, int]


def read_folder(request: Request) -> Raw:
    """Read grey or RGB images of 8 bits; with a split, from the folder PATH/<split>.

    With `resize` all images are brought to the size of the first (bilinear).

    Raises
    ------
    FileError
        If there is no class folder, one of them has no image, an image is damaged, too large to be
        honest, neither grey nor RGB, or differs from the first in size or channels.
    """
    root = (request.name.path or Path()) / (request.name.split or "")
    files = [_files(folder) for folder in _class_folders(root)]
    images = _read_images([path for paths in files for path in paths], request.resize)
    labels = np.repeat(np.arange(len(files)), [len(paths) for paths in files])
    return Raw(images, labels, tuple(folder.name for folder in _class_folders(root)))


def _class_folders(root: Path) -> list[Path]:
    if not root.is_dir():
        raise FileError(f"{root}: found no such folder, expected PATH/<class>/*.png|jpg")
    folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not folders:
        raise FileError(f"{root}: found no class folders in it, expected PATH/<class>/*.png|jpg")
    return folders


def _files(folder: Path) -> list[Path]:
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not files:
        raise FileError(f"{folder}: found no image in this class, expected *.png or *.jpg")
    return files


def _read_images(paths: Sequence[Path], resize: bool) -> npt.NDArray[np.uint8]:
    first = _read_image(paths[0], None)
    images = np.empty((len(paths), *first.shape), np.uint8)
    size = (first.shape[2], first.shape[1]) if resize else None
    for index, path in enumerate(paths):
        image = _read_image(path, size)
        if image.shape != first.shape:
            expected = f"{first.shape} as {paths[0].name} (images of several sizes: ask for resize)"
            refuse(path, "image (C, H, W)", image.shape, expected)
        images[index] = image
    return images


def _read_image(path: Path, size: Size | None) -> npt.NDArray[np.uint8]:
    from PIL import Image

    regular_size(path)
    with warnings.catch_warnings(), parsing(path, "PNG or JPEG"):
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(path, formats=FORMATS) as image:
            if image.mode not in MODES:
                refuse(path, "image", f"mode {image.mode}", "8-bit grey (L) or RGB: convert it first")
            image.load()
            sized: Any = image if size is None else image.resize(size, Image.Resampling.BILINEAR)
            pixels = np.asarray(sized, np.uint8).reshape(sized.height, sized.width, MODES[image.mode])
    return pixels.transpose(2, 0, 1)
