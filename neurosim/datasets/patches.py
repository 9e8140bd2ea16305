"""The surroundings of pixels as the images of a data set, cut out only when they are asked for."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from neurosim.datasets.dataset import UNBOUNDED, Dataset
from neurosim.datasets.scene import Pixels, Scene
from neurosim.errors import InputError

__all__ = ["Patches", "Windows"]


class Windows:
    """The windows around pixels of a cube, zero beyond its border: indexed like an array, made when indexed.

    Attributes
    ----------
    shape
        (N, 1, bands, size, size), or (N, bands, size, size) without `volume`.
    """

    def __init__(self, scene: Scene, pixels: Pixels, size: int, volume: bool) -> None:
        half = size // 2
        padded = np.pad(scene.cube.astype(np.float32), ((half, half), (half, half), (0, 0)))
        # the stubs know a single axis only
        self._windows = sliding_window_view(padded, (size, size), axis=(0, 1))  # type: ignore[call-overload]
        self._rows, self._columns = np.divmod(pixels, scene.labels.shape[1])
        self._one = (1,) * volume
        self.shape = (len(pixels), *self._one, *self._windows.shape[2:])

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: slice | npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Return the windows that a slice or an array of indices chooses."""
        found: npt.NDArray[np.float32] = self._windows[self._rows[index], self._columns[index]]
        return found.reshape(len(found), *self.shape[1:])


class Patches:
    """Labelled patches of a scene; `patches[:100]` is a `Dataset` of the first hundred.

    All 10,249 patches of 25x25 pixels and 30 bands of Indian Pines would take 0.8 GB; here only the cube is
    kept. `images[index]` makes those of a batch.

    Parameters
    ----------
    scene
    pixels
        Labelled pixels, each the centre of a patch.
    size
        Side of a patch [pixels], odd.
    volume
        Bands are a third dimension of one channel, (1, bands, size, size), as three-dimensional convolutions
        take them; else they are the channels.

    Attributes
    ----------
    name, classes
        Of the scene.
    images : Windows
        Indexed like an array of float32.
    labels : (N,) int64
        Index into `classes`.

    Raises
    ------
    InputError
        If the size is not odd, or the pixels are not different labelled ones.
    """

    def __init__(self, scene: Scene, pixels: Pixels, size: int, *, volume: bool = True) -> None:
        if size < 1 or size % 2 == 0:
            raise InputError(f"Patches: size is {size}: give an odd one, so that the pixel is in the middle")
        scene.check("Patches", pixels)
        self.name, self.classes = scene.name, scene.classes
        self.images = Windows(scene, pixels, size, volume)
        self.labels = scene.targets(pixels)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: slice) -> Dataset:
        return Dataset(self.name, self.images[index], self.labels[index], self.classes, UNBOUNDED)

    def chunks(self, size: int) -> Iterator[Dataset]:
        """Yield all patches in their order, `size` at a time."""
        return (self[start : start + size] for start in range(0, len(self), size))
