"""ReLUs of a trained module, replaced by activations that fit spiking neurons, for fine-tuning."""

import copy
import os
from collections.abc import Callable
from typing import Any

import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import fx, nn

from neurosim.ann.qcfs import QCFS
from neurosim.ann.weights import load_weights, tensor_names
from neurosim.conversion.calibration import Calibration, largest_activations
from neurosim.conversion.pixels import normalised
from neurosim.conversion.tracing import trace
from neurosim.errors import InputError
from neurosim.neurons import Input

__all__ = ["load_tuned", "qcfs_module", "replace_relus", "with_qcfs"]

PLAIN = Input()

FUNCTIONS = (F.relu, F.relu_, torch.relu, torch.relu_)
METHODS = ("relu", "relu_")

PLACE = "rectifiers"
"""The submodule that holds what took the ReLUs' place."""


def with_qcfs(
    module: nn.Module,
    calibration: npt.NDArray[Any],
    *,
    levels: int = 8,
    percentile: float = 99.9,
    input: Input = PLAIN,
) -> fx.GraphModule:
    """Return a copy of a trained module in which every ReLU is a `QCFS`, to be fine-tuned by `fit`.

    Parameters
    ----------
    module
        In evaluation mode; left as it is. Its ReLUs may be modules, functions or methods; one that is used
        several times becomes several. The copy drops nothing where forward calls F.dropout: only modules
        of dropout drop in its training.
    calibration : (N, *shape)
        Raw pixels; a percentile of each layer's activations over them is where its theta starts.
    levels
        L; as many as the steps for which the spiking network is meant.
    percentile
        In (0, 100].
    input
        Normalisation of raw pixels.

    Returns
    -------
    torch.fx.GraphModule
        In evaluation mode; its tensors have the names of the module's, and those of the k-th ReLU begin
        with ``rectifiers.``.

    Raises
    ------
    InputError, Unsupported
        As `conversion.convert`, or if the module has no ReLU.
    """
    graph = trace(module)
    nodes = {node.name: node for node in _relus(module, graph)}
    values = normalised(calibration, input)
    sizes = largest_activations(Calibration(module, graph, nodes, values), percentile)
    return replace_relus(module, lambda name: QCFS(levels, float(sizes[name])))


def qcfs_module(module: nn.Module) -> fx.GraphModule:
    """Return what `with_qcfs` makes of a module, its levels and thetas yet to be loaded from a state dict.

    Raises
    ------
    InputError, Unsupported
        As `with_qcfs`.
    """
    return replace_relus(module, lambda name: QCFS())


def load_tuned(path: str | os.PathLike[str], architecture: str) -> nn.Module:
    """Return what `ann.load_weights` does, with QCFS in the place of ReLUs if the file has their thresholds.

    Raises
    ------
    FileError, InputError
        As `ann.load_weights`.
    """
    tuned = any(name.startswith(f"{PLACE}.") for name in tensor_names(path))
    return load_weights(path, architecture, qcfs_module if tuned else nn.Module.eval)


def replace_relus(module: nn.Module, make: Callable[[str], nn.Module]) -> fx.GraphModule:
    """Return a copy of a module in which every ReLU is what `make` returns for the name of its node.

    Raises
    ------
    InputError, Unsupported
        If it has no ReLU, or cannot be traced.
    """
    module = copy.deepcopy(module)
    graph = trace(module)
    changed = fx.GraphModule(module, graph)
    relus = _relus(module, changed.graph)
    if not relus:
        raise InputError(f"{type(module).__name__} has no ReLU that could be replaced")
    for node in relus:
        path = f"{PLACE}.{node.name}"
        changed.add_submodule(path, make(node.name))
        with changed.graph.inserting_before(node):
            made = changed.graph.call_module(path, (node.args[0],))
        node.replace_all_uses_with(made)
        changed.graph.erase_node(node)
    changed.delete_all_unused_submodules()
    changed.recompile()
    return changed.eval()


def _relus(module: nn.Module, graph: fx.Graph) -> list[fx.Node]:
    return [node for node in graph.nodes if _IS_RELU.get(node.op, _never)(module, node.target)]


def _never(module: nn.Module, target: Any) -> bool:
    return False


_IS_RELU: dict[str, Callable[[nn.Module, Any], bool]] = {
    "call_module": lambda module, target: type(module.get_submodule(target)) is nn.ReLU,
    "call_function": lambda module, target: target in FUNCTIONS,
    "call_method": lambda module, target: target in METHODS,
}
