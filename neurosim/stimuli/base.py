"""What every stimulus can say: how many images it has, whether they fit, and what each of them shows."""

import abc
import dataclasses
import hashlib

import numpy as np

from ..errors import InputError
from ..neurons import Input
from ..ops import Shape
from ..parameters import Value, as_array, shown

__all__ = ["Part", "Stimulus", "checked_images", "refuse_normalising"]


class Stimulus(Value, abc.ABC):
    """A sequence of images, frozen and equal by value; `len(stimulus)` is their number.

    An image is one frame that stands still, or one frame a step. Under `Direct` a frame holds normalised
    pixels; under all others it holds the strengths of the input layer's spikes, zero where silent.
    """

    @abc.abstractmethod
    def __len__(self) -> int: ...

    @abc.abstractmethod
    def check(self, neuron: Input, shape: Shape, steps: int) -> None:
        """Raise InputError unless the images fit an input layer and the number of steps."""

    @abc.abstractmethod
    def frame_count(self, shape: Shape, steps: int) -> int:
        """Return how many frames an image has: 1 or `steps`."""

    @abc.abstractmethod
    def frames(self, neuron: Input, shape: Shape, steps: int, images: slice) -> np.ndarray:
        """Return what consecutive images show, float64 (images, 1 or steps, *shape)."""

    def fingerprint(self) -> str:
        """Return a SHA-256 over all values: equal for equal stimuli."""
        digest = hashlib.sha256(type(self).__name__.encode())
        for field in dataclasses.fields(self):
            value = np.ascontiguousarray(getattr(self, field.name))
            digest.update(f"{field.name} {value.dtype} {value.shape} ".encode() + value.tobytes())
        return digest.hexdigest()


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Part(Stimulus):
    """Consecutive images of a stimulus, the same as when all are shown.

    Parameters
    ----------
    whole : Stimulus
    start, stop : int
        The first image and the one after the last.
    """

    whole: Stimulus
    start: int
    stop: int

    def __len__(self) -> int:
        return min(self.stop, len(self.whole)) - self.start

    def check(self, neuron: Input, shape: Shape, steps: int) -> None:
        self.whole.check(neuron, shape, steps)

    def frame_count(self, shape: Shape, steps: int) -> int:
        return self.whole.frame_count(shape, steps)

    def frames(self, neuron: Input, shape: Shape, steps: int, images: slice) -> np.ndarray:
        first, last, _ = images.indices(len(self))
        return self.whole.frames(neuron, shape, steps, slice(self.start + first, self.start + last))

    def fingerprint(self) -> str:
        return hashlib.sha256(f"{self.whole.fingerprint()} {self.start} {self.stop}".encode()).hexdigest()


def checked_images(owner: str, values: object) -> np.ndarray:
    """Return `values` as an array of at least one image; raise InputError if they are none."""
    array = as_array(values)
    if array.dtype.kind not in "fiu" or array.ndim < 2 or not array.size:
        raise InputError(
            f"{owner}.values has shape {array.shape} and type {array.dtype}: give numbers of shape "
            "(images, *shape) with at least one image"
        )
    return array


def refuse_normalising(owner: str, neuron: Input) -> None:
    """Raise InputError if an input layer would normalise what are spikes, not pixels."""
    if np.any(neuron.mean != 0.0) or np.any(neuron.std != 1.0):
        raise InputError(
            f"{owner} shows spikes, which are not normalised, and Input has mean {shown(neuron.mean)} and "
            f"std {shown(neuron.std)}: give the input layer Input() (Network.replace)"
        )
