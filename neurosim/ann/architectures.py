"""The named architectures: how to build each network and what its input looks like."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from torch import nn

from neurosim.ann.cifar_resnet import CifarResNet
from neurosim.ann.digits_resnet import DigitsResNet
from neurosim.ann.mnist_cnn import mnist_cnn
from neurosim.errors import InputError
from neurosim.neurons import Input

__all__ = ["Architecture", "architecture", "architectures"]

DIGITS = tuple("0123456789")
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
UNIT_PIXELS = Input(low=0.0, high=1.0)
# One step of the digits is 1/16: these are their mean and deviation to the nearest step.
DIGIT_PIXELS = Input(mean=5 / 16, std=6 / 16, low=0.0, high=1.0)
# The weights published for these networks were trained with ImageNet's statistics.
CIFAR_PIXELS = Input(np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]), low=0.0, high=1.0)


@dataclass(frozen=True)
class Architecture:
    """A network that weights can be loaded into.

    Parameters
    ----------
    name
        As given on the command line.
    build
        Makes the module with untrained weights.
    input_shape
        (C, H, W) of one image.
    input
        Normalisation of raw pixels in [0, 1].
    classes
        Names of the outputs, in order.
    """

    name: str
    build: Callable[[], nn.Module]
    input_shape: tuple[int, ...]
    input: Input
    classes: tuple[str, ...]


def _resnet(depth: int) -> Architecture:
    build = partial(CifarResNet, (depth - 2) // 6)
    return Architecture(f"resnet{depth}", build, (3, 32, 32), CIFAR_PIXELS, CIFAR10)


_REGISTRY: dict[str, Architecture] = {
    known.name: known
    for known in (
        *(_resnet(depth) for depth in (20, 32, 44, 56)),
        Architecture("mnist_cnn", mnist_cnn, (1, 28, 28), UNIT_PIXELS, DIGITS),
        Architecture("digits_resnet", DigitsResNet, (1, 8, 8), DIGIT_PIXELS, DIGITS),
    )
}


def architectures() -> tuple[str, ...]:
    """Return the names that `architecture` knows."""
    return tuple(_REGISTRY)


def architecture(name: str) -> Architecture:
    """Look an architecture up by name.

    Raises
    ------
    InputError
        For an unknown name; the message names the nearest known one.
    """
    if name in _REGISTRY:
        return _REGISTRY[name]
    near = difflib.get_close_matches(name, _REGISTRY, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(_REGISTRY)}"
    raise InputError(f"architecture: unknown name {name!r}: {hint}")
