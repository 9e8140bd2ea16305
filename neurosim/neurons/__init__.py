"""Neuron models: one model a page, each with its Brian2 equations and the same rule in numpy."""

from .accumulate import Accumulate as Accumulate
from .alif import ALIF as ALIF
from .alif import AdaptiveIF as AdaptiveIF
from .amounts import Amount as Amount
from .base import Equations as Equations
from .base import Neuron as Neuron
from .bmif import BMIF as BMIF
from .burst_lif import BurstLIF as BurstLIF
from .custom import Custom as Custom
from .eif import EIF as EIF
from .gate import Gate as Gate
from .input import Input as Input
from .integrate_and_fire import IF as IF
from .lif import LIF as LIF
from .multi_threshold import MultiThreshold as MultiThreshold
from .physical import PhysicalScale as PhysicalScale
from .relatives import SNM as SNM
from .relatives import STBIF as STBIF
from .relatives import AugIF as AugIF
from .relatives import BurstIF as BurstIF
from .relatives import FastSNN as FastSNN
from .relatives import TerIF as TerIF
from .relay import Relay as Relay
from .ternary import Ternary as Ternary

MODELS: dict[str, type[Neuron] | type[Input]] = {
    kind.__name__: kind
    for kind in (
        ALIF,
        Accumulate,
        BMIF,
        BurstLIF,
        EIF,
        Gate,
        IF,
        Input,
        LIF,
        MultiThreshold,
        Relay,
        Ternary,
    )
}
"""Every neuron model by name that a file may ask for; `Custom` is code, which files never hold."""
