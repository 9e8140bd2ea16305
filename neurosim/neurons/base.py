"""What every neuron model is made of: parameters, Brian2 equations as text, and the same rule in numpy."""

import abc
import dataclasses
import functools
from collections.abc import Mapping, MutableMapping
from typing import ClassVar

import numpy as np

from ..errors import InputError
from ..parameters import Numeric, Value, parameters
from .dynamics import Dynamics

__all__ = [
    "STRENGTH_LIMIT",
    "Equations",
    "Neuron",
    "aligned",
    "broadcast",
    "check_shape",
    "initial_state",
    "numbers",
]

STRENGTH_LIMIT = 2.0**24
"""What "unlimited" strength means: the largest range of integers that is exact in single precision."""


@dataclasses.dataclass(frozen=True)
class Equations:
    """A neuron's local step as Brian2 abstract code.

    `drive` stands for the projected current I, `bias` for the layer's bias, `v` for the membrane at the
    step's start, `u` for the charged membrane, `emitted` for the strength that the rule gives, `k` for the
    one that is sent (none outside a window), `between(x, low, high)` for Brian2's `clip` and
    `indicator(condition)` for its `int`, 1 or 0, both in the simulation's own precision. A variable is
    never updated from more than one term of itself: Brian2 would reorder the sum. Nor is a variable that was
    set to another one updated in place (`a=b`, then `a=a+c`): numpy would change both.

    Attributes
    ----------
    state : dict
        State variable -> the parameter it starts a window with ("0": zero).
    parameters : tuple of str
        Names the code refers to, all in `Neuron.values`.
    charge, strength, reset : str
        The three parts of a step: charge sets u, strength sets emitted from u, and reset, done where k
        is not zero, changes v, which holds u by then. No `strength`: a neuron that never spikes.
    dynamics : Dynamics, optional
        What Brian2 integrates instead of `charge`, over variables of its own instead of v and u.
    sent : str
        What is sent where k is not zero; or where `speaks` is not, if that is among the state.
    draws : dict
        Random number -> its distribution, "uniform" or "normal" (see `draws`); a new one for every image,
        step and neuron, named once in all.
    """

    state: Mapping[str, str]
    parameters: tuple[str, ...]
    charge: str
    strength: str = ""
    reset: str = ""
    dynamics: Dynamics | None = None
    sent: str = "k"
    draws: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Neuron(Value):
    """A neuron model: a frozen description that a device turns into running neurons."""

    signed: ClassVar[bool] = False
    """Whether strengths other than 0 and 1 may occur, so that recordings must keep them."""

    @property
    @abc.abstractmethod
    def equations(self) -> Equations:
        """The local step as Brian2 code; equal code means one population."""

    @abc.abstractmethod
    def step(
        self, state: MutableMapping[str, np.ndarray], drive: np.ndarray, p: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        """Advance `state` by one local step and return the strengths, both (images, *shape).

        The oracle's form of `equations`: `p` holds the values of `equations.parameters` and `bias`,
        everything in the precision of `drive`. Afterwards `state["u"]` is the charged membrane.
        """

    def margin(self, u: np.ndarray, p: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return |U - threshold| / threshold: how far a charged membrane is from firing or not."""
        distance: np.ndarray = np.abs(u - p["threshold"]) / p["threshold"]
        return distance

    @property
    def spiking(self) -> bool:
        """Whether the neuron emits spikes."""
        return bool(self.equations.strength)

    @property
    def largest_strength(self) -> float:
        """The largest |strength| of one step."""
        return 1.0

    @property
    def binary(self) -> bool:
        """Whether a step says 0 or 1, nothing else."""
        return self.spiking and not self.signed

    @property
    def quantum(self) -> Numeric:
        """What a strength of 1 stands for [1]: the threshold, or 1 where there is none."""
        quantum: Numeric = getattr(self, "threshold", 1.0)
        return quantum

    @property
    def seeds(self) -> tuple[tuple[int, int], ...]:
        """Seed and stream of each of `equations.draws`."""
        return ()

    def values(self, dt: float) -> dict[str, Numeric]:
        """Return the numbers behind `equations.parameters` for a time step of `dt` seconds."""
        return {name: getattr(self, name) for name in self.equations.parameters}


@functools.singledispatch
def numbers(neuron: Value) -> dict[str, Numeric]:
    """Return the numeric parameters of a neuron by name."""
    return {name: getattr(neuron, name) for name, _ in parameters(neuron)}


def check_shape(neuron: Value, layer: str, shape: tuple[int, ...]) -> None:
    """Raise InputError unless each numeric parameter is a scalar, one a channel, or one a neuron."""
    for name, value in numbers(neuron).items():
        found = np.shape(value)
        if found not in ((), shape[:1], shape):
            raise InputError(
                f"layer {layer!r}: {type(neuron).__name__}.{name} has shape {found}: give a scalar, "
                f"{shape[:1]} (one a channel) or {shape} (one a neuron)"
            )


def broadcast(value: Numeric, shape: tuple[int, ...]) -> np.ndarray:
    """Return a scalar, (C,) or `shape` parameter with as many axes as `shape`, ready to broadcast."""
    array = np.asarray(value, dtype=np.float64)
    if array.shape == shape or array.ndim == 0:
        return array
    return array.reshape(array.shape + (1,) * (len(shape) - 1))


def aligned(owner: str, *values: Numeric) -> list[np.ndarray]:
    """Return parameters of one layer, each a scalar, (C,) or the layer's shape, as arrays of equal shape.

    Raises
    ------
    InputError
        If no layer has these shapes.
    """
    shape = max(map(np.shape, values), key=len)
    try:
        return list(np.broadcast_arrays(*(broadcast(value, shape) for value in values)))
    except ValueError:
        shapes = ", ".join(str(np.shape(value)) for value in values)
        raise InputError(f"{owner} has parameters of shapes {shapes}: no layer has all of them") from None


def initial_state(
    neuron: Neuron, shape: tuple[int, ...], p: Mapping[str, np.ndarray], dtype: np.dtype
) -> dict[str, np.ndarray]:
    """Return the state at the start of a window, each variable of the full `shape`."""
    starts = {name: p.get(source, np.zeros((), dtype)) for name, source in neuron.equations.state.items()}
    return {name: np.broadcast_to(start, shape).astype(dtype) for name, start in starts.items()}
