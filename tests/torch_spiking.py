"""The module itself made to spike: its own operations in torch, with a neuron in the place of each rectifier.

An oracle for conversion that knows nothing of networks: no folding, no ops, no projections. Batch norms,
constants and shortcuts are torch's own, at every step.
"""

import copy

import numpy as np
import torch
from torch import fx
from torch_loop import NEURONS

from neurosim.conversion.lowering import lower
from neurosim.conversion.proof import analogue
from neurosim.conversion.tracing import trace
from neurosim.neurons import Accumulate, Input, Relay
from neurosim.reference import simulate

__all__ = ["check", "lowered"]


def lowered(module, net):
    """Lower the module again with the neurons of a converted network: the same network, and its nodes."""
    shape = net.input.shape
    made = lower(
        module,
        trace(module),
        shape,
        input=Input(),
        neuron=lambda name: net[name].neuron,
        classes=net.classes,
    )
    assert made.network == net
    return made


class Spiking(fx.Interpreter):
    """One step a call: rectifiers say theta times the strength of their neurons, maxima how counts grow."""

    def __init__(self, module, made, images):
        graph = next(iter(made.nodes.values())).graph
        super().__init__(copy.deepcopy(module).double(), graph=graph)
        self.net, self.frames, self.strengths = made.network, torch.tensor(images), {}
        self.layers = {
            made.nodes[a.name]: a for a in made.network.neurons if not isinstance(a.neuron, Accumulate)
        }
        shapes = {node: (len(images), *layer.shape) for node, layer in self.layers.items()}
        self.states = {
            node: 0.0
            if isinstance(layer.neuron, Relay)
            else NEURONS[type(layer.neuron)](layer.neuron, shapes[node], self.frames)
            for node, layer in self.layers.items()
        }
        self.sums = 0.0

    def step(self):
        with torch.no_grad():
            self.sums = self.sums + self.run(self.frames)
        return self.strengths, self.sums

    def run_node(self, n):
        layer = self.layers.get(n)
        if layer is None:
            return super().run_node(n)
        return self._count(n, layer) if isinstance(layer.neuron, Relay) else self._spike(n, layer)

    def _spike(self, n, layer):
        args, _ = self.fetch_args_kwargs_from_env(n)
        drive = args[0].reshape(len(self.frames), *layer.shape)
        strength = self.states[n].step(drive, torch.zeros((), dtype=torch.float64))
        self.strengths[layer.name] = strength.numpy()
        theta = torch.tensor(layer.neuron.threshold, dtype=torch.float64).reshape(
            -1, *(1,) * (len(layer.shape) - 1)
        )
        return (theta * strength).reshape(args[0].shape)

    def _count(self, n, layer):
        args, kwargs = self.fetch_args_kwargs_from_env(n)
        before, self.states[n] = self.states[n], self.states[n] + args[0]
        call = lambda sums: getattr(self, n.op)(n.target, (sums, *args[1:]), kwargs)  # noqa: E731
        zero = torch.zeros_like(args[0])
        return call(self.states[n]) - call(before + zero)


def check(module, net, images, steps=4):
    """Hold a converted network to its module: without resolution to torch, and step by step to its spikes."""
    made = lowered(module, net)
    with torch.no_grad():
        expected = copy.deepcopy(module).double()(torch.tensor(images))
    (output,) = net.outputs
    found = analogue(net, images, made.ceilings)[output.name]
    tolerance = 1e-9 * max(1.0, float(expected.abs().max()))
    np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=0, atol=tolerance)
    spiking, spikes = Spiking(module, made, images), 0
    for step in simulate(net, images[:, None], steps):
        strengths, sums = spiking.step()
        for name, strength in strengths.items():
            np.testing.assert_array_equal(step[name].strength, strength, err_msg=name)
            spikes += np.abs(strength).sum()
        potential = step[output.name].potential.reshape(sums.shape)
        np.testing.assert_allclose(potential, sums, rtol=1e-9, atol=steps * tolerance)
    return spikes
