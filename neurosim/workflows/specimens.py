"""Specimens: trained networks with images to try them on, as studies ask for them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np

from ..ann import accuracy, architecture, load_weights
from ..conversion import Recipe, activations, convert
from ..datasets import Dataset, load
from ..datasets.sources import locate
from ..errors import InputError
from ..files import sha256
from ..network import Network
from .studies import identity

__all__ = ["Specimen", "from_weights", "specimen"]


@dataclass(frozen=True, eq=False)
class Specimen:
    """A trained network, images to convert it by, and others to try it on.

    Attributes
    ----------
    data
        Name of the data set.
    module
        The torch module, in evaluation mode.
    sha256
        Of the file of its weights.
    calibration, images
        Of the training and the test set.
    """

    data: str
    architecture: str
    module: Any
    sha256: str
    calibration: Dataset
    images: Dataset

    def convert(self, recipe: Recipe) -> Network:
        """Return the spiking network that a recipe makes."""
        known = architecture(self.architecture)
        return convert(self.module, recipe, self.calibration.images, input=known.input, classes=known.classes)

    @cached_property
    def accuracy(self) -> float:
        """The share of the images that the network in torch classifies rightly."""
        known = architecture(self.architecture)
        return accuracy(self.module, self.images.images, self.images.labels, known.input)

    def activations(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Return what the network in torch says at every layer, see `conversion.activations`."""
        return activations(self.module, images, input=architecture(self.architecture).input)

    def about(self, networks: dict[str, Network]) -> dict[str, Any]:
        """Return what was studied as plain JSON: data, weights, and the networks made of them."""
        return {
            "data": self.images.name,
            "calibration": self.calibration.name,
            "weights_sha256": self.sha256,
            "accuracy_ann": self.accuracy,
            "networks": {name: identity(network) for name, network in networks.items()},
        }


def specimen(data: str, images: int, calibration: int = 1000) -> Specimen:
    """Return a trained network with the first images of its data set.

    Parameters
    ----------
    data
        "digits": the residual network that ships with neurosim, and scikit-learn's digits. "mnist": the
        bias-free network that sinabs publishes (github.com/synsense/sinabs, mnist_params.pt). "cifar10":
        the ResNet20 of github.com/akamaster/pytorch_resnet_cifar10 (resnet20-12fca82f.th). The last two
        lie with their images in the folder that NEUROSIM_DATA names.
    images, calibration
        How many of the test and of the training set.

    Raises
    ------
    InputError
        If there is no such specimen.
    FileError
        If its files are not there.
    """
    if data not in _KINDS:
        raise InputError(f"specimen: data is {data!r}: give one of {', '.join(map(repr, _KINDS))}")
    name, find = _KINDS[data]
    with as_file(find()) as path:
        return from_weights(path, name, data, images, calibration)


def from_weights(
    path: Path,
    architecture: str,
    data: str,
    images: int,
    calibration: int = 1000,
    *,
    adapt: Callable[[Any], Any] | None = None,
) -> Specimen:
    """Return a network of a weight file with the first images of a data set.

    Parameters
    ----------
    path, architecture, adapt
        As for `ann.load_weights`; None: the architecture as it is.
    data
        Name of the data set, which has the splits train and test.
    images, calibration
        As for `specimen`.

    Raises
    ------
    InputError, FileError
        As `ann.load_weights` and `datasets.load`.
    """
    change = () if adapt is None else (adapt,)
    module, digest = load_weights(path, architecture, *change), sha256(path)
    train, test = load(f"{data}:train[:{calibration}]"), load(f"{data}:test[:{images}]")
    return Specimen(data, architecture, module, digest, train, test)


def _packaged() -> Any:
    return files("neurosim") / "data" / "digits_resnet.safetensors"


def _published(file: str) -> Path:
    return locate("weights", [file], None) / file


_KINDS: dict[str, tuple[str, Callable[[], Any]]] = {
    "digits": ("digits_resnet", _packaged),
    "mnist": ("mnist_cnn", partial(_published, "mnist_params.pt")),
    "cifar10": ("resnet20", partial(_published, "resnet20-12fca82f.th")),
}
