"""Images on their way into a module: arrays of numbers, normalised as the network will do it."""

from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.errors import InputError
from neurosim.neurons import Input
from neurosim.parameters import as_array, shown

__all__ = ["normalised"]


def normalised(images: npt.ArrayLike, input: Input) -> npt.NDArray[np.float64]:
    """Return raw pixels (N, *shape) as the module is given them.

    Raises
    ------
    InputError
        If they are no finite numbers of that shape, or `input` is no `Input`.
    """
    if not isinstance(input, Input):
        raise InputError(f"convert: input is {shown(input)}: give Input(mean=..., std=...)")
    array: npt.NDArray[Any] = as_array(images)
    if array.dtype.kind not in "fiub":
        raise InputError(
            f"convert: images are a {type(images).__name__} of {array.dtype}: give numbers (N, *shape)"
        )
    if array.ndim < 2 or array.size == 0:
        raise InputError(f"convert: images have shape {array.shape}: give (N, *shape), at least one")
    return input.normalise(array, axes=array.ndim - 1)
