"""Spikes sorted train by train: a train is what one neuron says to one image."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..spikes import Spikes

__all__ = ["by_train"]

Integers = NDArray[np.integer[Any]]


def by_train(spikes: Spikes) -> tuple[Integers, Integers]:
    """Return train and step of all spikes, sorted by both; a train is image * neurons + neuron.

    One integer a spike is sorted, of 32 bits where they are enough: a few times faster than `lexsort`.
    """
    size = math.prod(spikes.shape)
    kind: Any = np.int32 if spikes.images * size * spikes.steps <= 2**31 else np.int64
    train = spikes.image.astype(kind) * kind(size) + spikes.neuron
    place = np.sort(train * kind(spikes.steps) + spikes.step)
    train = place // kind(spikes.steps)
    return train, place - train * kind(spikes.steps)
