"""Stimuli: what the input layer shows, analogue values or spikes. A bare array means `Direct`."""

from typing import Any

from .base import Part as Part
from .base import Stimulus as Stimulus
from .camera import CameraEvents as CameraEvents
from .camera import binned as binned
from .direct import Direct as Direct
from .events import Events as Events
from .latency import Latency as Latency
from .phase import Phase as Phase
from .poisson import Poisson as Poisson


def as_stimulus(inputs: Any) -> Stimulus:
    """Return `inputs` as a stimulus: anything else than one becomes `Direct`."""
    return inputs if isinstance(inputs, Stimulus) else Direct(inputs)
