"""The named architectures: how to build each network and what its input looks like.

| name | network | names of the weights as in |
| --- | --- | --- |
| ``vgg11``, ``13``, ``14``, ``16``, ``19``, also ``_bn`` | `vgg.VGG`, 224 pixels, ImageNet | torchvision |
| ``vgg11_32`` and so on, ``vgg11_bn_32`` and so on | `vgg.VGG`, CIFAR-10 | chenyaofo/pytorch-cifar-models |
| ``resnet18``, ``resnet34`` | `resnet.ResNet`, 224 pixels, ImageNet | torchvision |
| ``resnet18_32``, ``resnet34_32`` | `resnet32.ResNet32`, CIFAR-10 | kuangliu/pytorch-cifar |
| ``resnet20``, ``32``, ``44``, ``56``, ``110`` | `CifarResNet` | akamaster/pytorch_resnet_cifar10 |
| ``lenet5``, ``mlp``, ``mnist_cnn``, ``digits_cnn``, ``digits_resnet`` | digits | the module of that name |
| ``diehl_mnist``, ``diehl_fashion``, ``cifar_vgg`` | `diehl_cnn`, `cifar_vgg` | the layers |
| ``hamida``, ``hybridsn`` | `hyperspectral`, Indian Pines | nshaud/DeepHyperX; the layers |
| ``cnn_3d``, ``cnn_32h`` | the same, adapted for spikes | the same |
| ``vgg11_base``, ``vgg14_base``, ``_as1`` to ``_as5`` | `scenes`, UC Merced | torchvision |
| ``resnet18_base``, ``_as1`` to ``_as4`` | `scenes`, UC Merced | torchvision |
"""

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from torch import nn

from neurosim.ann.cifar_resnet import CifarResNet
from neurosim.ann.cifar_vgg import cifar_vgg
from neurosim.ann.diehl_cnn import diehl_cnn
from neurosim.ann.digits_cnn import DigitsCNN
from neurosim.ann.digits_resnet import DigitsResNet
from neurosim.ann.hyperspectral import CNN3D, CNN32H
from neurosim.ann.labels import (
    CIFAR10,
    CIFAR_PIXELS,
    DIGIT_PIXELS,
    DIGITS,
    GARMENTS,
    IMAGENET,
    IMAGENET_PIXELS,
    INDIAN_PINES,
    SPECTRA,
    UCMERCED,
    UNIT_PIXELS,
)
from neurosim.ann.lenet import LeNet5
from neurosim.ann.mlp import MLP
from neurosim.ann.mnist_cnn import mnist_cnn
from neurosim.ann.resnet import BLOCKS, ResNet
from neurosim.ann.resnet32 import ResNet32
from neurosim.ann.scenes import scene_resnet, scene_vgg
from neurosim.ann.vgg import DEPTHS, VGG
from neurosim.errors import InputError
from neurosim.neurons import Input

__all__ = ["Architecture", "architecture", "architectures"]

LARGE = (3, 224, 224)
SMALL = (3, 32, 32)


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
        (C, H, W) of one image, or (1, bands, H, W).
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


def _vgg(depth: int, batch_norm: bool) -> Iterator[Architecture]:
    name = f"vgg{depth}" + "_bn" * batch_norm
    for suffix, shape, hidden, pixels, classes in (
        ("", LARGE, 4096, IMAGENET_PIXELS, IMAGENET),
        ("_32", SMALL, 512, CIFAR_PIXELS, CIFAR10),
    ):
        build = partial(
            VGG,
            DEPTHS[depth],
            size=shape[1],
            hidden=0 if depth == 14 else hidden,
            classes=len(classes),
            batch_norm=batch_norm,
        )
        yield Architecture(name + suffix, build, shape, pixels, classes)


def _resnets() -> Iterator[Architecture]:
    for depth, blocks in BLOCKS.items():
        build = partial(ResNet, blocks, len(IMAGENET))
        yield Architecture(f"resnet{depth}", build, LARGE, IMAGENET_PIXELS, IMAGENET)
        yield Architecture(f"resnet{depth}_32", partial(ResNet32, blocks), SMALL, CIFAR_PIXELS, CIFAR10)
    for depth in (20, 32, 44, 56, 110):
        small = partial(CifarResNet, (depth - 2) // 6)
        yield Architecture(f"resnet{depth}", small, SMALL, IMAGENET_PIXELS, CIFAR10)


def _scenes() -> Iterator[Architecture]:
    for name, stages, build in (
        ("vgg11", 5, partial(scene_vgg, 11)),
        ("vgg14", 5, partial(scene_vgg, 14)),
        ("resnet18", 4, scene_resnet),
    ):
        for stage in range(stages + 1):
            suffix = f"as{stage}" if stage else "base"
            made = partial(build, stage)
            yield Architecture(f"{name}_{suffix}", made, LARGE, IMAGENET_PIXELS, UCMERCED)


_REGISTRY: dict[str, Architecture] = {
    known.name: known
    for known in (
        *_resnets(),
        Architecture("mnist_cnn", mnist_cnn, (1, 28, 28), UNIT_PIXELS, DIGITS),
        Architecture("lenet5", LeNet5, (1, 28, 28), UNIT_PIXELS, DIGITS),
        Architecture("mlp", MLP, (1, 28, 28), UNIT_PIXELS, DIGITS),
        Architecture("digits_cnn", DigitsCNN, (1, 8, 8), DIGIT_PIXELS, DIGITS),
        Architecture("diehl_mnist", diehl_cnn, (1, 28, 28), UNIT_PIXELS, DIGITS),
        Architecture("diehl_fashion", diehl_cnn, (1, 28, 28), UNIT_PIXELS, GARMENTS),
        Architecture("cifar_vgg", cifar_vgg, SMALL, IMAGENET_PIXELS, CIFAR10),
        Architecture("digits_resnet", DigitsResNet, (1, 8, 8), DIGIT_PIXELS, DIGITS),
        *(known for depth in DEPTHS for batch_norm in (False, True) for known in _vgg(depth, batch_norm)),
        Architecture("hamida", CNN3D, (1, 200, 5, 5), SPECTRA, INDIAN_PINES),
        Architecture("hybridsn", CNN32H, (1, 30, 25, 25), SPECTRA, INDIAN_PINES),
        Architecture("cnn_3d", partial(CNN3D, adapted=True), (1, 200, 5, 5), SPECTRA, INDIAN_PINES),
        Architecture("cnn_32h", partial(CNN32H, adapted=True), (1, 30, 25, 25), SPECTRA, INDIAN_PINES),
        *_scenes(),
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
    hint = f"did you mean {near[0]!r}?" if near else "neurosim.ann.architectures() lists the known ones"
    raise InputError(f"architecture: unknown name {name!r}: {hint}")
