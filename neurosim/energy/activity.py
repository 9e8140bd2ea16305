"""What every neuron of a layer sent: spikes, and the sum of their sizes."""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..layers import Layer
from ..network import Network
from ..neurons import Relay
from ..recording import Recording
from ..stimuli import Direct, Stimulus

__all__ = ["Activity", "activity", "input_activity"]

BLOCK = 256
"""Images whose spikes are summed at a time."""


@dataclasses.dataclass(frozen=True)
class Activity:
    """What each neuron sent, summed over all images.

    Attributes
    ----------
    spikes, sizes : int64 (*shape)
        How many, and the sum of |strength|.
    graded : bool
        Whether a spike may be worth more than 1, so that its weight must be multiplied.
    """

    spikes: NDArray[np.int64]
    sizes: NDArray[np.int64]
    graded: bool


def activity(network: Network, recording: Recording, name: str) -> Activity:
    """Return what a simulated layer sent.

    Raises
    ------
    NotRecorded
        If the layer was recorded below level "counts", or below "spikes" where its spikes are graded.
    """
    spikes = recording.events(name).sum(axis=0, dtype=np.int64)
    if not _graded(network, name):
        return Activity(spikes, spikes, graded=False)
    sizes = np.zeros(spikes.size)
    for start in range(0, recording.images, BLOCK):
        part = recording.spikes(name, slice(start, start + BLOCK))
        sizes += np.bincount(part.neuron, np.abs(part.strength), minlength=spikes.size)
    return Activity(spikes, sizes.astype(np.int64).reshape(spikes.shape), graded=True)


def input_activity(network: Network, recording: Recording, stimulus: Stimulus | None) -> Activity | None:
    """Return what the input layer sent, None if it showed analogue values.

    Raises
    ------
    InputError
        If the run was driven by spikes that are not given, or they are of other images.
    """
    if stimulus is None or isinstance(stimulus, Direct):
        driven = str(recording.provenance.get("stimulus", "Direct"))
        if not driven.startswith("Direct"):
            kind = driven.partition("(")[0]
            raise InputError(f"energy: the run was driven by {kind} spikes; give them as stimulus=")
        return None
    if len(stimulus) != recording.images:
        raise InputError(
            f"energy: the stimulus has {len(stimulus)} images and the recording {recording.images}; give "
            "the one that was run"
        )
    return _shown(network.input, stimulus, recording.steps)


def _shown(layer: Layer, stimulus: Stimulus, steps: int) -> Activity:
    neuron: Any = layer.neuron  # the input layer's is an Input
    stimulus.check(neuron, layer.shape, steps)
    spikes, sizes = np.zeros((2, *layer.shape), np.int64)
    for start in range(0, len(stimulus), BLOCK):
        frames = stimulus.frames(neuron, layer.shape, steps, slice(start, start + BLOCK))
        repeated = steps // frames.shape[1]
        spikes += repeated * np.count_nonzero(frames, axis=(0, 1))
        sizes += repeated * np.abs(frames).sum(axis=(0, 1)).astype(np.int64)
    return Activity(spikes, sizes, graded=bool((sizes > spikes).any()))


def _graded(network: Network, name: str) -> bool:
    """Whether a layer's strengths exceed 1; relays say what those they pool say."""
    model = network[name].model
    if isinstance(model, Relay):
        return _graded(network, network.into(name)[0].source)
    return model.largest_strength > 1
