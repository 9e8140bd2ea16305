"""What a reader is given and what it returns."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from neurosim.datasets.naming import Name

__all__ = ["Images", "Raw", "Request"]


@dataclass(frozen=True)
class Request:
    """A data name with the caller's settings.

    Attributes
    ----------
    name
        What to read.
    data_dir
        Folder of data sets; None: the one named by NEUROSIM_DATA.
    resize
        Bring images of several sizes to the size of the first.
    """

    name: Name
    data_dir: Path | None
    resize: bool


class Images(Protocol):
    """Images that may be made only when a slice of them is taken."""

    def __getitem__(self, index: slice, /) -> npt.NDArray[Any]: ...


class Raw(NamedTuple):
    """What a reader found, before slicing and scaling.

    Attributes
    ----------
    images : (N, C, H, W)
        uint8, or float32 within `limits`.
    labels : (N,)
        Integers.
    classes
        Names of the classes.
    limits
        What float32 may be, see `Dataset`.
    """

    images: Images
    labels: npt.NDArray[np.integer[Any]]
    classes: tuple[str, ...]
    limits: tuple[float, float] = (0.0, 1.0)
