"""to_nir: a network as a NIR file."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ..errors import FileError, InputError, Unsupported
from ..files import atomic
from ..files.checks import printable
from ..layers import Layer, Projection
from ..network import Network
from ..ops import Identity
from ..parameters import shown
from .forms import Form, form_of_neuron, forms_of_op
from .importing import check_arguments, from_nir
from .nodes import Edge

__all__ = ["to_nir"]

VERSION = "1.0.8"
"""The release of nir whose layout this is."""

TEXT = h5py.string_dtype()


def to_nir(network: Network, path: str | os.PathLike[str], *, dt: float = 1e-4) -> None:
    """Write a network as a NIR file, which `from_nir` reads back equal.

    What NIR leaves open (reset, comparison, the leak of a step) stands in the nodes' metadata, beside its
    own parameters, which are for steps of `dt` by forward Euler.

    Parameters
    ----------
    network : Network
    path
    dt : float
        A time step [s].

    Raises
    ------
    Unsupported
        If NIR has no exact form of a layer or projection; it is named, and no file is written.
    InputError
        If network, path or dt is none.
    FileError
        If the file cannot be written.
    """
    if not isinstance(network, Network):
        raise InputError(f"to_nir: network is {shown(network)}: give a Network")
    check_arguments("to_nir", path, dt)
    nodes, edges, origins = _nodes(network, dt)
    with atomic(path) as temporary:
        _write(temporary, network, nodes, edges)
        _check_equal(network, _read_back(temporary, nodes, origins))


def _nodes(network: Network, dt: float) -> tuple[dict[str, Form], list[Edge], dict[str, str]]:
    """Return the nodes, the edges, and what of the network each node says."""
    nodes = {layer.name: _layer(layer, dt) for layer in network.layers}
    origins = {name: f"layer {name!r}" for name in nodes}
    edges: list[Edge] = []
    for projection in network.projections:
        names = [projection.source]
        for form in _projection(network, projection, dt):
            names.append(_free_name(f"{projection.target}.{form.kind.lower()}", nodes))
            nodes[names[-1]], origins[names[-1]] = form, str(projection)
        edges += itertools.pairwise([*names, projection.target])
    if len(set(edges)) < len(edges):
        source, target = next(edge for edge in edges if edges.count(edge) > 1)
        raise Unsupported(
            f"projection {source!r} -> {target!r} is there twice, without weights: NIR has one edge"
        )
    for layer in network.outputs:
        name = _free_name(f"{layer.name}.output", nodes)
        nodes[name], origins[name] = Form("Output", {"shape": layer.shape}), f"layer {layer.name!r}"
        edges.append((layer.name, name))
    return nodes, edges, origins


def _layer(layer: Layer, dt: float) -> Form:
    if "/" in layer.name or layer.name == ".":
        raise Unsupported(
            f"layer {layer.name!r}: a node's name holds no '/' and is not '.': rename the layer"
        )
    try:
        return form_of_neuron(layer.neuron, layer.shape, dt)
    except Unsupported as error:
        raise Unsupported(f"layer {layer.name!r}: {error}") from None


def _projection(network: Network, projection: Projection, dt: float) -> Iterator[Form]:
    shape = network[projection.source].shape
    if projection.delay:
        yield Form("Delay", {"delay": np.full(shape, projection.delay * dt)})
    if projection.ops == (Identity(),) and projection.bias is None:
        return
    for op, following in itertools.zip_longest(projection.ops, projection.ops[1:]):
        try:
            yield from forms_of_op(op, shape, projection.bias if following is None else None)
        except Unsupported as error:
            raise Unsupported(f"{projection}: {error}") from None
        shape = op.output_shape(shape)


def _free_name(wanted: str, taken: dict[str, Form]) -> str:
    numbered = (f"{wanted}_{number}" for number in itertools.count(2))
    return next(name for name in itertools.chain([wanted], numbered) if name not in taken)


def _write(path: Path, network: Network, nodes: dict[str, Form], edges: list[Edge]) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("version", data=VERSION, dtype=TEXT)
        graph = file.create_group("node")
        graph.create_dataset("type", data="NIRGraph", dtype=TEXT)
        graph.create_dataset("edges", data=np.array(edges, dtype=object), dtype=TEXT)
        if network.classes is not None:
            classes = np.array(network.classes, dtype=object)
            graph.create_group("metadata").create_dataset("classes", data=classes, dtype=TEXT)
        members = graph.create_group("nodes", track_order=True)
        for name, form in nodes.items():
            _write_node(members.create_group(name), form)


def _write_node(group: h5py.Group, form: Form) -> None:
    _hold(group, "type", form.kind)
    for name, value in form.fields.items():
        _hold(group, name, value)
    if form.metadata:
        metadata = group.create_group("metadata")
        for name, value in form.metadata.items():
            _hold(metadata, name, value)


def _hold(group: h5py.Group, name: str, value: Any) -> None:
    if isinstance(value, str):
        group.create_dataset(name, data=value, dtype=TEXT)
        return
    array = np.asarray(value)
    packed = {"compression": "gzip", "shuffle": True} if array.ndim else {}
    group.create_dataset(name, data=array, **packed)


def _read_back(path: Path, nodes: dict[str, Form], origins: dict[str, str]) -> Network:
    """Return what the file says; what its reader refuses is told of the network, not of the file."""
    try:
        return from_nir(path)
    except (FileError, Unsupported) as error:
        for name, form in nodes.items():
            reason = str(error).partition(f"node {name!r} ({form.kind}): ")[2]
            if reason:
                raise Unsupported(f"{origins[name]}: NIR cannot say it: {reason}") from None
        raise Unsupported(str(error).replace(printable(path), "the NIR file of the network")) from None


def _check_equal(network: Network, read: Network) -> None:
    """Refuse what the file would not give back."""
    for kind in ("layers", "projections"):
        for said, found in zip(getattr(network, kind), getattr(read, kind), strict=True):
            if said != found:
                label = f"layer {said.name!r}" if kind == "layers" else str(said)
                raise Unsupported(f"{label}: NIR would make {shown(found)} of {shown(said)}")
    if network != read:
        raise Unsupported(f"classes {network.classes}: a NIR file would make {read.classes} of them")
