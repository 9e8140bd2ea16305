"""Which networks are timed, at which activities, on which pictures."""

import dataclasses
import functools

import numpy as np

from neurosim import Network

from . import nets
from .activity import calibrated

__all__ = ["ACTIVITIES", "SINGLE", "Case", "network_case", "single_case"]

ACTIVITIES = (0.02, 0.05, 0.1, 0.2)
SINGLE = ((64, 32), (128, 16), (256, 8), (512, 4))
"""Channels, and rows and columns, of the single layers."""
SINGLE_STEPS, NETWORK_STEPS = 128, 16
CALIBRATED_ON = 8


@dataclasses.dataclass(frozen=True)
class Case:
    """A network with thresholds for an activity, and pictures for it."""

    name: str
    activity: float
    network: Network
    images: np.ndarray
    steps: int

    @property
    def is_single(self) -> bool:
        """Whether this is one convolution."""
        return len(self.network.neurons) == 2


def single_case(channels: int, size: int, activity: float, images: int) -> Case:
    """Return a single layer that sees one picture `images` times."""
    picture = nets.images(1, (channels, size, size))
    network = calibrated(nets.single(channels, size), picture, SINGLE_STEPS, activity)
    shown = np.repeat(picture, images, axis=0)
    return Case(f"{channels}@{size}x{size}", activity, network, shown, SINGLE_STEPS)


def network_case(name: str, activity: float, images: int) -> Case:
    """Return a network of `nets` on pictures of 3x32x32 that were not calibrated on."""
    network = calibrated(_blank(name), nets.images(CALIBRATED_ON, (3, 32, 32)), NETWORK_STEPS, activity)
    return Case(name, activity, network, nets.images(images, (3, 32, 32), seed=1), NETWORK_STEPS)


@functools.cache
def _blank(name: str) -> Network:
    made: Network = getattr(nets, name)()
    return made
