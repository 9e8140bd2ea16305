"""Neuron models: one model a page, each with its Brian2 equations and the same rule in numpy."""

from .accumulate import Accumulate as Accumulate
from .amounts import Amount as Amount
from .base import Equations as Equations
from .base import Neuron as Neuron
from .bmif import BMIF as BMIF
from .custom import Custom as Custom
from .input import Input as Input
from .integrate_and_fire import IF as IF
from .lif import LIF as LIF
from .physical import PhysicalScale as PhysicalScale
from .relay import Relay as Relay

MODELS: dict[str, type[Neuron] | type[Input]] = {
    kind.__name__: kind for kind in (Accumulate, BMIF, IF, Input, LIF, Relay)
}
"""Every neuron model by name that a file may ask for; `Custom` is code, which files never hold."""
