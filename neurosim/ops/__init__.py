"""Maps between layers, one a page: shapes, connections, and the contract's order of sums."""

from .base import Op as Op
from .base import Shape as Shape
from .conv import Conv as Conv
from .counting import fan_out as fan_out
from .counting import synapses as synapses
from .identity import Identity as Identity
from .identity import Scale as Scale
from .linear import Linear as Linear
from .maxpool import MaxPool as MaxPool
from .pool import AdaptiveAvgPool as AdaptiveAvgPool
from .pool import Average as Average
from .pool import AvgPool as AvgPool
from .reshape import Reshape as Reshape

OPS: dict[str, type[Op]] = {
    kind.__name__: kind
    for kind in (AdaptiveAvgPool, AvgPool, Conv, Identity, Linear, MaxPool, Reshape, Scale)
}
"""Every op by name: what a file may ask for."""
