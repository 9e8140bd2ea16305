"""How much a neuron prefers one class of images."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..spikes import Spikes
from .labels import class_indices
from .ratio import ratio

__all__ = ["class_selectivity"]


def class_selectivity(spikes: Spikes, labels: ArrayLike) -> NDArray[np.float64]:
    """Return every neuron's selectivity for its preferred class, float (*shape), in [0, 1].

    (m - r) / (m + r): m is the largest of the classes' mean spike counts, r the mean of the means of all
    other classes. 0: the same in every class; 1: spikes in one class only. Spikes count as events, of
    whatever strength. NaN where a neuron never spiked.

    Parameters
    ----------
    spikes
        Of one layer.
    labels : int (images,)
        The class of every image; at least two classes, of which those present count.

    Raises
    ------
    InputError
        If there is not one label an image, or only one class.

    Source: A. S. Morcos, D. G. T. Barrett, N. C. Rabinowitz, M. Botvinick 2018, On the importance of single
    directions for generalization, ICLR.
    """
    classes = class_indices("class_selectivity", labels, spikes.images)
    counts = spikes.events().reshape(spikes.images, -1)
    members = np.eye(classes.max() + 1)[:, classes]
    means = members / members.sum(axis=1, keepdims=True) @ counts
    most = means.max(axis=0)
    rest = (means.sum(axis=0) - most) / (len(means) - 1)
    return ratio(most - rest, most + rest).reshape(spikes.shape)
