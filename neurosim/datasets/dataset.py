"""The one form in which every reader delivers labelled images."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.errors import InputError

__all__ = ["UNBOUNDED", "Dataset"]

UNBOUNDED = (float(np.finfo(np.float32).min), float(np.finfo(np.float32).max))


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled images; `dataset[10:20]` is a data set again.

    Parameters
    ----------
    name
        As it was asked for, split and slice included.
    images : (N, C, H, W) or (N, C, D, H, W) float32
        Raw pixels in [0, 1], or within `limits`.
    labels : (N,) int64
        Index into `classes` of each image.
    classes
        Names of the classes.
    limits
        What values may be: (0, 1), or `UNBOUNDED` for those that are no pixels any more.

    Raises
    ------
    InputError
        If shapes or types are others, a pixel is NaN or outside the limits, a label is no index into
        `classes`, or images and labels differ in number.
    """

    name: str
    images: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    limits: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self) -> None:
        self._check_types()
        self._check_values()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: slice) -> "Dataset":
        start, stop, step = index.indices(len(self))
        if not range(start, stop, step):
            raise InputError(f"data {self.name!r}: slice [{_text(index)}] of {len(self)} images is empty")
        name = f"{self.name}[{_text(index)}]"
        return Dataset(name, self.images[index], self.labels[index], self.classes, self.limits)

    def _check_types(self) -> None:
        if self.images.dtype != np.float32 or self.images.ndim not in (4, 5) or self.images.size == 0:
            expected = "float32 (N, C, H, W) or (N, C, D, H, W), none of them 0"
            self._refuse("images", f"{self.images.dtype} {self.images.shape}", expected)
        if self.labels.dtype != np.int64 or self.labels.shape != self.images.shape[:1]:
            expected = f"int64 ({len(self.images)},), one label an image"
            self._refuse("labels", f"{self.labels.dtype} {self.labels.shape}", expected)

    def _check_values(self) -> None:
        low, high = self.images.min(), self.images.max()
        least, most = self.limits
        if not (low >= least and high <= most):  # also true of NaN
            self._refuse("images", f"pixels from {low:g} to {high:g}", f"values in [{least:g}, {most:g}]")
        first, last = int(self.labels.min()), int(self.labels.max())
        if first < 0 or last >= len(self.classes):
            self._refuse("labels", f"{first} to {last}", f"0 to {len(self.classes) - 1}, one of the classes")

    def _refuse(self, field: str, found: Any, expected: str) -> None:
        raise InputError(f"data {self.name!r}: {field}: found {found}, expected {expected}")


def _text(index: slice) -> str:
    ends = ("" if end is None else str(end) for end in (index.start, index.stop))
    return ":".join(ends) + ("" if index.step is None else f":{index.step}")
