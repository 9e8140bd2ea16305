"""From a name to a data set."""

import difflib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.datasets.cifar10 import read_cifar10
from neurosim.datasets.dataset import Dataset
from neurosim.datasets.digits import read_digits
from neurosim.datasets.folder import read_folder
from neurosim.datasets.indian_pines import read_components, read_spectra
from neurosim.datasets.mnist import read_mnist
from neurosim.datasets.naming import parse
from neurosim.datasets.npz import read_npz
from neurosim.datasets.reader import Raw, Request
from neurosim.errors import InputError

__all__ = ["load"]

_READERS: dict[str, Callable[[Request], Raw]] = {
    "cifar10": read_cifar10,
    "digits": read_digits,
    "fashion-mnist": read_mnist,
    "folder": read_folder,
    "indian-pines": read_spectra,
    "indian-pines-pca": read_components,
    "mnist": read_mnist,
    "npz": read_npz,
}


def load(name: str, *, data_dir: str | os.PathLike[str] | None = None, resize: bool = False) -> Dataset:
    """Load labelled images by name.

    Parameters
    ----------
    name
        ``digits``, ``mnist``, ``fashion-mnist``, ``cifar10``, ``indian-pines``, ``indian-pines-pca``,
        ``folder:PATH`` or ``npz:PATH``, where wanted ``:train`` or ``:test``, and a slice:
        ``mnist:test[:100]``. Without a split the test images follow the others.
    data_dir
        Folder in which the folders ``mnist``, ``fashion-mnist`` and ``cifar10`` lie; None: the one named by
        NEUROSIM_DATA.
    resize
        Bring the images of a folder to the size of its first instead of refusing several sizes.

    Returns
    -------
    Dataset
        Pixels in [0, 1]: bytes divided by 255, digits by 16. Those of Indian Pines are patches
        (1, bands, p, p) of standardised spectra or components, see `read_spectra` and `read_components`.

    Raises
    ------
    InputError
        If the name is not understood, its set unknown, or its slice empty.
    FileError
        If files are missing (the message says which, and where to put them), damaged, or inconsistent.
    """
    request = Request(parse(name), None if data_dir is None else Path(data_dir), resize)
    raw = _reader(request.name.kind)(request)
    part = request.name.part
    if not range(*part.indices(len(raw.labels))):
        raise InputError(f"data {name!r}: the slice is empty: there are {len(raw.labels)} images")
    return Dataset(name, _scale(raw.images[part]), raw.labels[part].astype(np.int64), raw.classes, raw.limits)


def _reader(kind: str) -> Callable[[Request], Raw]:
    if kind in _READERS:
        return _READERS[kind]
    near = difflib.get_close_matches(kind, _READERS, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(_READERS)}"
    raise InputError(f"data: unknown set {kind!r}: {hint}")


def _scale(images: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    if images.dtype == np.uint8:
        return images.astype(np.float32) / np.float32(255)
    return images
