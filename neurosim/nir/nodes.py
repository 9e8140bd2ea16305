"""What a NIR file says: nodes with numbers and words, before anything is made of them."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import numpy as np

from ..errors import FileError, Unsupported
from ..files.checks import printable
from ..neurons.base import broadcast
from ..ops import Shape
from ..parameters import Numeric

__all__ = ["Edge", "Flat", "Graph", "Held", "Node", "whole_graph"]

Held = np.ndarray | str
Edge = tuple[str, str]

LARGEST = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class Node:
    """One node.

    Attributes
    ----------
    file : Path
        Where it stands.
    name, kind : str
        As the file has them: "3", "Conv2d".
    fields, metadata : dict of str to array or str
    """

    file: Path
    name: str
    kind: str
    fields: Mapping[str, Held] = dataclasses.field(default_factory=dict)
    metadata: Mapping[str, Held] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        return f"{printable(self.file)}: node {self.name!r} ({self.kind})"

    def refuse(self, reason: object) -> NoReturn:
        """Raise Unsupported: the node is in order, and cannot be said exactly."""
        raise Unsupported(f"{self}: {reason}")

    def damaged(self, reason: object) -> NoReturn:
        """Raise FileError: the node is not what NIR says it is."""
        raise FileError(f"{self}: {reason}")

    def numbers(self, field: str, default: float | None = None) -> np.ndarray:
        """Return a field as float64; where it is missing, the default."""
        held = self.fields.get(field, None if default is None else np.array(default))
        return self._finite(field, held)

    def noted(self, field: str, default: float) -> np.ndarray:
        """Return a number of the metadata as float64; where it is missing, the default."""
        return self._finite(f"metadata/{field}", self.metadata.get(field, np.array(default)))

    def word(self, field: str, default: str) -> str:
        """Return a word of the metadata; where it is missing, the default."""
        held = self.metadata.get(field, default)
        return held if isinstance(held, str) else self.damaged(f"metadata/{field} is no word")

    def whole(self, field: str) -> int | tuple[int, ...]:
        """Return a field of whole numbers: one, or one an axis."""
        values = self.numbers(field)
        if (
            values.ndim > 1
            or values.size > 3
            or np.any((values != np.rint(values)) | (abs(values) > LARGEST))
        ):
            self.damaged(
                f"{field} has shape {values.shape} or is not whole: expected one number or one an axis"
            )
        return tuple(map(int, values)) if values.ndim else int(values)

    def size(self, field: str) -> Shape:
        """Return a field that is a shape."""
        values = self.whole(field)
        return values if isinstance(values, tuple) else (values,)

    def per_layer(self, field: str, values: np.ndarray, shape: Shape) -> Numeric:
        """Return one value a neuron as a parameter: a scalar, one a channel, or all, whatever says it.

        Our own files note with how many axes the network said it.
        """
        full = np.broadcast_to(values if values.shape == shape else values.reshape(()), shape)
        least = int(self.noted(f"{field}_axes", 0).ravel()[0])
        for axes in (0, 1, len(shape)):
            first = tuple(slice(None) if axis < axes else slice(1) for axis in range(len(shape)))
            short = full[first].reshape(shape[:axes])
            spread = broadcast(short, shape)
            if axes >= least and np.array_equal(np.broadcast_to(spread, shape), full):
                return short if axes else float(short)
        return self.damaged(f"{field}_axes is {least}: expected at most {len(shape)}")

    def _finite(self, field: str, held: Held | None) -> np.ndarray:
        if not isinstance(held, np.ndarray):
            self.damaged(f"{field} is {held!r}: expected numbers")
        values = held.astype(np.float64)
        if not values.size or not np.isfinite(values).all():
            self.damaged(f"{field} holds NaN, infinity or nothing: expected finite numbers")
        return values


@dataclasses.dataclass(frozen=True)
class Graph:
    """Nodes, some of them graphs themselves, and edges between them.

    Attributes
    ----------
    node : Node
        What the graph is as a node of another: its name and metadata.
    members : dict of str to Node or Graph
    edges : list of (source, target)
    ordered : bool
        Whether the file keeps the order in which members were written.
    """

    node: Node
    members: Mapping[str, "Node | Graph"]
    edges: list[Edge]
    ordered: bool = False


@dataclasses.dataclass(frozen=True)
class Flat:
    """A graph without graphs in it; attributes are those of `Graph`."""

    node: Node
    nodes: dict[str, Node]
    edges: list[Edge]
    ordered: bool

    def sources(self, name: str) -> list[str]:
        """Return the names of the nodes with an edge to this one."""
        return [source for source, target in self.edges if target == name]

    def targets(self, name: str) -> list[Node]:
        """Return the nodes with an edge from this one."""
        return [self.nodes[target] for source, target in self.edges if source == name]


def whole_graph(graph: Graph) -> Flat:
    """Return the graph with the graphs in it dissolved: their Inputs and Outputs pass on what arrives.

    Raises
    ------
    FileError
        If an edge names no node, or is there twice, or two nodes come to have one name.
    Unsupported
        If a graph within another has several Inputs or Outputs.
    """
    flat = Flat(graph.node, {}, [], graph.ordered)
    ends: dict[str, Edge] = {}
    for name, member in graph.members.items():
        if isinstance(member, Node):
            _insert(flat, name, member)
            ends[name] = name, name
        else:
            ends[name] = _dissolve(flat, name, whole_graph(member))
    for source, target in graph.edges:
        for end in (source, target):
            if end not in ends:
                graph.node.damaged(f"edge {source!r} -> {target!r} names no node {end!r}")
        flat.edges.append((ends[source][1], ends[target][0]))
    if len(set(flat.edges)) < len(flat.edges):
        twice = next(edge for edge in flat.edges if flat.edges.count(edge) > 1)
        graph.node.damaged(f"edge {twice[0]!r} -> {twice[1]!r} is there twice")
    return flat


def _dissolve(flat: Flat, name: str, inner: Flat) -> Edge:
    """Put the nodes of a graph into another one; return the names of where it begins and ends."""
    first, last = _port(inner, "Input"), _port(inner, "Output")
    for node in inner.nodes.values():
        ported = node.name in (first, last)
        _insert(flat, f"{name}.{node.name}", dataclasses.replace(node, kind="Port") if ported else node)
    flat.edges.extend((f"{name}.{source}", f"{name}.{target}") for source, target in inner.edges)
    return f"{name}.{first}", f"{name}.{last}"


def _insert(flat: Flat, name: str, node: Node) -> None:
    if name in flat.nodes:
        node.damaged(f"two nodes are called {name!r}")
    flat.nodes[name] = dataclasses.replace(node, name=name)


def _port(inner: Flat, kind: str) -> str:
    found = [name for name, node in inner.nodes.items() if node.kind == kind]
    if len(found) != 1:
        inner.node.refuse(f"a graph within a graph has {len(found)} {kind} nodes: exactly one can be joined")
    return found[0]
