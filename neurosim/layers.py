"""The parts of a network: layers of equal neurons, and projections between them."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from .errors import InputError
from .neurons import Input, Neuron
from .neurons.base import check_shape
from .ops import MaxPool, Op, Shape
from .ops.base import is_whole, whole_numbers
from .parameters import Numeric, Value, as_numbers, number, shown

__all__ = ["Layer", "Projection"]

LARGEST = 2**31 - 1
"""Neurons of a layer: their indices are 32-bit integers."""


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Layer(Value):
    """A population of equal neurons.

    Parameters
    ----------
    name : str
        Printable, at most 256 characters.
    shape : tuple of int
        Channels first: (C,), (C, L), (C, H, W) or (C, D, H, W).
    neuron : Neuron or Input
    quantum : float or array, optional
        What a strength of 1 stands for in the units of the network this one was made from; > 0, a scalar,
        one a channel or one a neuron. None: the neurons' own quantum, their threshold. Nothing that is
        simulated depends on it.
    """

    name: str
    shape: Shape
    neuron: Neuron | Input
    quantum: Numeric | None = number(None, later=True, low=0, above=True, optional=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_name(self.name)
        shape = tuple(self.shape) if isinstance(self.shape, Sequence) else ()
        if not 1 <= len(shape) <= 4 or not all(is_whole(s) and s > 0 for s in shape):
            raise InputError(
                f"layer {self.name!r}: shape is {shown(self.shape)}: give 1 to 4 sizes, each >= 1"
            )
        object.__setattr__(self, "shape", tuple(map(int, shape)))
        if self.size > LARGEST:
            raise InputError(
                f"layer {self.name!r}: shape {self.shape} is of {self.size} neurons: "
                f"at most {LARGEST} can be numbered"
            )
        if not isinstance(self.neuron, (Neuron, Input)):
            found = shown(self.neuron)
            raise InputError(f"layer {self.name!r}: neuron is {found}: give a neuron model or Input")
        check_shape(self.neuron, self.name, self.shape)
        self._check_quantum()

    def _check_quantum(self) -> None:
        if self.quantum is None:
            return
        if not getattr(self.neuron, "spiking", False):
            kind = type(self.neuron).__name__
            raise InputError(
                f"layer {self.name!r}: quantum is {shown(self.quantum)}, and {kind} sends no spikes: "
                "leave it out"
            )
        if np.shape(self.quantum) not in ((), self.shape[:1], self.shape):
            raise InputError(
                f"layer {self.name!r}: quantum has shape {np.shape(self.quantum)}: give a scalar, "
                f"{self.shape[:1]} (one a channel) or {self.shape} (one a neuron)"
            )

    @property
    def size(self) -> int:
        """Number of neurons."""
        return math.prod(self.shape)

    @property
    def model(self) -> Neuron:
        """The neuron model of a simulated layer; raise InputError for the input layer."""
        if isinstance(self.neuron, Input):
            raise InputError(f"layer {self.name!r} is the input: it has pixels, not neurons")
        return self.neuron


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Projection(Value):
    """A chain of linear maps from one layer's spikes to another layer's current.

    Parameters
    ----------
    source, target : str
        Names of layers.
    ops : tuple of Op
        Applied in order, the first to the source.
    bias : array, optional
        Added to the target at every step; shape (C,) or the target's shape.
    delay : int
        Additional steps on the way, >= 0.
    """

    source: str
    target: str
    ops: tuple[Op, ...]
    bias: np.ndarray | None = None
    delay: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        ops = (self.ops,) if isinstance(self.ops, Op) else self.ops
        ops = tuple(ops) if isinstance(ops, Sequence) else ()
        if not ops or not all(isinstance(op, Op) for op in ops):
            raise InputError(
                f"{self}: ops is {shown(self.ops)}: give one op or a chain of ops (Identity() connects 1:1)"
            )
        object.__setattr__(self, "ops", ops)
        (delay,) = whole_numbers(str(self), "delay", self.delay, 1, 0)
        object.__setattr__(self, "delay", delay)
        if self.bias is not None:
            object.__setattr__(self, "bias", self._checked_bias())
        if self.pools:
            self._check_pool()

    @property
    def pools(self) -> bool:
        """Whether it takes maxima."""
        return any(isinstance(op, MaxPool) for op in self.ops)

    def _check_pool(self) -> None:
        if len(self.ops) > 1:
            chain = ", ".join(type(op).__name__ for op in self.ops)
            raise InputError(
                f"{self}: ops chain {chain}: MaxPool stands alone, give it a Relay layer and a projection "
                "of its own"
            )
        if self.bias is not None:
            raise InputError(f"{self}: bias is {shown(self.bias)}: MaxPool takes none, leave it out")

    def _checked_bias(self) -> np.ndarray:
        bias = as_numbers(self.bias)
        if bias is None or not np.isfinite(bias).all():
            raise InputError(f"{self}: bias holds NaN, infinity or no numbers: give finite numbers")
        return bias

    def __str__(self) -> str:
        return f"projection {shown(self.source)} -> {shown(self.target)}"

    def check(self, source: Shape, target: Shape) -> None:
        """Raise InputError, naming both ends, unless the ops turn `source` into `target`."""
        shape = source
        for op in self.ops:
            try:
                shape = op.output_shape(shape)
            except InputError as error:
                raise InputError(f"{self}: {error}") from None
        if shape != target:
            raise InputError(
                f"{self}: the ops turn {source} into {shape}, and {self.target!r} has shape {target}"
            )
        if self.bias is not None and self.bias.shape not in (target[:1], target):
            raise InputError(
                f"{self}: bias has shape {self.bias.shape}: give {target[:1]} (one a channel) or {target}"
            )


def _check_name(name: str) -> None:
    if not isinstance(name, str) or not 0 < len(name) <= 256 or not name.isprintable():
        raise InputError(f"a layer is called {shown(name)}: give 1 to 256 printable characters")
