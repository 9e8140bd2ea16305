"""What may end in `Gate` neurons: two projections that pass spikes on as they are."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from .errors import InputError
from .layers import Layer, Projection
from .neurons import Gate, Input
from .ops import Identity, Reshape, Scale
from .parameters import shown

__all__ = ["check_gate"]


def check_gate(
    layer: Layer, into: Sequence[Projection], source: Callable[[str], Layer], binary: Callable[[str], bool]
) -> None:
    """Raise InputError unless a gate's drive is the sum, or for "iand" the difference, of two spikes.

    Parameters
    ----------
    layer : Layer of Gate neurons
    into : sequence of Projection
        All that end in it.
    source : function from a name to a Layer
    binary : function from a name to bool
        Whether a layer says 0 or 1, nothing else.
    """
    rule = layer.neuron.rule if isinstance(layer.neuron, Gate) else ""
    if len(into) != 2:
        raise InputError(
            f"layer {layer.name!r}: Gate({rule!r}) combines {len(into)} projections: give it two"
        )
    for projection in into:
        _check_spikes(projection, rule, source(projection.source), binary)
    factors = [_factor(projection) for projection in into]
    expected = [-1.0, 1.0] if rule == "iand" else [1.0, 1.0]
    if sorted(factors) != expected:
        raise InputError(
            f"layer {layer.name!r}: Gate({rule!r}) receives its spikes times {shown(factors)}: "
            + ("give the one that forbids Scale(-1)" if rule == "iand" else "leave Scale out")
        )


def _check_spikes(projection: Projection, rule: str, source: Layer, binary: Callable[[str], bool]) -> None:
    if isinstance(source.neuron, Input):
        raise InputError(
            f"{projection}: Gate({rule!r}) reads the input {source.name!r}, whose pixels are no spikes: put "
            "a layer of neurons between"
        )
    changed = next((op for op in projection.ops if not isinstance(op, (Identity, Reshape, Scale))), None)
    if changed is not None:
        raise InputError(
            f"{projection}: {type(changed).__name__} ends in Gate neurons, which take spikes as they are: "
            "give Identity(), and a layer of neurons before it"
        )
    if projection.bias is not None:
        raise InputError(f"{projection}: bias is {shown(projection.bias)}: a gate takes none, leave it out")
    if rule != "add" and not binary(source.name):
        kind = type(source.neuron).__name__
        raise InputError(
            f"{projection}: {kind} neurons may say more than 0 and 1, and Gate({rule!r}) takes nothing else: "
            "give Gate('add'), or neurons with binary spikes"
        )


def _factor(projection: Projection) -> float:
    """Return what a chain of ops multiplies every spike with; NaN if channels differ."""
    factors = [np.unique(op.factor) for op in projection.ops if isinstance(op, Scale)]
    return math.prod((float(f[0]) if f.size == 1 else math.nan for f in factors), start=1.0)
