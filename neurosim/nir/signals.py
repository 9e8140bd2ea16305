"""What arrives where: the layers whose spikes reach a node, the ops on each way, and the constant besides."""

import dataclasses
import graphlib
import math
from collections.abc import Sequence

import numpy as np

from ..neurons.base import broadcast
from ..ops import Conv, Op, Shape
from .conventions import CELLS, own_shape
from .maps import MAPS, Map
from .nodes import Flat, Node

__all__ = ["Signal", "Way", "arriving", "signals"]

MOST_WAYS = 10_000
LARGEST_CONSTANT = 2**22


@dataclasses.dataclass(frozen=True)
class Way:
    """From a layer to a node, through ops; `delay` in seconds."""

    source: str
    ops: tuple[Op, ...] = ()
    delay: float = 0.0


@dataclasses.dataclass(frozen=True)
class Signal:
    """What leaves a node.

    Attributes
    ----------
    shape : tuple of int
    ways : tuple of Way
    constant : array, optional
        What is there at every step without any spike, (C,) or `shape`.
    """

    shape: Shape
    ways: tuple[Way, ...]
    constant: np.ndarray | None = None


def signals(graph: Flat) -> dict[str, Signal]:
    """Return what leaves every node.

    Raises
    ------
    FileError
        If shapes do not fit, or nothing arrives at a node.
    Unsupported
        If a node is of unknown kind, or nodes without memory form a cycle.
    """
    known = {node.name: shape for node in graph.nodes.values() if (shape := _known_shape(node))}
    found = {name: Signal(shape, (Way(name),)) for name, shape in known.items()}
    for name in _order(graph, known):
        if name not in known:
            node, arrives = graph.nodes[name], arriving(graph, name, found)
            is_layer = node.kind in CELLS
            found[name] = Signal(arrives.shape, (Way(name),)) if is_layer else _mapped(graph, node, arrives)
    return found


def arriving(graph: Flat, name: str, found: dict[str, Signal]) -> Signal:
    """Return the sum of what arrives at a node."""
    node, parts = graph.nodes[name], [found[source] for source in graph.sources(name)]
    shapes = sorted({part.shape for part in parts})
    if len(shapes) != 1:
        node.damaged(f"sources of shapes {shapes} arrive: expected some, all of one shape")
    ways = tuple(way for part in parts for way in part.ways)
    if len(ways) > MOST_WAYS:
        node.refuse(f"there are {len(ways)} ways to it: at most {MOST_WAYS} can be followed")
    return Signal(shapes[0], ways, _sum([part.constant for part in parts], shapes[0]))


def _known_shape(node: Node) -> Shape | None:
    if node.kind == "Input":
        return node.size("shape")
    if node.kind not in CELLS and node.kind not in MAPS:
        node.refuse(f"kind {node.kind!r} is not one of {', '.join(sorted([*CELLS, *MAPS, 'Input']))}")
    return own_shape(node) if node.kind in CELLS else None


def _order(graph: Flat, known: dict[str, Shape]) -> list[str]:
    """Return the nodes so that each comes after those that its shape depends on."""
    before = {name: set() if name in known else set(graph.sources(name)) for name in graph.nodes}
    try:
        return list(graphlib.TopologicalSorter(before).static_order())
    except graphlib.CycleError as error:
        cycle = " -> ".join(error.args[1])
        return graph.nodes[error.args[1][0]].refuse(
            f"it lies on a cycle without neurons of known shape, {cycle}"
        )


def _mapped(graph: Flat, node: Node, arrives: Signal) -> Signal:
    made = MAPS[node.kind](node, arrives.shape)
    constant = arrives.constant
    if constant is not None and made.delay:
        node.refuse("it delays a bias, which is there from the first step: put it before the bias")
    if constant is not None:
        constant = _through(node, made.ops, constant, arrives.shape)
    ops = () if _is_implied(graph, node, made) else made.ops
    ways = tuple(Way(way.source, (*way.ops, *ops), way.delay + made.delay) for way in arrives.ways)
    return Signal(made.shape, ways, _sum([constant, made.bias], made.shape))


def _is_implied(graph: Flat, node: Node, made: Map) -> bool:
    """Whether a node only flattens for matrices behind it, which here take any shape."""
    followers = {follower.kind for follower in graph.targets(node.name)}
    flattens = node.kind == "Flatten" and len(made.shape) == 1 and followers <= {"Affine", "Linear"}
    return flattens and not node.noted("reshape", 0).any()


def _through(node: Node, ops: Sequence[Op], constant: np.ndarray, shape: Shape) -> np.ndarray:
    """Return what ops make of a constant."""
    for op in ops:
        target = op.output_shape(shape)
        pads = [sum(pair) for pair in op.padding] if isinstance(op, Conv) else [0] * len(shape)
        padded = math.prod(size + pad for size, pad in zip(shape[-len(pads) :], pads, strict=True))
        if max(padded * shape[0], math.prod(target)) > LARGEST_CONSTANT:
            node.refuse(f"a bias before it would have to be spread over {target}: put it behind")
        made = np.zeros((1, *target))
        op.add(np.array(np.broadcast_to(broadcast(constant, shape), (1, *shape))), made)
        constant, shape = made[0], target
    return constant


def _sum(constants: Sequence[np.ndarray | None], shape: Shape) -> np.ndarray | None:
    there = [constant for constant in constants if constant is not None]
    if len(there) < 2:
        return there[0] if there else None
    if any(constant.ndim > 1 for constant in there):
        there = [np.broadcast_to(broadcast(constant, shape), shape) for constant in there]
    total: np.ndarray = np.sum(there, axis=0)
    return total
