"""Chosen spike trains: the times of one neuron's spikes in one image."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..spikes import Images, Spikes, choose

__all__ = ["Train", "check_comparable", "trains"]


@dataclass(frozen=True, eq=False, repr=False)
class Train:
    """The spikes of one neuron in one image, as events of whatever strength.

    Attributes
    ----------
    times : float64 (spikes,)
        Starts of the spikes' steps [s], ascending.
    stop : float
        End of the window, which starts at 0 [s].
    dt : float
        Length of a step [s].
    """

    times: NDArray[np.float64]
    stop: float
    dt: float

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        return f"<train of {len(self)} spikes in {self.stop:g} s>"


def trains(spikes: Spikes, neurons: Images, images: Images = slice(None)) -> list[Train]:
    """Return the trains of chosen neurons in chosen images, image by image, in the order they are named.

    Lists of several layers or recordings may be put together, as far as their windows and dt are equal.

    Parameters
    ----------
    spikes
        Of one layer.
    neurons, images
        An index, a slice, indices or a mask; neurons in C order of the layer's shape.

    Raises
    ------
    InputError
        If nothing is chosen, or an index is out of range.
    """
    wanted = choose(neurons, math.prod(spikes.shape), "neurons")
    chosen = spikes.select(images)
    return [_train(chosen.select(image), neuron) for image in range(chosen.images) for neuron in wanted]


def check_comparable(owner: str, chosen: Sequence[Train]) -> None:
    """Raise InputError unless there are at least two trains, of equal windows and dt."""
    if len(chosen) < 2:
        raise InputError(f"{owner}: {len(chosen)} trains are given; give at least two")
    for name in ("dt", "stop"):
        values = sorted({getattr(train, name) for train in chosen})
        if len(values) > 1:
            several = ", ".join(f"{value:g}" for value in values)
            raise InputError(f"{owner}: trains have {name} of {several} s; give trains of one {name}")


def _train(spikes: Spikes, neuron: np.int64) -> Train:
    return Train(spikes.times[spikes.neuron == neuron], spikes.steps * spikes.dt, spikes.dt)
