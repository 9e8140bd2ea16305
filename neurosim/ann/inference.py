"""Running a network as what it is: an artificial neural network in torch."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from neurosim.errors import InputError
from neurosim.neurons import Input

__all__ = ["Images", "accuracy", "predict"]


class Images(Protocol):
    """Raw images (N, *shape): an array, or what is indexed like one, as `datasets.Windows`."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: Any, /) -> npt.NDArray[np.float32]: ...


def predict(module: nn.Module, images: Images, input: Input, batch: int = 256) -> npt.NDArray[np.float32]:
    """Return the network's outputs for raw images.

    Parameters
    ----------
    module
        Put into evaluation mode while it runs, on the device it is on; its own mode is restored.
    images : (N, *shape)
        Raw pixels, normalised by `input`.
    input
        The normalisation.
    batch
        Images a forward pass.

    Returns
    -------
    (N, classes) float32
        Logits.

    Raises
    ------
    InputError
        If there is no image, or `batch` is not positive.
    """
    if len(images) == 0 or batch < 1:
        raise InputError(f"predict: {len(images)} images in batches of {batch}: give at least one of each")
    training = module.training
    device = next((parameter.device for parameter in module.parameters()), torch.device("cpu"))
    module.eval()
    try:
        with torch.inference_mode():
            parts = [
                module(_tensor(images[i : i + batch], input).to(device)).cpu()
                for i in range(0, len(images), batch)
            ]
    finally:
        module.train(training)
    logits: npt.NDArray[np.float32] = torch.cat(parts).numpy()
    return logits


def accuracy(
    module: nn.Module,
    images: Images,
    labels: npt.NDArray[np.int64],
    input: Input,
    batch: int = 256,
) -> float:
    """Return the share of images whose largest output is their label, ties going to the lowest class.

    Parameters
    ----------
    module, images, input, batch
        As for `predict`.
    labels : (N,)
        The right class of each image.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    InputError
        If there are not as many labels as images.
    """
    if len(labels) != len(images):
        raise InputError(f"accuracy: {len(labels)} labels for {len(images)} images: give one label an image")
    return float(np.mean(predict(module, images, input, batch).argmax(axis=1) == labels))


def _tensor(images: npt.NDArray[Any], input: Input) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(input.normalise(images), dtype=np.float32))
