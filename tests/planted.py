"""Small networks for the digits, and conversions of them that each have one thing wrong."""

import functools
from dataclasses import replace

import torch
from torch import nn

from neurosim import conversion, datasets, ops
from neurosim.network import Network
from neurosim.neurons import Input

__all__ = [
    "FAULTS",
    "INPUT",
    "NETS",
    "WITH_MAXIMA",
    "convert",
    "images",
    "module_of",
    "plant_threshold",
    "rescaled",
]

INPUT = Input(mean=5 / 16, std=6 / 16)
CHANNELS = 4


@functools.cache
def _digits():
    return datasets.load("digits:test[:64]").images


def images(count):
    return _digits()[:count]


class Net(nn.Module):
    """Three convolutions with batch norm, each followed by what `pool` makes, and a classifier."""

    def __init__(self, pool=nn.Identity, residual=False):
        super().__init__()
        self.residual = residual
        for number, channels in enumerate((1, CHANNELS, CHANNELS), 1):
            setattr(self, f"conv{number}", nn.Conv2d(channels, CHANNELS, 3, padding=1, bias=False))
            setattr(self, f"bn{number}", nn.BatchNorm2d(CHANNELS))
            setattr(self, f"relu{number}", nn.ReLU())
            setattr(self, f"pool{number}", pool())
        self.fc = nn.LazyLinear(10)

    def forward(self, x):
        x = self.pool1(self.relu1(self.bn1(self.conv1(x))))
        y = self.pool2(self.relu2(self.bn2(self.conv2(x))))
        y = self.bn3(self.conv3(y))
        y = self.pool3(self.relu3(y + x if self.residual else y))
        return self.fc(torch.flatten(y, 1))


def _shrinking():
    return nn.MaxPool2d(2)


def _keeping():
    return nn.MaxPool2d(3, 1, 1)


NETS = {"chain": lambda: Net(), "residual": lambda: Net(residual=True), "pooled": lambda: Net(_shrinking)}
WITH_MAXIMA = {
    "chain": lambda: Net(_keeping),
    "residual": lambda: Net(_keeping, residual=True),
    "pooled": lambda: Net(_shrinking),
}


def module_of(make, seed):
    """Random weights, and batch norms that have seen the digits."""
    torch.manual_seed(seed)
    module, pixels = make(), torch.from_numpy(INPUT.normalise(images(64))).float()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = None  # the plain mean over what is seen
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.uniform_(part.bias, -0.5, 0.5)
    with torch.no_grad():
        module.train()(pixels)
    return module.eval()


def convert(module, recipe):
    return conversion.convert(module, recipe, images(32), input=INPUT)


def rebuilt(network, layers=(), into=None, out_of=None):
    """The network with other layers, and projections changed into or out of a layer."""
    changed = {layer.name: layer for layer in layers}
    projections = []
    for projection in network.projections:
        for name, change in (into or {}).items():
            projection = change(projection) if projection.target == name else projection
        for name, change in (out_of or {}).items():
            projection = change(projection) if projection.source == name else projection
        projections.append(projection)
    return Network([changed.get(layer.name, layer) for layer in network.layers], projections)


def readers(network, name):
    """The layer, or the relays that pool it: those whose projections bring its strengths on."""
    relays = [p.target for p in network.projections if p.source == name and p.pools]
    return relays or [name]


def rescaled(network, layer, factor):
    """The network with another layer, whose strengths are larger by a factor, as the weights behind know."""

    def follow(projection):
        return replace(projection, ops=(*projection.ops, ops.Scale(factor)))

    return rebuilt(network, [layer], out_of=dict.fromkeys(readers(network, layer.name), follow))


def plant_threshold(factor):
    def plant(module, recipe, place):
        """Another threshold, which the weights behind know of."""
        network, name = convert(module, recipe), f"conv{place}"
        layer = network[name]
        neuron = replace(layer.neuron, threshold=layer.neuron.threshold * factor)
        return rescaled(network, replace(layer, neuron=neuron), factor), name

    return plant


def lose_bias(module, recipe, place):
    name = f"conv{place}"
    return rebuilt(convert(module, recipe), into={name: lambda p: replace(p, bias=None)}), name


def leave_batch_norm(module, recipe, place):
    """The weights into a layer as if there were no batch norm; those of all others as they should be."""
    name, norm = f"conv{place}", getattr(module, f"bn{place}")
    setattr(module, f"bn{place}", nn.Identity().eval())
    raw = {(p.source, p.target): p for p in convert(module, recipe).projections}
    setattr(module, f"bn{place}", norm)
    return rebuilt(convert(module, recipe), into={name: lambda p: raw[p.source, p.target]}), name


def mistake_input(module, recipe, place):
    wrong = (Input(), replace(INPUT, mean=0.0), replace(INPUT, std=1.0))[place - 1]
    network = convert(module, recipe)
    return network.replace("input", wrong), "input"


def pool_steps(module, recipe, place):
    network = convert(module, recipe)
    (pooled,) = readers(network, f"conv{place}")

    def by_step(projection):
        (op,) = projection.ops
        return replace(projection, ops=(replace(op, rule="step"),))

    return rebuilt(network, into={pooled: by_step}), pooled


FAULTS = {
    "threshold too high": (NETS, plant_threshold(8.0)),
    "threshold too low": (NETS, plant_threshold(1 / 8)),
    "bias": (NETS, lose_bias),
    "batch norm": (NETS, leave_batch_norm),
    "input normalisation": (NETS, mistake_input),
    "maximum rule": (WITH_MAXIMA, pool_steps),
}
"""By the cause that is to be named: the networks that it is planted in, and how."""
