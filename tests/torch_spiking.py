"""The module itself made to spike: its own operations in torch, with a neuron in the place of each rectifier.

An oracle for conversion that knows nothing of how it is done: no folding, no ops, no projections. Batch
norms, constants and shortcuts are torch's own, at every step.
"""

import copy

import numpy as np
import torch
from torch import fx
from torch_loop import NEURONS, tensor
from torch_ops import project

from neurosim.conversion.handlers import MAXIMA, RECTIFIERS
from neurosim.neurons import Relay
from neurosim.reference import simulate

__all__ = ["check"]


class Spiking(fx.Interpreter):
    """One step a call: rectifiers say theta times the strength of their neurons, maxima how counts grow.

    The n-th rectifier or maximum of the graph is the network's n-th layer behind the input.
    """

    def __init__(self, module, net, images):
        module = copy.deepcopy(module).double()
        super().__init__(module, graph=fx.Tracer().trace(module))
        self.frames, self.strengths, self.sums = torch.tensor(images), {}, 0.0
        closing = [n for n in self.graph.nodes if self._key(n) in {*RECTIFIERS, *MAXIMA}]
        self.layers = dict(zip(closing, net.neurons[:-1], strict=True))
        self.states = {node: self._start(layer) for node, layer in self.layers.items()}

    def _key(self, n):
        return type(self.module.get_submodule(n.target)) if n.op == "call_module" else n.target

    def _start(self, layer):
        if isinstance(layer.neuron, Relay):
            return torch.zeros((), dtype=torch.float64)
        return NEURONS[type(layer.neuron)](layer.neuron, (len(self.frames), *layer.shape), self.frames)

    def step(self):
        with torch.no_grad():
            self.sums = self.sums + self.run(self.frames)
        return self.strengths, self.sums

    def run_node(self, n):
        layer = self.layers.get(n)
        if layer is None:
            return super().run_node(n)
        (drive, *others), kwargs = self.fetch_args_kwargs_from_env(n)
        if isinstance(layer.neuron, Relay):
            before, self.states[n] = self.states[n].expand(drive.shape), self.states[n] + drive
            return self.call(n, self.states[n], *others, **kwargs) - self.call(n, before, *others, **kwargs)
        bias = torch.zeros((), dtype=torch.float64)
        strength = self.states[n].step(drive.reshape(len(drive), *layer.shape), bias)
        self.strengths[layer.name] = strength.numpy()
        return (quantum(layer, drive) * strength).reshape(drive.shape)

    def call(self, n, *args, **kwargs):
        """What the module's own operation makes of a tensor; in-place ones are given a copy."""
        first, *others = args
        return getattr(self, n.op)(n.target, (first.clone(), *others), kwargs)

    def rectified(self, layer, total):
        """What the module's own rectifier of a layer makes of a tensor."""
        (node,) = (n for n, other in self.layers.items() if other is layer)
        return self.call(node, total, *node.args[1:], **node.kwargs)


def quantum(layer, like):
    return tensor(layer.neuron.threshold, like, len(layer.shape))


def without_resolution(net, spiking):
    """What the network's output would be if strengths were real numbers."""
    strengths = {net.input.name: spiking.frames}
    for layer in net.neurons:
        total = sum(project(p.ops, strengths[p.source]) for p in net.into(layer.name))
        total = total + tensor(net.bias(layer.name), total, len(layer.shape))
        if layer is net.outputs[0]:
            return total
        relayed = isinstance(layer.neuron, Relay)
        strengths[layer.name] = total if relayed else spiking.rectified(layer, total) / quantum(layer, total)
    raise AssertionError("no output")


def check(module, net, images, steps=4):
    """Hold a converted network to its module: without resolution, and step by step its spikes; count them."""
    spiking, spikes = Spiking(module, net, images), 0
    with torch.no_grad():
        expected = spiking.module(torch.tensor(images))
        found = without_resolution(net, spiking).reshape(expected.shape)
    tolerance = 1e-9 * max(1.0, float(expected.abs().max()))
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)
    for step in simulate(net, images[:, None], steps):
        strengths, sums = spiking.step()
        for name, strength in strengths.items():
            np.testing.assert_array_equal(step[name].strength, strength, err_msg=name)
            spikes += np.abs(strength).sum()
        potential = step[net.outputs[0].name].potential.reshape(sums.shape)
        np.testing.assert_allclose(potential, sums, rtol=1e-9, atol=steps * tolerance)
    return spikes
