"""Faults: what a conversion may get wrong, as opposed to what it must lose, each recognised by its trace.

A fault is read off one layer at a time, given the module's own activations before it, so that no fault is
taken for one of another layer.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np

from ..network import Network
from ..neurons import Relay
from ..ops import MaxPool
from .layer_error import LayerError
from .sums import LayerSums

__all__ = ["FAULTS", "Fault", "find_faults"]

INPUT = "input normalisation"
BIAS = "bias"
BATCH_NORM = "batch norm"
WEIGHTS = "weights"
TOO_HIGH = "threshold too high"
TOO_LOW = "threshold too low"
MAXIMUM = "maximum rule"

FAULTS = (INPUT, BIAS, BATCH_NORM, WEIGHTS, TOO_HIGH, TOO_LOW, MAXIMUM)

CUT_OFF = 0.25
"""Share of the size of a layer's activation above its ceiling from which the threshold is too low."""

UNUSED = 1 / 3
"""Share of the usual filling of a layer's range below which its threshold is too high."""

UNEQUAL = 1e-4
"""By how much a source's factor must differ from 1 to be blamed for a mismatch."""


@dataclasses.dataclass(frozen=True)
class Fault:
    """One fault: the layer, one of FAULTS, and how large the error is that it makes, relative to a."""

    layer: str
    cause: str
    severity: float


def find_faults(
    network: Network, sums: Mapping[str, LayerSums], layers: Mapping[str, LayerError], shifted: float
) -> list[Fault]:
    """Return all faults, the worst first; a wrong input before all others, which it may bring about.

    Parameters
    ----------
    network : Network
    sums, layers : by layer name
    shifted : float
        |x' - x| / |x| of the network's normalised pixels and the module's.
    """
    found = [Fault(network.input.name, INPUT, np.inf)] if shifted > 1e-9 else []
    for name, of in sums.items():
        if of.differs:
            found += _mismatches(network, name, of, layers[name].relative("mapping"))
        if of.cut_off > CUT_OFF:
            found.append(Fault(name, TOO_LOW, of.cut_off))
        if _pools_steps(network, name) and layers[name].relative("timing") > 0:
            found.append(Fault(name, MAXIMUM, layers[name].relative("timing")))
    found += [Fault(name, TOO_HIGH, layers[name].own) for name in _unused(sums)]
    worst = {(f.layer, f.cause): f for f in sorted(found, key=lambda f: f.severity)}
    return sorted(worst.values(), key=lambda f: -f.severity)


def _mismatches(network: Network, name: str, sums: LayerSums, severity: float) -> list[Fault]:
    """Return what explains that a layer's weights differ from the module's."""
    mismatch = sums.fit.mismatch()
    if mismatch.kind == "threshold" and mismatch.factors[0] > 0:
        return [Fault(name, TOO_HIGH if mismatch.factors[0] > 1 else TOO_LOW, severity)]
    if mismatch.kind != "scale":
        kinds = {"bias": BIAS, "affine": BATCH_NORM}
        return [Fault(name, kinds.get(mismatch.kind, WEIGHTS), severity)]
    blamed = [
        (_spoken(network, source), factor)
        for source, factor in zip(sums.fit.sources, mismatch.factors, strict=True)
        if abs(factor - 1) > UNEQUAL
    ]
    if any(source == network.input.name or factor <= 0 for source, factor in blamed):
        return [Fault(name, WEIGHTS, severity)]
    return [Fault(source, TOO_HIGH if factor > 1 else TOO_LOW, severity) for source, factor in blamed]


def _spoken(network: Network, source: str) -> str:
    """Return whose strengths a source says: of relays, those of the layer that they pool."""
    while isinstance(network[source].neuron, Relay):
        source = network.into(source)[0].source
    return source


def _pools_steps(network: Network, name: str) -> bool:
    """Whether a layer takes the maximum of each step instead of the counts."""
    return any(isinstance(op, MaxPool) and op.rule == "step" for p in network.into(name) for op in p.ops)


def _unused(sums: Mapping[str, LayerSums]) -> list[str]:
    """Return the layers that use much less of their range than is usual in the network.

    Both in quanta and in shares of the ceiling: a layer that has more strength than others leaves more of it
    unused, and one that has less counts fewer quanta.
    """
    levels = {name: of.levels for name, of in sums.items() if of.levels > 0}
    fill = {name: sums[name].fill for name in levels if sums[name].fill > 0}
    usual = float(np.median(list(levels.values()))) if len(levels) > 1 else np.inf if fill else 1.0
    filled = min(1.0, float(np.median(list(fill.values())))) if len(fill) > 1 else 1.0
    used = {name: max(levels[name] / usual, fill.get(name, 0.0) / filled) for name in levels}
    return [name for name, share in used.items() if share < UNUSED]
