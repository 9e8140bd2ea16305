"""The class of every image, checked."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from ..parameters import as_array

__all__ = ["class_indices"]


def class_indices(owner: str, labels: ArrayLike, images: int) -> NDArray[np.int64]:
    """Return the class of every image as 0..classes - 1 without gaps, int64 (images,).

    Raises
    ------
    InputError
        If they are no whole numbers, not one an image, or all of one class.
    """
    array = as_array(labels)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise InputError(f"{owner}: labels is {array.dtype} {array.shape}; give integers of shape (images,)")
    if len(array) != images:
        raise InputError(f"{owner}: {len(array)} labels for {images} images; give one label an image")
    classes, index = np.unique(array, return_inverse=True)
    if len(classes) < 2:
        raise InputError(f"{owner}: all images are of class {classes[0]}; give at least two classes")
    return index.astype(np.int64)
