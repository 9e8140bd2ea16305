"""The skeleton of a spiking module: the same paths, with torch's own modules, and a ramp for every neuron.

So a spiking module is traced and lowered by what converts others.
"""

import copy
import operator
from typing import Any

from torch import fx, nn

from neurosim.conversion.spiking.libraries import LIBRARIES, READERS, copied, key_of
from neurosim.conversion.spiking.reading import Spiking
from neurosim.conversion.tracing import describe
from neurosim.errors import NeurosimError, Unsupported

__all__ = ["read", "single_outputs", "skeleton"]

TRANSPARENT = {"Dropout", "Dropout2d", "FlattenTime", "HeldDropout", "UnflattenTime"}
"""Modules of the libraries that change nothing about one step of one image."""


def read(module: nn.Module) -> dict[str, Spiking]:
    """Return what every spiking module is, by its path.

    Raises
    ------
    Unsupported
        If there is none, one is shared, they take time in different ways, or one cannot be said exactly.
    """
    found: dict[str, Spiking] = {}
    seen: dict[int, str] = {}
    for path, part in module.named_modules(remove_duplicate=False):
        reader = READERS.get(key_of(part))
        if reader is None:
            continue
        if id(part) in seen:
            raise Unsupported(f"module {path!r} is {seen[id(part)]!r} again: give each use one of its own")
        seen[id(part)] = path
        try:
            found[path] = reader(part)
        except NeurosimError as error:
            raise type(error)(f"module {path!r}, {type(part).__name__}: {error}") from None
    if not found or "" in found:
        known = ", ".join(f"{library}'s {name}" for library, name in READERS)
        raise Unsupported(f"{type(module).__name__} holds no spiking neuron: readable within it are {known}")
    layouts = sorted({spiking.layout for spiking in found.values()})
    if len(layouts) > 1:
        raise Unsupported(f"its neurons take {' and '.join(layouts)}: let all take time in the same way")
    return found


def skeleton(module: nn.Module) -> nn.Module:
    """Return a copy in which every module of a library is one of torch.

    Raises
    ------
    Unsupported
        If a module of a library has no counterpart.
    """
    made = copied(module)
    replaced: list[str] = []
    for path, part in list(made.named_modules(remove_duplicate=False)):
        inside = any(path.startswith(f"{above}.") for above in replaced)  # as surrogate functions are
        if path and not inside and key_of(part)[0] in LIBRARIES:
            parent, _, name = path.rpartition(".")
            replaced += [path] if key_of(part) in READERS else []
            setattr(made.get_submodule(parent), name, _plain(path, part))
    return made


def _plain(path: str, part: Any) -> nn.Module:
    _, name = key_of(part)
    if key_of(part) in READERS:
        return nn.Hardtanh(0, 1).eval()  # unlike a ReLU never one with the activation before it
    if name in TRANSPARENT:
        return nn.Identity().eval()
    if name == "Repeat":  # sinabs: its module, for every step
        inside: nn.Module = part.module
        return inside
    own = [kind for kind in type(part).__mro__ if kind.__module__.startswith("torch.nn.modules.")]
    if own[0] is not nn.Module:  # a wrapper of torch's module: its parameters, torch's forward
        plain: nn.Module = copy.copy(part)
        plain.__class__ = own[0]
        return plain
    if {name for name, _ in part.named_children()} <= {"surrogate_function"}:
        raise Unsupported(f"module {path!r}, {name}: it is not readable: leave it out, or use one that is")
    composed: nn.Module = part
    return composed


def single_outputs(module: nn.Module, graph: fx.Graph, found: dict[str, Spiking]) -> None:
    """Let the spikes of a pair (spikes, membrane) stand for the pair, and refuse whoever reads membranes.

    Raises
    ------
    Unsupported
        If somebody does, or a spiking module is used twice or given its state.
    """
    used: set[str] = set()
    for node in list(graph.nodes):
        path = str(node.target)
        if node.op != "call_module" or path not in found:
            continue
        if path in used or len(node.args) != 1 or node.kwargs:
            raise Unsupported(
                f"{describe(module, node)}: it is used twice, or given its state: let forward be one step, "
                "and neurons keep their state themselves (snnTorch: init_hidden=True)"
            )
        used.add(path)
        if found[path].pair:
            _unpack(module, node)


def _unpack(module: nn.Module, pair: fx.Node) -> None:
    for node in list(pair.users):
        if node.target is not operator.getitem:
            continue
        if node.args[1] != 0:
            raise Unsupported(f"{describe(module, pair)}: its membrane is read: return spikes")
        node.replace_all_uses_with(pair)
        node.graph.erase_node(node)
