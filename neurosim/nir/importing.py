"""from_nir: a network of a NIR file."""

import dataclasses
import math
import numbers
import os
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FileError, InputError, Unsupported
from ..files.checks import printable
from ..layers import Layer, Projection
from ..network import Network
from ..neurons import Input
from ..neurons.base import broadcast
from ..ops import Identity, Scale
from ..parameters import shown
from .conventions import CELLS, CONVENTIONS, Cell, cell, is_open
from .nodes import Flat, Node, whole_graph
from .reading import read_graph
from .signals import Signal, arriving, signals

__all__ = ["check_arguments", "from_nir"]


def from_nir(path: str | os.PathLike[str], *, convention: str | None = None, dt: float = 1e-4) -> Network:
    """Read a network from a NIR file.

    Every node with memory becomes a layer of its name; the nodes between them, a projection. Edges into
    one node add up.

    Parameters
    ----------
    path
    convention : "nir", "sinabs", "snntorch" or "spikingjelly", optional
        Whose reader to follow in what NIR leaves open: its own equations by forward Euler, or the library
        whose `from_nir` gives the same spikes. Files of `to_nir` leave nothing open.
    dt : float
        A time step [s], to make steps of time constants.

    Returns
    -------
    Network

    Raises
    ------
    InputError
        If the file leaves open what a step does and no convention is given, or an argument is out of bounds.
    FileError
        If the file is damaged, not to be trusted, or says something impossible.
    Unsupported
        If a node, or a way of joining nodes, has no exact form here.

    References
    ----------
    Pedersen et al. 2024, Neuromorphic intermediate representation, Nat. Commun. 15:8122.
    """
    check_arguments("from_nir", path, dt)
    _check_known(convention)
    graph = whole_graph(read_graph(path))
    _check_convention(graph, convention)
    shown_path = printable(Path(path))
    try:
        return _network(graph, convention, dt)
    except InputError as error:
        known = Unsupported if "cycle with too little delay" in str(error) else FileError
        raise known(f"{shown_path}: {error}") from None


def check_arguments(owner: str, path: Any, dt: Any) -> None:
    """Raise InputError unless they are the name of a file and a positive time."""
    if not isinstance(path, (str, os.PathLike)):
        raise InputError(f"{owner}: path is {shown(path)}: give the name of a file")
    if isinstance(dt, bool) or not isinstance(dt, numbers.Real) or not 0 < float(dt) < math.inf:
        raise InputError(f"{owner}: dt is {shown(dt)}: give a positive time [s]")


def _check_known(convention: object) -> None:
    if convention is not None and convention not in list(CONVENTIONS):
        raise InputError(
            f"from_nir: convention is {shown(convention)}: give one of {', '.join(map(repr, CONVENTIONS))}"
        )


def _check_convention(graph: Flat, convention: str | None) -> None:
    for node in graph.nodes.values():
        if convention is None and is_open(node):
            raise InputError(
                f"{node}: the file leaves open what a time step does (leak, comparison, reset): give "
                f"convention, one of {', '.join(map(repr, CONVENTIONS))}"
            )


def _network(graph: Flat, convention: str | None, dt: float) -> Network:
    found = signals(graph)
    _check_ends(graph, found)
    nodes = [node for node in graph.nodes.values() if node.kind == "Input" or node.kind in CELLS]
    cells = {node.name: _cell(node, graph, found, convention, dt) for node in nodes if node.kind in CELLS}
    layers = [
        Layer(node.name, found[node.name].shape, cells[node.name].neuron if node.name in cells else Input())
        for node in nodes
    ]
    projections = [
        projection
        for source, target in graph.edges
        if target in cells
        for projection in _projections(found[source], graph.nodes[target], dt)
    ]
    projections = [_scaled(p, cells[p.target], found[p.target].shape) for p in projections]
    projections = _biased(projections, cells, found)
    network = Network(layers, projections, _classes(graph))
    if graph.ordered:
        return network
    latest = sorted(layers, key=lambda layer: network.latency[layer.name])
    return Network(latest, projections, _classes(graph))


def _cell(node: Node, graph: Flat, found: dict[str, Signal], convention: str | None, dt: float) -> Cell:
    arrives = arriving(graph, node.name, found)
    if arrives.shape != found[node.name].shape:
        node.damaged(f"its parameters have shape {found[node.name].shape}, and {arrives.shape} arrives")
    try:
        return cell(node, arrives.shape, convention, dt)
    except InputError as error:
        return node.damaged(error)


def _check_ends(graph: Flat, found: dict[str, Signal]) -> None:
    """Every way ends in neurons; an Output is nothing but another name for neurons that nobody reads."""
    for node in graph.nodes.values():
        followers = graph.targets(node.name)
        if node.kind == "Input" and graph.sources(node.name):
            node.damaged("an edge leads into an Input")
        if node.kind == "Output":
            _check_output(graph, node, found[node.name])
        elif node.kind not in CELLS and not followers:
            node.refuse("nothing reads it: a network ends in neurons, IF, LIF, CubaLIF or the integrator I")


def _check_output(graph: Flat, node: Node, arrives: Signal) -> None:
    if graph.targets(node.name):
        node.damaged("an edge leads out of an Output")
    if "shape" in node.fields and node.size("shape") != arrives.shape:
        node.damaged(f"shape is {node.size('shape')}, and {arrives.shape} arrives")
    ways = [(way.ops, way.delay) for way in arrives.ways]
    source = graph.nodes[arrives.ways[0].source]
    if ways != [((), 0.0)] or arrives.constant is not None or source.kind not in CELLS:
        node.refuse("it reads currents: a network ends in neurons, IF, LIF, CubaLIF or the integrator I")
    if any(reader.kind not in ("Output", "Port") for reader in graph.targets(source.name)):
        node.refuse(f"it reads {source.name!r}, which others read too: outputs here are read by none")


def _projections(arrives: Signal, target: Node, dt: float) -> list[Projection]:
    """Return one projection for every way; the first carries the constant."""
    constants = [arrives.constant, *[None] * (len(arrives.ways) - 1)]
    return [
        Projection(way.source, target.name, way.ops or (Identity(),), constant, _steps(way.delay, target, dt))
        for way, constant in zip(arrives.ways, constants, strict=True)
    ]


def _steps(delay: float, target: Node, dt: float) -> int:
    steps = round(min(delay / dt, 2**31))
    if not math.isclose(steps * dt, delay, rel_tol=1e-6):
        target.refuse(f"a delay of {delay:g} s on the way to it is no whole number of steps of {dt:g} s")
    return steps


def _scaled(projection: Projection, into: Cell, shape: tuple[int, ...]) -> Projection:
    """Return the projection into neurons that cannot have the gain in their threshold."""
    if np.all(np.asarray(into.gain) == 1):
        return projection
    made = dataclasses.replace(projection, ops=(*projection.ops, Scale(into.gain)))
    if made.bias is None:
        return made
    bias = broadcast(made.bias, shape) * broadcast(into.gain, shape)
    return dataclasses.replace(made, bias=bias if np.ndim(into.gain) > 1 else bias.reshape(made.bias.shape))


def _biased(
    projections: list[Projection], cells: dict[str, Cell], found: dict[str, Signal]
) -> list[Projection]:
    """Return the projections, the first into each layer with what its leak pulls towards."""
    biased = []
    left = {name: known.bias for name, known in cells.items() if known.bias.any()}
    for projection in projections:
        shape, pull = found[projection.target].shape, left.pop(projection.target, None)
        if pull is not None:
            pull = np.broadcast_to(pull, shape)
            had = projection.bias
            bias = pull if had is None else pull + broadcast(had, shape)
            projection = dataclasses.replace(projection, bias=np.array(bias))
        biased.append(projection)
    return biased


def _classes(graph: Flat) -> list[str] | None:
    classes = graph.node.word("classes", "")
    return classes.split("\n") if classes else None
