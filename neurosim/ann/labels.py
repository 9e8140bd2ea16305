"""What goes into and comes out of the named architectures: normalisations, and the names of classes."""

import numpy as np

from neurosim.neurons import Input

__all__ = [
    "CIFAR10",
    "CIFAR_PIXELS",
    "DIGITS",
    "DIGIT_PIXELS",
    "GARMENTS",
    "IMAGENET",
    "IMAGENET_PIXELS",
    "INDIAN_PINES",
    "SPECTRA",
    "UCMERCED",
    "UNIT_PIXELS",
]

DIGITS = tuple("0123456789")
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
IMAGENET = tuple(map(str, range(1000)))
"""The thousand classes by number, in the order of their WordNet identifiers."""
INDIAN_PINES = (
    "alfalfa",
    "corn-notill",
    "corn-mintill",
    "corn",
    "grass-pasture",
    "grass-trees",
    "grass-pasture-mowed",
    "hay-windrowed",
    "oats",
    "soybean-notill",
    "soybean-mintill",
    "soybean-clean",
    "wheat",
    "woods",
    "buildings-grass-trees-drives",
    "stone-steel-towers",
)
UCMERCED = (
    "agricultural",
    "airplane",
    "baseballdiamond",
    "beach",
    "buildings",
    "chaparral",
    "denseresidential",
    "forest",
    "freeway",
    "golfcourse",
    "harbor",
    "intersection",
    "mediumresidential",
    "mobilehomepark",
    "overpass",
    "parkinglot",
    "river",
    "runway",
    "sparseresidential",
    "storagetanks",
    "tenniscourt",
)

GARMENTS = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
UNIT_PIXELS = Input(low=0.0, high=1.0)
# One step of the digits is 1/16: these are their mean and deviation to the nearest step.
DIGIT_PIXELS = Input(mean=5 / 16, std=6 / 16, low=0.0, high=1.0)
IMAGENET_PIXELS = Input(np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]), low=0.0, high=1.0)
# What most code for CIFAR-10 takes; github.com/akamaster/pytorch_resnet_cifar10 takes ImageNet's.
CIFAR_PIXELS = Input(
    np.array([0.4914, 0.4822, 0.4465]), np.array([0.2023, 0.1994, 0.2010]), low=0.0, high=1.0
)
SPECTRA = Input()
"""Spectra come whitened or scaled by whoever prepared them."""
