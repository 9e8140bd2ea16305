"""Projections as Brian2 `Synapses`, one object each: the check of the connectivity functions.

A spike of step s adds weight times strength to its targets' `arrived`, which their charge reads and clears.
It does so at step s + 1 where there is no axonal delay, so the delay is the projection's lag less one. The
strength is read on arrival, when the source has moved on: `k1`, `k2` ... keep those of the steps before.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from brian2 import Clock, NeuronGroup, Subgroup, Synapses

from ..alignment import Alignment
from ..connectivity.plan import lag
from ..layers import Projection
from ..network import Network
from .connections import connections
from .populations import Population

__all__ = ["charged", "make_synapses", "variables"]


def variables(
    network: Network, population: Population, explicit: Sequence[Projection], alignment: Alignment
) -> list[str]:
    """Return the variables that a population has for its synapses: what arrived, and past strengths."""
    if not explicit:
        return []
    names = {layer.name for layer in population.layers}
    lags = (lag(network, p, alignment=alignment) for p in explicit if p.source in names)
    longest = max(lags, default=1)
    return ["arrived", *(f"k{age}" for age in range(1, longest))]


def charged(arrived: str, *past: str) -> list[str]:
    """Return the lines that take what arrived into `drive`, and move strengths one step into the past."""
    moved = [f"{older}={newer}" for newer, older in pairwise(["k", *past])]
    return [f"drive=drive+{arrived}", f"{arrived}=0", *reversed(moved)]


def make_synapses(
    network: Network,
    explicit: Sequence[Projection],
    slices: Mapping[str, Subgroup],
    layers: NeuronGroup,
    clock: Clock,
    alignment: Alignment,
) -> list[Synapses]:
    """Return the synapses of some projections, connected and weighted.

    Parameters
    ----------
    network : Network
    explicit : sequence of Projection
        None of them from the input.
    slices : dict of str to Subgroup
        Each layer's neurons.
    layers : NeuronGroup
        Holds `steps`, the length of a window.
    clock : Clock
    alignment : Alignment
    """
    made = []
    for number, projection in enumerate(explicit):
        unrolled = connections(projection.ops, network[projection.source].shape)
        if unrolled.weight.size:  # Brian2 cannot connect nothing
            own = _unconnected(network, projection, number, slices, clock, alignment)
            own.pre.variables.add_reference("steps", layers, "steps")
            own.connect(i=unrolled.source, j=unrolled.target)
            own.weight = unrolled.weight
            made.append(own)
    return made


def _unconnected(
    network: Network,
    projection: Projection,
    number: int,
    slices: Mapping[str, Subgroup],
    clock: Clock,
    alignment: Alignment,
) -> Synapses:
    age = lag(network, projection, alignment=alignment) - 1
    strength = f"k{age}_pre" if age else "k_pre"
    made = Synapses(
        slices[projection.source],
        slices[projection.target],
        "weight:1 (constant)",
        on_pre=f"arrived_post+=weight*{strength}{_inside(network, projection, alignment)}",
        delay=age * clock.dt,
        clock=clock,
        name=f"synapses{number}",
    )
    made.pre.order = number
    return made


def _inside(network: Network, projection: Projection, alignment: Alignment) -> str:
    """Return the factor that is 0 where a spike on its way would cross into the target's next window."""
    reach, latency = alignment.reach(projection), alignment.latency(network)[projection.target]
    return f"*int((t_in_timesteps+1-{latency})%steps>={reach})" if reach else ""
