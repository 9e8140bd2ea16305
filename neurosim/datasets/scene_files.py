"""Hyperspectral scenes from files: MATLAB's and ENVI's."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.datasets.scene import Scene
from neurosim.errors import FileError, InputError
from neurosim.files import read_envi, read_matlab
from neurosim.files.checks import refuse

__all__ = ["read_scene"]

CLASS_LIMIT = 1000


def read_scene(
    cube: str | os.PathLike[str],
    labels: str | os.PathLike[str],
    *,
    cube_variable: str | None = None,
    labels_variable: str | None = None,
    classes: tuple[str, ...] | None = None,
) -> Scene:
    """Read a scene whose cube and labels lie in a file each, or both in one.

    Parameters
    ----------
    cube, labels
        `.mat` (MATLAB 5 to 7.3), or `.hdr` (ENVI; the numbers beside it). Cubes are (H, W, bands), labels
        (H, W) or, in ENVI, of one band; labels may be floats that are whole.
    cube_variable, labels_variable
        Names in a `.mat` file; None: its only array of three, or two, dimensions.
    classes
        Names of the classes 1, 2, ...; None: the numbers, up to the largest label.

    Returns
    -------
    Scene
        Named after the file of the cube.

    Raises
    ------
    FileError
        If a file is missing, damaged, of another kind, or the two do not make a scene.
    InputError
        If a variable is named of a file that has none.
    """
    where = Path(cube)
    values = _read(where, cube_variable, rank=3)
    marks = _whole(Path(labels), _read(Path(labels), labels_variable, rank=2))
    if classes is None:
        classes = tuple(str(number) for number in range(1, int(marks.max()) + 1))
    try:
        return Scene(where.stem, values, marks, classes)
    except InputError as error:
        raise FileError(f"{where}, {labels}: {error}") from None


def _read(path: Path, variable: str | None, *, rank: int) -> npt.NDArray[Any]:
    if path.suffix == ".mat":
        return read_matlab(path, variable, rank=rank)
    if path.suffix != ".hdr":
        refuse(path, "name", repr(path.suffix), "the ending .mat (MATLAB) or .hdr (ENVI)")
    if variable is not None:
        raise InputError(f"read_scene: {path} has no variables: leave {variable!r} out")
    image = read_envi(path)
    return image[:, :, 0] if rank == 2 and image.shape[2] == 1 else image


def _whole(path: Path, labels: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    if labels.ndim != 2:
        refuse(path, "labels", f"shape {labels.shape}", "(H, W), or one band")
    if not ((labels >= 0) & (labels <= CLASS_LIMIT) & (labels == np.floor(labels))).all():  # NaN is none
        found = f"values from {labels.min():g} to {labels.max():g}"
        refuse(path, "labels", found, f"whole numbers from 0 to {CLASS_LIMIT}")
    return labels.astype(np.int64)
