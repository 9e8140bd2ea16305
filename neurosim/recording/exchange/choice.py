"""Which spikes of a recording leave it, and the time they get there."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError
from neurosim.spikes import Spikes

__all__ = ["Chosen", "Train"]

MOST_TRAINS = 1_000_000


@dataclass(frozen=True)
class Train:
    """The spikes of one neuron, in order.

    Attributes
    ----------
    neuron : int
        C-order index into the layer's shape.
    image, step, strength : int32 (spikes,)
    """

    neuron: int
    image: NDArray[np.int32]
    step: NDArray[np.int32]
    strength: NDArray[np.int32]


@dataclass(frozen=True)
class Chosen:
    """The spikes of some layers and images.

    Where images stand on one axis of time, the n-th chosen one begins at n windows; a spike happens at the
    start of its step, by its layer's own time, in which no layer lags another.

    Attributes
    ----------
    steps : int
        Steps of an image.
    dt : float
        Length of a step [s].
    images : int64 (images,)
        Their numbers in the recording, in the order asked for.
    labels : int64 (images,), optional
    spikes : dict of str to Spikes
        By layer, images renumbered 0, 1, ...
    fingerprint : str
        Of what was run.
    """

    steps: int
    dt: float
    images: NDArray[np.int64]
    labels: NDArray[np.int64] | None
    spikes: Mapping[str, Spikes]
    fingerprint: str

    def __post_init__(self) -> None:
        if not self.spikes:
            raise InputError("export: no layer is chosen: the recording needs one at level 'spikes'")

    @property
    def window(self) -> float:
        """Length of an image [s]."""
        return self.steps * self.dt

    @property
    def starts(self) -> NDArray[np.float64]:
        """When each image begins on the common axis [s]; float64 (images,)."""
        return self.time_of(np.arange(len(self.images)), np.array(0))

    def times(self, layer: str) -> NDArray[np.float64]:
        """Return the time of every spike on the common axis [s]; float64 (spikes,)."""
        return self.time_of(self.spikes[layer].image, self.spikes[layer].step)

    def time_of(self, image: NDArray[Any], step: NDArray[Any]) -> NDArray[np.float64]:
        """Return the times of steps of chosen images [s], each one product: equal steps are equal times."""
        steps = image.astype(np.int64) * self.steps + step
        return np.asarray(steps * self.dt, np.float64)

    def trains(self, layer: str) -> Iterator[Train]:
        """Yield the train of every neuron of a layer, silent ones too."""
        spikes = self.spikes[layer]
        order = np.argsort(spikes.neuron, kind="stable")  # keeps image and step in order
        image, step, strength = (getattr(spikes, name)[order] for name in ("image", "step", "strength"))
        ends = np.cumsum(np.bincount(spikes.neuron, minlength=math.prod(spikes.shape)))
        for neuron, (start, end) in enumerate(zip(ends - np.diff(ends, prepend=0), ends, strict=True)):
            part = slice(start, end)
            yield Train(neuron, image[part], step[part], strength[part])

    def check_trains(self, owner: str, copies: int = 1) -> None:
        """Raise InputError if there are more trains than another program could hold."""
        neurons = sum(math.prod(spikes.shape) for spikes in self.spikes.values())
        if neurons * copies > MOST_TRAINS:
            raise InputError(
                f"{owner}: {neurons * copies:,} spike trains are asked for, at most {MOST_TRAINS:,} are "
                "written: choose fewer layers or images"
            )
