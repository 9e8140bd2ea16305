"""Populations: all layers with equal equations become slices of one group of neurons."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from ..alignment import ALIGNED, Alignment
from ..connectivity.plan import channels_last
from ..layers import Layer
from ..network import Network
from ..neurons import Equations, PhysicalScale
from ..neurons.base import broadcast

__all__ = [
    "Population",
    "Table",
    "assign",
    "first_neurons",
    "index_of",
    "owner_of",
    "populations",
    "tables",
]


@dataclasses.dataclass(frozen=True)
class Population:
    """Layers that share one set of equations.

    Attributes
    ----------
    name : str
        A Brian2 name, lower case.
    first : int
        Index of its first neuron among all populations' neurons.
    """

    name: str
    equations: Equations
    layers: tuple[Layer, ...]
    first: int

    @property
    def size(self) -> int:
        """Number of neurons."""
        return sum(layer.size for layer in self.layers)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters that the equations refer to, the bias included."""
        return (*self.equations.parameters, "bias")


@dataclasses.dataclass(frozen=True)
class Table:
    """One parameter of a population, stored as coarsely as its values allow.

    Attributes
    ----------
    name : str
    grain : "layer", "channel" or "neuron"
        What the parameter has one value of.
    values : float64 array
        In the population's order: layers, channels within layers, or neurons.
    """

    name: str
    grain: str
    values: np.ndarray


def populations(network: Network) -> tuple[Population, ...]:
    """Group a network's layers by their equations, in the order of first appearance."""
    groups: dict[str, list[Layer]] = {}
    for layer in network.neurons:
        groups.setdefault(repr(layer.model.equations), []).append(layer)
    made: list[Population] = []
    first = 0
    for number, layers in enumerate(groups.values()):
        made.append(Population(f"population{number}", layers[0].model.equations, tuple(layers), first))
        first += made[-1].size
    return tuple(made)


def first_neurons(network: Network) -> dict[str, int]:
    """Return the index of each layer's first neuron among all, in the order of these indices."""
    first, index = {}, 0
    for population in populations(network):
        for layer in population.layers:
            first[layer.name] = index
            index += layer.size
    return first


def tables(
    network: Network, population: Population, dt: float, physical: PhysicalScale | None = None
) -> Iterator[Table]:
    """Yield every parameter of a population with its values for a time step of `dt` seconds."""
    values = [layer.model.values(dt) | {"bias": network.bias(layer.name)} for layer in population.layers]
    if physical:
        pairs = zip(population.layers, values, strict=True)
        values = [physical.parameters(layer.model, own, dt) for layer, own in pairs]
    more = ("voltage", "rest", "conductance")
    for name in (*population.parameters, *(name for name in more if name in values[0])):
        yield _table(name, population.layers, [np.asarray(value[name], dtype=np.float64) for value in values])


def _table(name: str, layers: tuple[Layer, ...], values: list[np.ndarray]) -> Table:
    if all(value.ndim == 0 for value in values):
        return Table(name, "layer", np.array(values))
    pairs = list(zip(layers, values, strict=True))
    if all(value.shape in ((), layer.shape[:1]) for layer, value in pairs):
        channels = [np.broadcast_to(value, layer.shape[:1]) for layer, value in pairs]
        return Table(name, "channel", np.concatenate(channels))
    neurons = [np.broadcast_to(broadcast(value, layer.shape), layer.shape) for layer, value in pairs]
    flat = [channels_last(array, array.ndim) for array in neurons]
    return Table(name, "neuron", np.concatenate(flat))


def index_of(population: Population, grain: str, batch: int = 1) -> np.ndarray:
    """Return the number of every neuron's layer, channel or own place within the population; int32.

    With a batch, each layer's neurons are there once for every image of it, one image after the other.
    """
    indices: list[np.ndarray] = []
    begin = 0
    for layer in population.layers:
        count = {"layer": 1, "channel": layer.shape[0], "neuron": layer.size}[grain]
        indices.append(begin + np.tile(np.arange(count), batch * layer.size // count))
        begin += count
    return np.concatenate(indices, dtype=np.int32)


def owner_of(population: Population, grain: str, batch: int) -> str:
    """Return the name of the group that holds parameters of one value a channel or neuron."""
    if grain == "channel":
        return f"{population.name}_channels"
    return population.name if batch == 1 else f"{population.name}_places"


def assign(
    network: Network,
    steps: int,
    images: int,
    dt: float,
    block: int = 1,
    physical: PhysicalScale | None = None,
    alignment: Alignment = ALIGNED,
    batch: int = 1,
) -> dict[str, np.ndarray]:
    """Return every value of a run by "group.variable": windows, latencies and all parameters.

    `steps`: of a window, those of draining included; `block`: steps between layers; `physical`: what the
    numbers are in SI units; `batch`: images side by side.
    """
    made, latency = populations(network), alignment.latency(network)
    order = [layer.name for population in made for layer in population.layers]
    values: dict[str, np.ndarray] = {
        "layers.steps": np.array(steps),
        "layers.images": np.array(-(-images // batch)),
        "layers.latency": block * np.array([latency[name] for name in order]),
    }
    number = 0
    shared: dict[str, np.ndarray] = {}
    for population in made:
        stop = number + len(population.layers)
        for table in tables(network, population, dt, physical):
            if table.grain == "layer":
                shared.setdefault(table.name, np.ones(len(order)))[number:stop] = table.values
            else:
                values[f"{owner_of(population, table.grain, batch)}.{table.name}"] = table.values
        number = stop
    return values | {f"layers.{name}": array for name, array in shared.items()}
