"""The way in for networks that spike already."""

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import nn

from neurosim.conversion.lowering import Lowered, lower
from neurosim.conversion.recipes import Rule
from neurosim.conversion.spiking.proof import prove, spoken
from neurosim.conversion.spiking.reading import Spiking
from neurosim.conversion.spiking.skeleton import read, single_outputs, skeleton
from neurosim.conversion.tracing import describe, trace
from neurosim.errors import InputError, NeurosimError, Unsupported
from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.neurons import IF, Input
from neurosim.ops import Conv, Identity, Linear, MaxPool, Op, Scale
from neurosim.parameters import Numeric

__all__ = ["from_torch"]

PLAIN = Input()


def from_torch(module: nn.Module, example: npt.NDArray[Any], *, input: Input = PLAIN) -> Network:
    """Read a module of spiking neurons of snnTorch, SpikingJelly or sinabs, as it was trained.

    Neurons become ours by their settings, weights between them as `convert` takes them; spikes carry what the
    module sends. What the module returns at each step is accumulated, unless it is spikes: then their layer
    is the last one. The example is run through both, in double precision, and every spike is compared.

    Readable are `snntorch.Leaky`; `IFNode`, `LIFNode` and `ParametricLIFNode` of SpikingJelly, single-step or
    multi-step, with its layers; `IAF` and `LIF` of sinabs, squeezed or not; and those of `neurosim.training`,
    which `training.to_network` brings here. No library is imported.

    Parameters
    ----------
    module
        In evaluation mode. Its `forward` is one step, or takes all steps at once; it returns one tensor
        (snnTorch: or spikes and membrane). Traced by torch.fx; left as it is, states included.
    example : (N, *shape)
        Raw pixels, as they will be given to `Simulation.run`, shown at each of 8 steps.
    input
        Normalisation of raw pixels.

    Returns
    -------
    Network

    Raises
    ------
    Unsupported
        If a module, setting or operation cannot be said exactly, or the network says something else than the
        module; names path, setting and value, or layer, step and neuron.
    InputError
        If the module is in training mode or does not run on the example.
    """
    if not isinstance(module, nn.Module):
        raise InputError(f"from_torch: module is a {type(module).__name__}: give a torch module")
    example = np.asarray(example)
    if example.ndim < 2 or example.size == 0:
        raise InputError(f"from_torch: example has shape {example.shape}: give (N, *shape), at least one")
    values = input.normalise(example, axes=example.ndim - 1)
    with _in_own_name():
        found = read(module)
        lowered = _lower(module, found, values.shape[1:], input)
        network = _dressed(lowered, found)
        layout = next(iter(found.values())).layout
        said = spoken(module, set(found), layout, values)
        paths = {name: path for name, path in _paths(lowered).items() if path in found}
        spikes = {name: said[path] / found[path].factor for name, path in paths.items()}
        prove(network, values, spikes, said[""])
    return network


@contextmanager
def _in_own_name() -> Iterator[None]:
    """Let what `convert` is made of speak in the name of `from_torch`."""
    try:
        yield
    except NeurosimError as error:
        raise type(error)(f"from_torch: {str(error).removeprefix('convert: ')}") from error


def _lower(module: nn.Module, found: Mapping[str, Spiking], shape: tuple[int, ...], input: Input) -> Lowered:
    """Return the network with an IF neuron for every spiking one, whose threshold is what a spike carries."""
    bare = skeleton(module)
    graph = trace(bare)
    single_outputs(module, graph, dict(found))
    options: dict[str, Any] = {"input": input, "classes": None}
    draft = lower(bare, graph, shape, rule=lambda name: Rule(IF()), **options)
    paths = _paths(draft)
    for layer in draft.network.neurons:
        if isinstance(layer.neuron, IF) and paths.get(layer.name) not in found:
            where = describe(module, draft.nodes[layer.name])
            raise Unsupported(
                f"{where}: it is no spiking neuron: use one, or convert() for the whole network"
            )
    for path in found:
        if path not in paths.values():
            raise Unsupported(f"module {path!r} is not used by forward: leave it out")
    carried = {name: found[path].factor for name, path in paths.items() if path in found}
    return lower(bare, graph, shape, rule=lambda name: Rule(IF(carried[name])), **options)


def _paths(lowered: Lowered) -> dict[str, str]:
    """Return the path of the module behind each layer of neurons that a module makes."""
    neurons = (layer.name for layer in lowered.network.neurons if isinstance(layer.neuron, IF))
    nodes = ((name, lowered.nodes[name]) for name in neurons)
    return {name: str(node.target) for name, node in nodes if node.op == "call_module"}


def _dressed(lowered: Lowered, found: Mapping[str, Spiking]) -> Network:
    """Return the network with the neurons that were found, and the gains of their inputs in the weights."""
    bare, paths = lowered.network, _paths(lowered)
    layers = {layer.name: layer for layer in bare.layers}
    gains: dict[str, Numeric] = {}
    for layer in bare.neurons:
        if isinstance(layer.neuron, IF):
            spiking = found[paths[layer.name]]
            gains[layer.name] = spiking.gains(layer.shape)
            layers[layer.name] = Layer(layer.name, layer.shape, spiking.neuron(layer.shape))
    projections = [_gained(projection, gains.get(projection.target, 1.0)) for projection in bare.projections]
    last = projections[-1]
    plain = last.ops == (Identity(),) and last.bias is None and last.source in gains
    if plain and len(bare.into(last.target)) == 1:
        del layers[last.target]
        projections.pop()
    return Network(list(layers.values()), projections)


def _gained(projection: Projection, gain: Numeric) -> Projection:
    """Return a projection that brings `gain` times as much; its maxima are those of one step."""
    *ops, last = (replace(op, rule="step") if isinstance(op, MaxPool) else op for op in projection.ops)
    if np.all(np.asarray(gain) == 1):
        return replace(projection, ops=(*ops, last))
    bias = projection.bias
    if bias is not None:
        bias = bias * np.reshape(gain, (-1, *(1,) * (bias.ndim - 1)))
    return replace(projection, ops=(*ops, *_scaled(last, gain)), bias=bias)


@functools.singledispatch
def _scaled(op: Op, gain: Numeric) -> tuple[Op, ...]:
    """Return ops that say `gain` times as much, a number or one a channel."""
    return op, Scale(gain)


@_scaled.register(Conv)
@_scaled.register(Linear)
def _(op: Any, gain: Numeric) -> tuple[Op, ...]:
    weight = op.weight * np.reshape(gain, (-1, *(1,) * (op.weight.ndim - 1)))
    return (replace(op, weight=weight),)
