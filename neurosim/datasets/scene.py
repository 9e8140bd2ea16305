"""A hyperspectral scene: one image of many bands, in which each labelled pixel is a sample."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.errors import InputError

__all__ = ["Pixels", "Scene"]

Pixels = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Scene:
    """A cube of spectra with the class of each pixel.

    A pixel is named by its number row * W + column, so that splits are plain arrays of integers.

    Parameters
    ----------
    name
    cube : (H, W, bands) integers or floats
    labels : (H, W) integers
        0: background, of no class; 1: the first of `classes`.
    classes
        Names of the classes.

    Raises
    ------
    InputError
        If cube and labels differ in size or are of other types, a band holds NaN or an infinity, a label
        names no class, or a class has no pixel.
    """

    name: str
    cube: npt.NDArray[Any]
    labels: npt.NDArray[np.integer[Any]]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        self._check_shapes()
        self._check_bands()
        self._check_classes()

    @property
    def bands(self) -> int:
        """How many values a spectrum has."""
        return int(self.cube.shape[2])

    @property
    def labelled(self) -> Pixels:
        """All pixels that are no background, in the order of rows."""
        return np.flatnonzero(self.labels).astype(np.int64)

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """How many pixels each class has, (classes,)."""
        return np.bincount(self.labels.ravel(), minlength=len(self.classes) + 1)[1:]

    def spectra(self, pixels: Pixels) -> npt.NDArray[Any]:
        """Return the spectra of some pixels, (pixels, bands)."""
        spectra: npt.NDArray[Any] = self.cube.reshape(-1, self.bands)[pixels]
        return spectra

    def targets(self, pixels: Pixels) -> npt.NDArray[np.int64]:
        """Return the index into `classes` of some labelled pixels, (pixels,); -1 is background."""
        return self.labels.ravel()[pixels].astype(np.int64) - 1

    def check(self, owner: str, pixels: Pixels) -> None:
        """Raise InputError, in the name of `owner`, unless these are different labelled pixels."""
        if pixels.dtype != np.int64 or pixels.ndim != 1 or len(pixels) == 0:
            raise InputError(
                f"{owner}: pixels is {pixels.dtype} {pixels.shape}: give int64 (N,), N at least 1"
            )
        if pixels.min() < 0 or pixels.max() >= self.labels.size or not self.labels.ravel()[pixels].all():
            raise InputError(f"{owner}: pixels holds background or lies outside: choose among scene.labelled")
        if len(np.unique(pixels)) < len(pixels):
            raise InputError(f"{owner}: pixels holds a pixel twice: give every one once")

    def _check_shapes(self) -> None:
        cube, labels = self.cube, self.labels
        if cube.ndim != 3 or cube.size == 0 or cube.dtype.kind not in "iuf":
            self._refuse("cube", f"{cube.dtype} {cube.shape}", "real numbers (H, W, bands), none of them 0")
        if labels.dtype.kind not in "iu" or labels.shape != cube.shape[:2]:
            self._refuse("labels", f"{labels.dtype} {labels.shape}", f"integers {cube.shape[:2]} as the cube")

    def _check_bands(self) -> None:
        bad = np.flatnonzero(~np.isfinite(self.cube).all(axis=(0, 1)))
        if bad.size:
            found = f"NaN or infinity in {len(bad)} of {self.bands} bands, first in band {bad[0]}"
            self._refuse("cube", found, "finite numbers: leave those bands out")

    def _check_classes(self) -> None:
        low, high = int(self.labels.min()), int(self.labels.max())
        if low < 0 or high > len(self.classes):
            expected = f"0 (background) to {len(self.classes)}, one of the classes"
            self._refuse("labels", f"{low} to {high}", expected)
        if not self.classes or not self.counts.all():
            empty = _listed(
                [name for name, count in zip(self.classes, self.counts, strict=True) if not count]
            )
            self._refuse(
                "classes", f"no pixel of {empty or 'any'}", "a pixel of each: leave out, renumber labels"
            )

    def _refuse(self, field: str, found: str, expected: str) -> None:
        raise InputError(f"scene {self.name!r}: {field}: found {found}, expected {expected}")


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:3]))
    return f"{shown} and {len(names) - 3} others" if len(names) > 3 else shown
