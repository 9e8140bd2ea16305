"""A maximum right before its rectifier, as conv-pool-ReLU has it: the rectifier put first.

A rectifier never falls, so max(f(z_1), ..., f(z_n)) = f(max(z_1, ..., z_n)), to the last bit; and neurons say
what is rectified, so a maximum can only be taken behind them.
"""

from typing import Any

from torch import fx, nn

from neurosim.conversion.handlers import MAXIMA, QUIET, RECTIFIERS, WEIGHTED
from neurosim.conversion.weighted import NORMALISED

__all__ = ["rectified_first"]

LINEAR = {*WEIGHTED, *NORMALISED}


def rectified_first(module: nn.Module, graph: fx.Graph) -> fx.Graph:
    """Return the graph, changed so that maxima of what weights or batch norms say come behind the rectifier.

    Only where nothing else reads what the maximum is taken of, or the maximum: all other values stay.
    """
    for pool in list(graph.nodes):
        if _kind(module, pool) in MAXIMA and _is_alone(pool) and _is_of_weights(module, pool):
            (rectifier,) = pool.users
            if _kind(module, rectifier) in RECTIFIERS and rectifier.all_input_nodes == [pool]:
                _exchange(pool, rectifier)
    return graph


def _exchange(first: fx.Node, second: fx.Node) -> None:
    (source,) = first.all_input_nodes
    second.replace_all_uses_with(first)
    second.replace_input_with(first, source)
    first.replace_input_with(source, second)
    first.prepend(second)


def _is_alone(node: fx.Node) -> bool:
    """Whether it reads one value, and one node reads it."""
    return len(node.all_input_nodes) == len(node.users) == 1


def _is_of_weights(module: nn.Module, pool: fx.Node) -> bool:
    """Whether the maximum is taken of what weights or a batch norm say, through dropout or not."""
    (source,) = pool.all_input_nodes
    while _kind(module, source) in QUIET and _is_alone(source):
        (source,) = source.all_input_nodes
    return _kind(module, source) in LINEAR and len(source.users) == 1


def _kind(module: nn.Module, node: fx.Node) -> Any:
    """Return what the tables of operations know a node by."""
    return type(module.get_submodule(str(node.target))) if node.op == "call_module" else node.target
