"""A scene in strips of rows, for networks that take many pixels' patches at once."""

from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from neurosim.datasets.scene import Scene
from neurosim.errors import InputError

__all__ = ["Strips"]


class Strips:
    """All pixels of a scene, some rows of it an image, each with the border that its pixels' patches need.

    Beyond the border of the scene all is 0, as in `Patches`; the last strip ends in rows of zeros where the
    scene has no more.

    Parameters
    ----------
    scene
    size
        Side of a patch [pixels], odd.
    rows
        Of pixels in a strip.
    volume
        As for `Patches`: bands are a third dimension of one channel; else they are the channels.

    Attributes
    ----------
    rows, columns
        Pixels of a strip: what `over_scene` is to be given.
    images : float32, (N, 1, bands, rows + size - 1, columns + size - 1)
        Read-only; without `volume` the second axis is missing.

    Raises
    ------
    InputError
        If the size is not odd, or rows is less than 1.
    """

    def __init__(self, scene: Scene, size: int, rows: int, *, volume: bool = True) -> None:
        if size < 1 or size % 2 == 0:
            raise InputError(f"Strips: size is {size}: give an odd one, so that the pixel is in the middle")
        if rows < 1:
            raise InputError(f"Strips: rows is {rows}: give 1 or more")
        self._height, self.columns = scene.labels.shape
        self.rows, half, missing = rows, size // 2, -self._height % rows
        cube = np.moveaxis(scene.cube.astype(np.float32), 2, 0)
        padded = np.pad(cube, ((0, 0), (half, half + missing), (half, half)))
        windows = sliding_window_view(padded, rows + 2 * half, axis=1)[:, ::rows]
        images = windows.transpose(1, 0, 3, 2)  # only the halos overlap: nothing is copied
        self.images: npt.NDArray[np.float32] = images[:, None] if volume else images

    def joined(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return what is said of the pixels of all strips, (N, values, rows, columns), as (H, W, values).

        Raises
        ------
        InputError
            If it is of other strips.
        """
        count, pixels = len(self.images), (self.rows, self.columns)
        if values.ndim != 4 or len(values) != count or values.shape[2:] != pixels:
            raise InputError(
                f"Strips.joined: values have shape {values.shape}: give ({count}, values, {self.rows}, "
                f"{self.columns})"
            )
        return np.moveaxis(values, 1, 3).reshape(-1, self.columns, values.shape[1])[: self._height]
