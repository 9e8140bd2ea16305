"""How well decisions agree with labels: the three numbers of remote sensing, and those of each class.

R. G. Congalton, "A review of assessing the accuracy of classifications of remotely sensed data", Remote
Sensing of Environment 37 (1991), doi:10.1016/0034-4257(91)90048-B.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from ..parameters import as_array
from .ratio import ratio

__all__ = ["average_accuracy", "class_accuracy", "cohen_kappa", "overall_accuracy"]

CLASS_LIMIT = 100_000


def overall_accuracy(labels: ArrayLike, predictions: ArrayLike) -> float:
    """Return OA, the share of the images that are decided rightly, in [0, 1].

    Parameters
    ----------
    labels, predictions : int (images,)
        The class of every image, and the one decided on; at least one image.

    Raises
    ------
    InputError
        If they are no class indices, or not as many.
    """
    true, said = _decisions("overall_accuracy", labels, predictions)
    return float(np.mean(true == said))


def class_accuracy(labels: ArrayLike, predictions: ArrayLike) -> NDArray[np.float64]:
    """Return the share of each class that is decided rightly (its recall), float (classes,), in [0, 1].

    Classes are 0 to the largest in either; NaN for one without images. For the rest see `overall_accuracy`.
    """
    true, said = _decisions("class_accuracy", labels, predictions)
    classes = int(max(true.max(), said.max())) + 1
    right = np.bincount(true[true == said], minlength=classes)
    return ratio(right, np.bincount(true, minlength=classes))


def average_accuracy(labels: ArrayLike, predictions: ArrayLike) -> float:
    """Return AA, the mean of `class_accuracy` over the classes that have images, in [0, 1].

    Some published code counts a class without images as 0. For the rest see `overall_accuracy`.
    """
    return float(np.nanmean(class_accuracy(labels, predictions)))


def cohen_kappa(labels: ArrayLike, predictions: ArrayLike) -> float:
    """Return Cohen's kappa, (p - q) / (1 - q): agreement beyond chance, 1 at most.

    p is the overall accuracy; q what it would be if labels and predictions were independent with the same
    numbers of each class. NaN where q is 1: all images of one class, and all decided so. For the rest see
    `overall_accuracy`.

    Source: J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological
    Measurement 20 (1960), doi:10.1177/001316446002000104.
    """
    true, said = _decisions("cohen_kappa", labels, predictions)
    images, classes = len(true), int(max(true.max(), said.max())) + 1
    # whole numbers as long as possible, so that agreement by chance is exactly 0
    agreed = int(np.sum(true == said)) * images
    chance = int(np.bincount(true, minlength=classes) @ np.bincount(said, minlength=classes))
    return (agreed - chance) / (images**2 - chance) if chance < images**2 else float("nan")


def _decisions(
    owner: str, labels: ArrayLike, predictions: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    true, said = _indices(owner, "labels", labels), _indices(owner, "predictions", predictions)
    if len(true) != len(said):
        raise InputError(f"{owner}: {len(said)} predictions for {len(true)} labels; give one a label")
    return true, said


def _indices(owner: str, name: str, values: ArrayLike) -> NDArray[np.int64]:
    array = as_array(values)
    if array.dtype.kind not in "iu" or array.ndim != 1 or len(array) == 0:
        raise InputError(
            f"{owner}: {name} is {array.dtype} {array.shape}; give integers (images,), at least 1"
        )
    if array.min() < 0 or array.max() >= CLASS_LIMIT:
        found = f"{array.min()} to {array.max()}"
        raise InputError(f"{owner}: {name} holds {found}; give classes from 0 to {CLASS_LIMIT - 1}")
    return array.astype(np.int64)
