"""What an artificial network computes where a spiking one has a projection."""

import dataclasses
import functools
import math

from ..layers import Projection
from ..ops import Conv, Identity, Linear, Op, Shape, synapses
from ..ops.pool import Average

__all__ = ["Arithmetic", "arithmetic"]


@dataclasses.dataclass(frozen=True)
class Arithmetic:
    """Operations of one projection on one frame of values.

    Attributes
    ----------
    macs : int
        Multiply-accumulates of convolutions and linear maps, without those on padding.
    additions : int
        Additions of averages and of shortcuts. Divisors and factors go into the weights beside them.
    nominal : int
        MACs as papers write them: outputs times kernel, padding included.
    """

    macs: int = 0
    additions: int = 0
    nominal: int = 0

    def __add__(self, other: "Arithmetic") -> "Arithmetic":
        pairs = zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True)
        return Arithmetic(*(one + another for one, another in pairs))


def arithmetic(projection: Projection, shape: Shape) -> Arithmetic:
    """Return what a projection costs, op by op, on one frame of its source's `shape`; maxima cost nothing."""
    total, size = Arithmetic(), math.prod(shape)
    for op in projection.ops:
        total += _of(op, shape)
        shape = op.output_shape(shape)
    bare = total == Arithmetic() and not projection.pools  # factors only: each target still adds
    return Arithmetic(additions=size) if bare else total


@functools.singledispatch
def _of(op: Op, shape: Shape) -> Arithmetic:
    return Arithmetic()


@_of.register
def _(op: Conv, shape: Shape) -> Arithmetic:
    nominal = math.prod(op.output_shape(shape)) * math.prod(op.weight.shape[1:])
    return Arithmetic(macs=synapses((op,), shape), nominal=nominal)


@_of.register
def _(op: Linear, shape: Shape) -> Arithmetic:
    return Arithmetic(macs=op.weight.size, nominal=op.weight.size)


@_of.register(Average)
@_of.register(Identity)
def _(op: Op, shape: Shape) -> Arithmetic:
    return Arithmetic(additions=synapses((op,), shape))
