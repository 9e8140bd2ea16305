"""The description of a network: the graph that layers and projections form, and its file."""

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from . import tables
from .errors import FileError, InputError, Unsupported
from .files import read_safetensors, write_safetensors
from .gates import check_gate
from .layers import Layer, Projection
from .manifest import decode, encode
from .neurons import MODELS, Accumulate, Custom, Gate, Input, Neuron, Relay
from .neurons.base import broadcast, numbers
from .ops import OPS, Op, synapses
from .parameters import Value, shown

__all__ = ["Network"]

Part = TypeVar("Part", Layer, Projection)

KINDS: dict[str, type[Value]] = {**MODELS, **OPS, "Layer": Layer, "Projection": Projection}
"""What a network file may describe, by name."""

VERSION = 1
"""Version of the manifest in a network file."""


class Network:
    """A graph of layers with one input and one or more outputs; frozen, equal by value.

    Parameters
    ----------
    layers : sequence of Layer
        Exactly one has an `Input` neuron and no projection into it.
    projections : sequence of Projection
        Several into one layer add up, in this order.
    classes : sequence of str, optional
        Names of the output neurons.

    Attributes
    ----------
    input : Layer
    outputs : tuple of Layer
        The layers that nobody reads.
    latency : dict of str to int
        Steps by which each layer lags the input: 1 + the largest latency among its delay-0 sources
        (and at least 1 + source - delay for the delayed ones).

    Raises
    ------
    InputError
        If names clash, shapes do not fit, a layer cannot be reached, or a cycle has too little delay.
    """

    def __init__(
        self, layers: Sequence[Layer], projections: Sequence[Projection], classes: Sequence[str] | None = None
    ) -> None:
        self._layers = _members("layers", layers, Layer)
        self._projections = _members("projections", projections, Projection)
        self._classes = None if classes is None else tuple(map(str, classes))
        self._by_name = {layer.name: layer for layer in self._layers}
        self._check_layers()
        for projection in self._projections:
            self._check_projection(projection)
        self._latency = _latencies(self)
        self._check_gates()
        self._check_classes()

    layers = property(lambda self: self._layers, doc="Tuple of Layer, in the order given.")
    projections = property(lambda self: self._projections, doc="Tuple of Projection, in the order given.")
    classes = property(lambda self: self._classes, doc="Names of the output neurons, or None.")

    @property
    def input(self) -> Layer:
        """The one layer with an Input neuron."""
        return next(layer for layer in self._layers if isinstance(layer.neuron, Input))

    @property
    def outputs(self) -> tuple[Layer, ...]:
        """The layers that nobody reads."""
        read = {projection.source for projection in self._projections}
        return tuple(layer for layer in self._layers if layer.name not in read)

    @property
    def neurons(self) -> tuple[Layer, ...]:
        """The layers that are simulated: all but the input."""
        return tuple(layer for layer in self._layers if layer is not self.input)

    @property
    def latency(self) -> dict[str, int]:
        """Steps by which each layer lags the input."""
        return dict(self._latency)

    @property
    def depth(self) -> int:
        """The largest latency."""
        return max(self._latency.values())

    def __getitem__(self, name: str) -> Layer:
        """Return the layer called `name`."""
        if name not in self._by_name:
            raise InputError(f"there is no layer {name!r}: the layers are {', '.join(self._by_name)}")
        return self._by_name[name]

    def into(self, name: str) -> list[Projection]:
        """Return the projections into a layer, in order."""
        return [projection for projection in self._projections if projection.target == name]

    def bias(self, name: str) -> np.ndarray:
        """Return the sum of the biases of all projections into a layer: (), (C,) or the layer's shape."""
        biases = [p.bias for p in self.into(name) if p.bias is not None]
        shape, full = self[name].shape, any(bias.ndim > 1 for bias in biases)
        total = np.zeros(() if not biases else shape if full else shape[:1])
        for bias in biases:
            total += broadcast(bias, shape) if full else bias
        return total

    def replace(self, layer: str, neuron: Neuron | Input) -> "Network":
        """Return the same network with another neuron model in one layer."""
        changed = dataclasses.replace(self[layer], neuron=neuron)
        layers = [changed if known.name == layer else known for known in self._layers]
        return Network(layers, self._projections, self._classes)

    def table(self) -> list[dict[str, Any]]:
        """Return one row a layer: name, neuron, shape, neurons, synapses represented, shared parameters."""
        return [self._row(layer) for layer in self._layers]

    def _row(self, layer: Layer) -> dict[str, Any]:
        into = self.into(layer.name)
        return {
            "layer": layer.name,
            "neuron": type(layer.neuron).__name__,
            "shape": "x".join(map(str, layer.shape)),
            "latency": self._latency[layer.name],
            "neurons": layer.size,
            "synapses": sum(synapses(p.ops, self[p.source].shape) for p in into),
            "parameters": sum(sum(op.shared_parameters for op in p.ops) for p in into)
            + sum(p.bias.size for p in into if p.bias is not None),
            "from": ", ".join(p.source + (f" (+{p.delay})" if p.delay else "") for p in into),
        }

    def __str__(self) -> str:
        rows = self.table()
        total = {key: sum(row[key] for row in rows) for key in ("neurons", "synapses", "parameters")}
        return tables.to_text([*rows, {key: total.get(key, "") for key in rows[0]} | {"layer": "total"}])

    def __repr__(self) -> str:
        return (
            f"<Network of {len(self._layers)} layers, {sum(layer.size for layer in self.neurons):,} neurons>"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Network):
            return NotImplemented
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def _parts(self) -> tuple[Any, ...]:
        return self._layers, self._projections, self._classes

    def structure(self) -> str:
        """Return a text that is equal for networks that share one build: all but weights and values."""
        layers = [
            (layer.name, layer.shape, _model(layer), self.bias(layer.name).shape) for layer in self._layers
        ]
        chains = [(p.source, p.target, tuple(map(_geometry, p.ops)), p.delay) for p in self._projections]
        return repr((layers, chains))

    def fingerprint(self) -> str:
        """Return the SHA-256 of everything that decides what the network does, as 64 hex digits."""
        return self._digest

    @functools.cached_property
    def _digest(self) -> str:
        """The fingerprint: hashed once, for every run asks for it and the weights may be large."""
        manifest, tensors = self._encoded()
        digest = hashlib.sha256(manifest.encode())
        for name, tensor in tensors.items():
            if tensor.dtype == np.int8:  # as files of before have them: equal networks have equal digests
                tensor = tensor.astype(np.float16)
            digest.update(f"{name} {tensor.dtype} {tensor.shape}".encode() + tensor.tobytes())
        return digest.hexdigest()

    def save(self, path: str | Path) -> None:
        """Write the network to one safetensors file; its header carries a JSON manifest, no code.

        Raises
        ------
        Unsupported
            If a layer's neurons are `Custom`: their equations are code.
        """
        for layer in self._layers:
            if isinstance(layer.neuron, Custom):
                raise Unsupported(
                    f"layer {layer.name!r}: Custom equations are code, which no file holds: save the network "
                    f"with another neuron and put this one in by replace({layer.name!r}, ...) after loading"
                )
        manifest, tensors = self._encoded()
        metadata = {"neurosim": manifest, "sha256": self.fingerprint()}
        write_safetensors(path, tensors, metadata)

    def _encoded(self) -> tuple[str, dict[str, np.ndarray]]:
        tensors: dict[str, np.ndarray] = {}
        parts = {"layers": self._layers, "projections": self._projections, "classes": self._classes}
        manifest = {"version": VERSION} | {key: encode(part, tensors, key) for key, part in parts.items()}
        return json.dumps(manifest), tensors

    @staticmethod
    def load(path: str | Path) -> "Network":
        """Read a network written by `save`; raise FileError for anything else."""
        tensors, metadata = read_safetensors(path)
        parts = _decoded(path, _parsed(path, metadata), tensors)
        if tensors:
            raise FileError(f"{path}: tensor {min(tensors)!r} is not named in the manifest: remove it")
        try:
            network = Network(**parts)
        except InputError as error:
            raise FileError(f"{path}: {error}") from None
        except TypeError:
            raise FileError(f"{path}: layers, projections or classes have a wrong type") from None
        if network.fingerprint() != metadata.get("sha256"):
            raise FileError(
                f"{path}: the content does not match its SHA-256: the file was changed or damaged"
            )
        return network

    def _check_layers(self) -> None:
        names = [layer.name for layer in self._layers]
        double = next((name for name in names if names.count(name) > 1), None)
        if double is not None:
            raise InputError(f"two layers are called {double!r}: give every layer its own name")
        inputs = [layer.name for layer in self._layers if isinstance(layer.neuron, Input)]
        if len(inputs) != 1:
            raise InputError(
                f"the network has {len(inputs)} layers with an Input neuron {inputs}: give exactly one"
            )

    def _check_projection(self, projection: Projection) -> None:
        for end in (projection.source, projection.target):
            if end not in self._by_name:
                raise InputError(f"{projection}: there is no layer {end!r}")
        source, target = self[projection.source], self[projection.target]
        if isinstance(target.neuron, Input):
            raise InputError(f"{projection}: {target.name!r} is the input: nothing may project into it")
        if isinstance(source.neuron, Accumulate):
            raise InputError(
                f"{projection}: {source.name!r} accumulates and never spikes: nothing can read it"
            )
        projection.check(source.shape, target.shape)
        self._check_pool(projection, source, target)

    def _check_pool(self, projection: Projection, source: Layer, target: Layer) -> None:
        """MaxPool and Relay come together: no other map makes strengths, and no other neuron sends them."""
        relays = isinstance(target.neuron, Relay)
        if projection.pools and not relays:
            kind = type(target.neuron).__name__
            raise InputError(f"{projection}: MaxPool ends in {kind} neurons: give {target.name!r} Relay()")
        if projection.pools and isinstance(source.neuron, Input):
            raise InputError(
                f"{projection}: MaxPool reads the input {source.name!r}, whose pixels are no spikes: "
                "pool the images before, or a layer behind"
            )
        if relays and not projection.pools:
            last = type(projection.ops[-1]).__name__
            raise InputError(
                f"{projection}: {last} ends in Relay neurons: give {target.name!r} a MaxPool alone"
            )
        if relays and (count := len(self.into(target.name))) > 1:
            raise InputError(f"{projection}: {target.name!r} relays {count} projections: it can relay one")

    def _check_gates(self) -> None:
        for layer in self._layers:
            if isinstance(layer.neuron, Gate):
                check_gate(layer, self.into(layer.name), self.__getitem__, self._is_binary)

    def _is_binary(self, name: str) -> bool:
        """Whether a layer says 0 or 1; the maximum of such counts, or steps, is no larger."""
        model = self[name].model
        pools = isinstance(model, Relay)
        return self._is_binary(self.into(name)[0].source) if pools else model.binary

    def _check_classes(self) -> None:
        sizes = {layer.size for layer in self.outputs}
        if self._classes is not None and sizes != {len(self._classes)}:
            raise InputError(
                f"{len(self._classes)} classes are named and the output has {sorted(sizes)} neurons"
            )


def _members(name: str, parts: Sequence[Any], kind: type[Part]) -> tuple[Part, ...]:
    wrong = [part for part in parts if not isinstance(part, kind)]
    if wrong:
        raise InputError(f"the network's {name} hold {shown(wrong[0])}: give {kind.__name__} objects")
    return tuple(parts)


def _model(layer: Layer) -> str:
    """Return a layer's equations and the shapes of its parameters: what its build depends on."""
    if isinstance(layer.neuron, Input):
        return "Input"
    shapes = [np.shape(value) for value in numbers(layer.neuron).values()]
    return f"{layer.neuron.equations} {shapes}"


def _geometry(op: Op) -> tuple[Any, ...]:
    held = [getattr(op, field.name) for field in dataclasses.fields(op)]
    return (type(op).__name__, *(np.shape(v) if isinstance(v, (float, np.ndarray)) else v for v in held))


def _parsed(path: str | Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    """Return the manifest of a network file; raise FileError if it is missing, damaged or newer."""
    try:
        manifest = json.loads(metadata["neurosim"])
        version = manifest["version"]
    except KeyError:
        raise FileError(f"{path}: holds no neurosim network: write one with Network.save") from None
    except (ValueError, TypeError, RecursionError):
        raise FileError(f"{path}: its manifest is not the JSON that Network.save writes") from None
    if version != VERSION:
        raise FileError(
            f"{path}: manifest version is {version!r} and this neurosim reads {VERSION}: upgrade it"
        )
    return dict(manifest)


def _decoded(path: str | Path, manifest: Mapping[str, Any], tensors: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return layers, projections and classes of a manifest; takes the tensors they use out of `tensors`."""
    expected = {"version", "layers", "projections", "classes"}
    if set(manifest) != expected:
        raise FileError(f"{path}: the manifest holds {sorted(manifest)}, expected {sorted(expected)}")
    try:
        return {
            key: decode(manifest[key], KINDS, tensors, f"{path}: {key}")
            for key in sorted(expected - {"version"})
        }
    except RecursionError:
        raise FileError(f"{path}: its manifest is nested too deep") from None


def _latencies(network: Network) -> Mapping[str, int]:
    """Return the smallest latencies with l(target) >= l(source) + 1 - delay, reached from the input."""
    latency = {network.input.name: 0}
    for _ in network.layers:
        changed = {}
        for p in network.projections:
            if p.source in latency:
                least = max(1, latency[p.source] + 1 - p.delay)
                if least > latency.get(p.target, 0):
                    latency[p.target] = changed[p.target] = least
        if not changed:
            break
    else:
        names = ", ".join(repr(name) for name in changed)
        raise InputError(
            f"layers {names} lie on a cycle with too little delay: give it at least one step a layer"
        )
    for layer in network.layers:
        if layer.name not in latency:
            raise InputError(
                f"layer {layer.name!r} cannot be reached from the input: project into it or remove it"
            )
    if not network.outputs or network.outputs == (network.input,):
        raise InputError("the network has no output: leave at least one layer that no projection reads")
    return latency
