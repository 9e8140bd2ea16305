"""The module as a graph of operations, and the values that flow through it."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import fx, nn

from neurosim.ann.qcfs import QCFS
from neurosim.errors import InputError, Unsupported

__all__ = ["describe", "trace", "watch"]


def trace(module: nn.Module) -> fx.Graph:
    """Return the graph of a module in evaluation mode, without operations that nobody reads.

    Raises
    ------
    InputError
        If it is no module, or a part of it is in training mode.
    Unsupported
        If torch.fx cannot trace it, it takes several inputs, or a module with weights is used twice.
    """
    name = type(module).__name__
    if not isinstance(module, nn.Module):
        raise InputError(f"convert: module is a {name}: give a torch module")
    if any(part.training for part in module.modules()):
        raise InputError(f"convert: {name} is in training mode: call its eval() first")
    try:
        graph = _Tracer().trace(module)
    except Exception as error:  # whatever forward does with a symbol
        reason = str(error).partition("\n")[0]
        raise Unsupported(
            f"convert: torch.fx cannot trace {name} ({reason}): write forward without decisions that depend "
            "on values"
        ) from error
    fx.GraphModule(module, graph).graph.eliminate_dead_code()
    inputs = [node.name for node in graph.nodes if node.op == "placeholder"]
    if len(inputs) != 1:
        raise Unsupported(f"convert: {name} takes the inputs {', '.join(inputs)}: one is convertible")
    _refuse_shared(module, graph)
    return graph


class _Tracer(fx.Tracer):
    """torch's tracer, which takes our activations for what they are."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, QCFS) or super().is_leaf_module(m, module_qualified_name)


def describe(module: nn.Module, node: fx.Node) -> str:
    """Return a text that names a node, its operation and the module it lies in."""
    stack = node.meta.get("nn_module_stack") or {"": ("", None)}
    path = str(list(stack.values())[-1][0])
    where = f"module {path!r}" if path else "the top module"
    return f"node {node.name!r}, {_OPERATIONS[node.op](module, node.target)} in {where}"


def _function(module: nn.Module, target: Any) -> str:
    name = f"{target.__module__}.{target.__name__}"
    return name.replace("torch._C._nn.", "torch.nn.functional.").removeprefix("_")


_OPERATIONS: dict[str, Callable[[nn.Module, Any], str]] = {
    "placeholder": lambda module, target: "the input",
    "get_attr": lambda module, target: "a tensor",
    "call_module": lambda module, target: type(module.get_submodule(target)).__name__,
    "call_function": _function,
    "call_method": lambda module, target: f"Tensor.{target}",
    "output": lambda module, target: "the result",
}


def watch(
    module: nn.Module,
    graph: fx.Graph,
    values: npt.NDArray[np.float64],
    dtype: torch.dtype,
    see: Callable[[fx.Node, torch.Tensor], None],
    batch: int = 128,
) -> None:
    """Evaluate a copy of the module batch by batch and show `see` every tensor when it is made.

    Parameters
    ----------
    module, graph
        The module and its trace.
    values : (N, *shape)
        Normalised inputs.
    dtype
        In which everything is computed, on the CPU.
    see
        Must copy what it keeps: a later operation may work in place.
    batch
        Images at a time.
    """
    watcher = _Watcher(copy.deepcopy(module).to("cpu", dtype), graph, see)
    with torch.no_grad():
        for part in _parts(values, batch):
            watcher.run(torch.from_numpy(part).to(dtype))


def _parts(values: npt.NDArray[np.float64], batch: int) -> Iterator[npt.NDArray[np.float64]]:
    for start in range(0, len(values), batch):
        yield np.ascontiguousarray(values[start : start + batch])


class _Watcher(fx.Interpreter):
    """torch's interpreter of graphs, extended where its documentation says to."""

    def __init__(
        self, module: nn.Module, graph: fx.Graph, see: Callable[[fx.Node, torch.Tensor], None]
    ) -> None:
        super().__init__(module, graph=graph)
        self._see = see

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        if isinstance(value, torch.Tensor) and n.op != "output":
            self._see(n, value)
        return value


def _refuse_shared(module: nn.Module, graph: fx.Graph) -> None:
    uses: dict[str, list[str]] = {}
    for node in graph.nodes:
        if node.op == "call_module" and module.get_submodule(node.target).state_dict():
            uses.setdefault(node.target, []).append(node.name)
    for path, names in uses.items():
        if len(names) > 1:
            raise Unsupported(
                f"convert: module {path!r} is used {len(names)} times (nodes {', '.join(names)}): "
                "give each use a module of its own"
            )
