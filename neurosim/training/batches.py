"""Images in random order, in batches: which ones is a function of seed and epoch alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch

from neurosim.ann.inference import Images
from neurosim.neurons import Input

__all__ = ["Augment", "Batches", "LabelledImages"]

Augment = Callable[[npt.NDArray[Any], np.random.Generator], npt.NDArray[Any]]


class LabelledImages(Protocol):
    """What can be trained on: raw images (N, *shape) with labels (N,), as `datasets.Dataset` or `Patches`."""

    @property
    def images(self) -> Images: ...

    @property
    def labels(self) -> npt.NDArray[np.int64]: ...


@dataclass(frozen=True, eq=False)
class Batches:
    """The batches of every epoch.

    Attributes
    ----------
    data
        Raw images and labels.
    input
        Normalisation of the raw pixels.
    augment
        Changes the raw images of a batch with a given generator.
    size
        Images a batch; the last one of an epoch may be smaller.
    seed
        Of order and augmentation.
    """

    data: LabelledImages
    input: Input
    augment: Augment | None
    size: int
    seed: int

    def __len__(self) -> int:
        return -(-len(self.data.labels) // self.size)

    def generator(self, epoch: int) -> np.random.Generator:
        """Return the source of all random numbers of an epoch."""
        return np.random.default_rng((self.seed, epoch))

    def epoch(self, generator: np.random.Generator) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield normalised images and labels, every image once."""
        order = generator.permutation(len(self.data.labels))
        for start in range(0, len(order), self.size):
            chosen = order[start : start + self.size]
            images = self.data.images[chosen]
            if self.augment is not None:
                images = self.augment(images, generator)
            values = self.input.normalise(images).astype(np.float32)
            yield torch.from_numpy(values), torch.from_numpy(self.data.labels[chosen])
