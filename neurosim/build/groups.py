"""From populations to Brian2: one group of layers, one group of neurons a population, one clock."""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from brian2 import Clock, Equations, Network, NeuronGroup, second
from brian2.codegen.codeobject import CodeObject

from ..alignment import ALIGNED, Alignment
from ..layers import Projection
from ..network import Network as Description
from ..neurons import PhysicalScale
from . import dynamics
from .physical import charge_of, has_membrane, state_units, units_of
from .populations import Population, Table, index_of, owner_of, populations, tables
from .synapses import charged, make_synapses, variables

__all__ = ["Model", "make_model"]

LAYERS = "layers"
MOST_LAYERS = 2**20
WINDOW = """
ready = propagate(t_in_timesteps)
local = t_in_timesteps-latency
begin = int(local%steps==0)
awake = int(local>=0)*int(local<steps*images)
"""


@dataclasses.dataclass(frozen=True)
class Model:
    """A network as Brian2 objects.

    Attributes
    ----------
    network : brian2.Network
    groups : dict of str to NeuronGroup
        "layers", the populations, and the groups that hold one value a channel.
    slices : dict of str to Subgroup
        Each layer's neurons, by the layer's name, if they were asked for.
    """

    network: Network
    groups: dict[str, NeuronGroup]
    slices: dict[str, Any]


def make_model(
    description: Description,
    dt: float,
    functions: dict[str, Any],
    watched: frozenset[str] = frozenset(),
    sliced: bool = False,
    explicit: Sequence[Projection] = (),
    loop: type[CodeObject] | None = None,
    physical: PhysicalScale | None = None,
    alignment: Alignment = ALIGNED,
    window: type[CodeObject] | None = None,
    batch: int = 1,
) -> Model:
    """Make the Brian2 objects of a network, without any values.

    Parameters
    ----------
    description : Network
    dt : float
        Time step [s].
    functions : dict
        What `connectivity.session` returns.
    watched : set of str
        Populations whose potentials are passed to `watch`; those that never spike always are.
    sliced : bool
        Whether to make a subgroup of each layer, at the price of code that grows with their number.
    explicit : sequence of Projection
        What Brian2 `Synapses` carry, and the functions do not.
    loop : CodeObject class, optional
        Writes the loop over a population's neurons; without it Brian2's own.
    physical : PhysicalScale, optional
        Membranes are in volts; only that it is given matters here.
    alignment : Alignment
        What the explicit synapses keep to; the functions read it at run time.
    window : CodeObject class, optional
        Writes the code that begins a step; without it Brian2's own.
    batch : int
        Images side by side: each layer's neurons are there once for every one.
    """
    clock = Clock(dt=dt * second, name="neurosim_clock")
    made = populations(description)
    units = units_of(made, physical)
    held = {t.name for p in made for t in tables(description, p, dt, physical) if t.grain == "layer"}
    groups = {
        LAYERS: _layers(len(description.neurons), _declared(sorted(held), units), functions, clock, window)
    }
    slices: dict[str, Any] = {}
    number = 0
    for population in made:
        mine = list(tables(description, population, dt, physical))
        synaptic = variables(description, population, explicit, alignment)
        own = units | state_units(population, physical)
        group = _population(population, mine, synaptic, functions, clock, number, loop, own, batch)
        if sliced or explicit:
            slices |= _slices(population, group)
        _refer(group, population, mine, groups, number, units, batch)
        for name, when, code in _stages(population, synaptic, watched, physical, batch):
            group.run_regularly(code, when=when, order=number, name=f"{population.name}_{name}", clock=clock)
        groups[population.name] = group
        number += len(population.layers)
    synapses = make_synapses(description, explicit, slices, groups[LAYERS], clock, alignment)
    return Model(Network(*groups.values(), *synapses, name="simulated"), groups, slices)


def _slices(population: Population, group: NeuronGroup) -> dict[str, Any]:
    """Return each layer's slice of its population.

    Made before the population refers to values by layer or channel, which Brian2's subgroups cannot follow.
    """
    ends = np.cumsum([layer.size for layer in population.layers]).tolist()
    return {
        layer.name: group[end - layer.size : end] for layer, end in zip(population.layers, ends, strict=True)
    }


def _declared(names: Iterable[str], units: Mapping[str, str]) -> list[str]:
    """Return the lines by which Brian2 is told of constants."""
    return [f"{name}:{units.get(name, '1')} (constant)" for name in names]


def _layers(
    size: int,
    parameters: list[str],
    functions: dict[str, Any],
    clock: Clock,
    window: type[CodeObject] | None,
) -> NeuronGroup:
    equations = ["latency:integer (constant)", "begin:1", "awake:1", "ready:integer (shared)"]
    equations += ["steps:integer (shared, constant)", "images:integer (shared, constant)"]
    equations += parameters
    group = NeuronGroup(size, "\n".join(equations), name=LAYERS, namespace=functions, clock=clock)
    group.run_regularly(WINDOW, when="start", order=-1, name="window", clock=clock, codeobj_class=window)
    return group


def _population(
    population: Population,
    mine: list[Table],
    synaptic: list[str],
    functions: dict[str, Any],
    clock: Clock,
    number: int,
    loop: type[CodeObject] | None,
    units: Mapping[str, str],
    batch: int,
) -> NeuronGroup:
    own = population.equations
    equations = [f"{name}:{units.get(name, '1')}" for name in (*own.state, *synaptic)]
    equations += ["k:1"] * bool(own.strength) + ["I:amp"] * ("I" in units)
    each = [table.name for table in mine if table.grain == "neuron"]
    equations += ["place:integer (constant)"] if each and batch > 1 else _declared(each, units)
    equations += ["layer:integer (constant)", "channel:integer (constant)"]
    model, reset = Equations("\n".join(equations)), own.reset
    spiking: dict[str, Any] = {}
    if own.dynamics:
        refractory = Equations("silent:1" if own.dynamics.refractory else "")
        model = model + refractory + dynamics.equations_of(own.dynamics)
        reset, spiking = dynamics.reset_of(own.dynamics, reset), dynamics.options_of(own.dynamics)
    if own.strength:
        spiking |= {"threshold": _threshold(population, batch), "reset": reset}
    group = NeuronGroup(
        batch * population.size,
        model,
        name=population.name,
        namespace=functions,
        clock=clock,
        codeobj_class=loop,
        **spiking,
    )
    for part in (*group.thresholder.values(), *group.resetter.values()):
        # below 0: a monitor's order is 1 or 2, and it must see this step's spikes
        part.order = number - MOST_LAYERS
    return group


def _refer(
    group: NeuronGroup,
    population: Population,
    mine: list[Table],
    groups: dict[str, NeuronGroup],
    number: int,
    units: Mapping[str, str],
    batch: int,
) -> None:
    """Let a population read one value a layer or a channel; with a batch, those of neurons, too."""
    group.layer = number + index_of(population, "layer", batch)
    group.channel = index_of(population, "channel", batch)
    for name in ("begin", "awake", *(table.name for table in mine if table.grain == "layer")):
        group.variables.add_reference(name, groups[LAYERS], name, index="layer")
    for grain, index in (("channel", "channel"), ("neuron", "place")):
        own, owner = [table for table in mine if table.grain == grain], owner_of(population, grain, batch)
        if own and owner != population.name:
            equations = "\n".join(_declared([table.name for table in own], units))
            groups[owner] = NeuronGroup(len(own[0].values), equations, name=owner, clock=group.clock)
            if grain == "neuron":
                group.place = index_of(population, grain, batch)
            for table in own:
                group.variables.add_reference(table.name, groups[owner], table.name, index=index)


def _threshold(population: Population, batch: int) -> str:
    neuron, sent = _neuron(population, batch), population.equations.sent
    if sent == "k":
        return f"fire({neuron},k,t_in_timesteps)"
    return f"send({neuron},k,({_drawing(population, sent, batch)})*awake,t_in_timesteps)"


def _neuron(population: Population, batch: int) -> str:
    """Return the code of a neuron's index among all."""
    return f"i+{batch * population.first}"


def _drawing(population: Population, code: str, batch: int) -> str:
    """Return code in which the names of random numbers are what draws them."""
    for slot, (name, kind) in enumerate(population.equations.draws.items()):
        call = f"{kind}({_neuron(population, batch)},{slot},layer,t_in_timesteps)"
        code = re.sub(rf"\b{name}\b", call, code)
    return code


def _stages(
    population: Population,
    synaptic: list[str],
    watched: frozenset[str],
    physical: PhysicalScale | None,
    batch: int,
) -> Iterator[tuple[str, str, str]]:
    """Yield name, Brian2 slot and code of what a population does in a step, beside thresholds and resets."""
    own = population.equations
    kept, seen = ("said", "v/volt") if has_membrane(population, physical) else ("v", "v")
    if own.dynamics:
        lines = [*_drive(population, synaptic, batch), *dynamics.before(own.dynamics, physical is not None)]
        yield "charge", "start", "\n".join(lines)
        yield "strength", "after_groups", "\n".join(dynamics.spoken(own.dynamics))
        kept, seen = "said", dynamics.potential_of(own.dynamics)
    else:
        yield "charge", "start", _charge(population, synaptic, physical, batch)
    if population.name in watched or not own.strength:
        yield "watch", "end", f"{kept}=watch({_neuron(population, batch)},{seen},t_in_timesteps)"


def _drive(population: Population, synaptic: list[str], batch: int) -> list[str]:
    """Return the lines that take what arrives in this step."""
    lines = [f"drive=current({_neuron(population, batch)},t_in_timesteps)"]
    return lines + (charged(*synaptic) if synaptic else [])


def _charge(population: Population, synaptic: list[str], physical: PhysicalScale | None, batch: int) -> str:
    own = population.equations
    starts = {name: "" if source == "0" else f"+{source}*begin" for name, source in own.state.items()}
    lines = _drive(population, synaptic, batch)
    lines += [f"{name}={name}*(1-begin){start}" for name, start in starts.items()]
    lines += [_drawing(population, charge_of(population, physical), batch)]
    if own.strength:
        lines += [_drawing(population, own.strength, batch), "k=emitted*awake"]
    return "\n".join([*lines, "v=u"])
