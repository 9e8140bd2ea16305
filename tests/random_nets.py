"""Random networks: every op in random geometries, in chains, with skips, delays and recurrence."""

import math

import numpy as np
from nets import Weights, mixed
from op_cases import factored

from neurosim.errors import InputError
from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.neurons import Accumulate, Input, Relay
from neurosim.ops import AdaptiveAvgPool, Average, AvgPool, Conv, Identity, Linear, MaxPool, Reshape, Scale

__all__ = ["random_frames", "random_network"]

LARGEST = 300
"""Neurons of a layer."""


class Draw:
    """What a random network is made of; on the dyadic grid all sums of currents are exact if asked."""

    def __init__(self, seed, dyadic):
        self.random, self.dyadic, self.weights = np.random.default_rng(seed), dyadic, Weights(seed, dyadic)

    def whole(self, least, most, count=None):
        """Return a number, or a tuple of `count`, from least to most."""
        drawn = self.random.integers(least, most + 1, count)
        return int(drawn) if count is None else tuple(drawn.tolist())

    def chance(self, share):
        return self.random.random() < share

    def one_of(self, choices):
        return choices[self.whole(0, len(choices) - 1)]

    def conv(self, shape):
        rank, channels = len(shape) - 1, shape[0]
        groups = self.one_of([n for n in range(1, channels + 1) if channels % n == 0])
        weight = self.weights.weight(groups * self.whole(1, 4), channels // groups, *self.whole(1, 4, rank))
        padding = [self.whole(0, 2, 2) for _ in range(rank)]
        return Conv(weight, self.whole(1, 3, rank), padding, self.whole(1, 2, rank), groups)

    def linear(self, shape):
        return Linear(self.weights.weight(self.whole(1, 40), math.prod(shape)))

    def windows(self, shape):
        most = shape[1:] if len(shape) == 4 else (4,) * (len(shape) - 1)  # in three axes, torch's own rule
        kernel = tuple(self.whole(1, min(4, size)) for size in most)
        stride = self.one_of([None, self.whole(1, 3, len(shape) - 1)])
        return kernel, stride, tuple(self.whole(0, size // 2) for size in kernel)

    def average(self, shape):
        return AvgPool(*self.windows(shape), self.chance(0.5), self.chance(0.5))

    def adaptive(self, shape):
        return AdaptiveAvgPool(self.whole(1, 4, len(shape) - 1))

    def identity(self, shape):
        return Identity(self.whole(1, 3), self.whole(0, 2, 2))

    def scale(self, shape):
        return Scale(self.weights.settle(self.random.uniform(-2, 2, self.one_of([(), shape[:1], shape]))))

    def reshape(self, shape):
        return Reshape(factored(math.prod(shape), self.random))

    def maximum(self, shape):
        return MaxPool(*self.windows(shape), rule=self.one_of(["count", "step"]))

    def fitting(self, make, shape):
        """Return an op that fits `shape` and the shape it makes, or None."""
        if len(shape) == 1 and make in (self.conv, self.average, self.adaptive, self.maximum):
            return None
        op = make(shape)
        try:
            made = op.output_shape(shape)
        except InputError:
            return None
        inexact = self.dyadic and isinstance(op, Average) and not _powers_of_two(op.divisor(shape))
        return None if inexact or math.prod(made) > LARGEST else (op, made)

    def chain(self, shape):
        """Return one to three ops on `shape`, and the shape they make."""
        kinds = [self.conv] * 6 + [self.average, self.adaptive] * 2
        kinds += [self.linear, self.identity, self.scale, self.reshape]
        ops = []
        for _ in range(self.whole(1, 3)):
            found = None
            while found is None:
                found = self.fitting(self.one_of(kinds), shape)
            ops.append(found[0])
            shape = found[1]
        return tuple(ops), shape

    def bias(self, shape):
        return self.one_of([None, self.weights.bias(shape[0]), self.weights.bias(*shape)])

    def bridge(self, source, target):
        """Return ops from any shape to any other."""
        if source == target and self.chance(0.5):
            return (Identity(),)
        weight = self.weights.weight(math.prod(target), math.prod(source), gain=0.5)
        return (Linear(weight), Reshape(target))


def _powers_of_two(numbers):
    return bool(np.all(np.log2(numbers) % 1 == 0))


def random_network(seed, dyadic=False, layers=7):
    """Return a network of an input, some layers that spike, and one that accumulates."""
    draw = Draw(seed, dyadic)
    made = [Layer("in", _pixels(draw), Input())]
    projections = []
    for number in range(layers):
        name, pool = f"layer{number}", None
        source = draw.one_of(made[-3:])
        if number and draw.chance(0.5):
            source = draw.one_of(made[1:])
            pool = draw.fitting(draw.maximum, source.shape)
        if pool:
            made.append(Layer(name, pool[1], Relay()))
            projections.append(Projection(source.name, name, pool[0], delay=_delay(draw)))
            continue
        ops, shape = draw.chain(source.shape)
        others = [draw.one_of(made) for _ in range(draw.whole(0, 2))]
        made.append(Layer(name, shape, mixed(draw.weights, shape, draw.whole(0, 20))))
        projections.append(Projection(source.name, name, ops, draw.bias(shape), _delay(draw)))
        for other in others:
            projections.append(
                Projection(other.name, name, draw.bridge(other.shape, shape), delay=_delay(draw))
            )
    spiking = made[1:]
    for _ in range(2):
        source, target = draw.one_of(spiking), draw.one_of(spiking)
        if not isinstance(target.neuron, Relay):
            bridge = draw.bridge(source.shape, target.shape)
            projections.append(
                Projection(source.name, target.name, bridge, delay=draw.whole(layers, layers + 2))
            )
    made.append(Layer("out", (5,), Accumulate()))
    ends = {layer.name for layer in spiking} - {p.source for p in projections} | {spiking[-1].name}
    for name in sorted(ends):
        shape = next(layer.shape for layer in spiking if layer.name == name)
        projections.append(Projection(name, "out", Linear(draw.weights.weight(5, math.prod(shape)))))
    return Network(made, projections)


def _pixels(draw):
    rank = draw.whole(1, 3)
    sizes = draw.whole(*{1: (5, 12), 2: (3, 8), 3: (2, 4)}[rank], rank)
    return draw.whole(1, 4), *sizes


def _delay(draw):
    return draw.one_of([0, 0, 0, 1, 3])


def random_frames(network, seed, count=2, steps=1, dyadic=False, dtype=np.float64):
    """Return normalised pixels of either sign, (count, steps, *shape)."""
    draw = Draw(seed + 10**6, dyadic)
    return draw.weights.settle(draw.random.normal(0.5, 1.5, (count, steps, *network.input.shape))).astype(
        dtype
    )
