"""A trained spiking module as a network: the same numbers, so the same spikes."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn.utils import parametrize

from neurosim.conversion.spiking import from_torch
from neurosim.errors import InputError
from neurosim.network import Network
from neurosim.neurons import Input
from neurosim.ops import Conv, Linear, Op, Scale
from neurosim.training.membranes import Membrane
from neurosim.training.quantisation import quantised_weights
from neurosim.training.unrolled import Unrolled

__all__ = ["to_network"]

Array = npt.NDArray[np.float64]

PLAIN = Input()


def to_network(
    module: Unrolled, example: npt.NDArray[Any], *, input: Input = PLAIN, classes: Sequence[str] | None = None
) -> Network:
    """Return the network that a trained spiking module is; run it for the module's steps.

    Thresholds and leaks are the module's own numbers in double precision; the output accumulates the sum
    over the steps, whatever the readout. Weights that `quantise` made are whole numbers n with their scale s
    behind them, `Conv(n), Scale(s)`: in double precision s sum(n k) is then exact, whatever the order of the
    sum. So all spikes are those of the module in double precision, except where sums of analogue pixels, of
    biases, or of two weighted layers in a row are within rounding of a threshold. Quantised weights that a
    batch norm scales are folded with it, as numbers like any other.

    Parameters
    ----------
    module
        In evaluation mode; left as it is.
    example : (N, *shape)
        Raw pixels; spikes of module and network are compared on them, as `from_torch` does.
    input
        Normalisation of raw pixels.
    classes
        Names of the outputs.

    Raises
    ------
    Unsupported
        As `from_torch`.
    InputError
        As `from_torch`, or if the module is no `Unrolled`.
    """
    if not isinstance(module, Unrolled):
        raise InputError(f"to_network: module is a {type(module).__name__}: give an Unrolled")
    plain = _plain(module.body)
    network = from_torch(plain, example, input=input)
    units = {1.0} | {part.carried for part in plain.modules() if isinstance(part, Membrane)}
    known = [
        _Levels(whole.numpy(), scale, unit)
        for whole, scale in quantised_weights(module.body).values()
        for unit in units
    ]
    projections = [
        replace(projection, ops=tuple(made for op in projection.ops for made in _in_levels(op, known)))
        for projection in network.projections
    ]
    return Network(network.layers, projections, classes)


@dataclass(frozen=True, eq=False)
class _Levels:
    """The weights of a quantised layer: scale * whole, times what a spike of the layer before carries."""

    whole: Array
    scale: float
    unit: float

    def make(self, weight: Array) -> bool:
        """Whether they are this weight."""
        return np.array_equal(self.whole * self.scale * self.unit, weight)


def _plain(body: nn.Module) -> nn.Module:
    """Return a copy in double precision whose weights are ordinary parameters."""
    made = copy.deepcopy(body).to("cpu", torch.float64)
    for part in made.modules():
        if parametrize.is_parametrized(part):
            _settle(part)
    return made


def _settle(part: nn.Module) -> None:
    """Make parameters of what parametrisations give; torch's own function would change the original too."""
    values = {name: getattr(part, name).detach() for name in part.parametrizations}  # type: ignore[union-attr]
    part.__class__ = parametrize.type_before_parametrizations(part)
    del part.parametrizations
    for name, value in values.items():
        setattr(part, name, nn.Parameter(value))


@singledispatch
def _in_levels(op: Op, known: Sequence[_Levels]) -> tuple[Op, ...]:
    """Return ops that say the same, weights as whole numbers where they are such times a scale."""
    return (op,)


@_in_levels.register(Conv)
@_in_levels.register(Linear)
def _(op: Any, known: Sequence[_Levels]) -> tuple[Op, ...]:
    found = next((levels for levels in known if levels.make(op.weight)), None)
    if found is None:
        return (op,)
    weight = found.whole + 0.0  # no zero keeps the sign of what was rounded to it
    return replace(op, weight=weight), Scale(found.scale * found.unit)
