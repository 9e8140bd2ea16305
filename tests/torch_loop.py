"""An independent simulation of a network in torch, frame by frame: what the reference is held to.

It uses torch's convolutions, poolings and linear maps, one image batch at a time, and the neurons' rules as
the literature writes them.
"""

import math

import torch
from torch_ops import project

from neurosim.neurons import BMIF, IF, LIF, Accumulate, Relay
from neurosim.ops import Scale

__all__ = ["largest_sum", "run"]

torch.set_num_threads(1)


def tensor(value, like, rank=None):
    """Return a parameter as a tensor of the type of `like`, with trailing axes for a layer of `rank`."""
    made = torch.tensor(value, dtype=like.dtype)
    return made.reshape(made.shape + (1,) * (rank - made.ndim)) if rank and made.ndim else made


class IntegrateAndFire:
    """IF, and LIF by a leak: soft, hard or delayed reset."""

    def __init__(self, neuron, shape, like):
        get = lambda value: tensor(value, like, len(shape) - 1)  # noqa: E731
        self.theta, self.leak = get(neuron.threshold), get(getattr(neuron, "leak", 1.0))
        self.floor = None if neuron.lower_bound is None else get(neuron.lower_bound)
        self.reset, self.strict = neuron.reset, neuron.strict
        self.v = get(neuron.initial).expand(shape)
        self.last = torch.zeros(shape, dtype=like.dtype)

    def step(self, drive, bias):
        u = self.leak * self.v + drive + bias
        if self.reset == "delayed":
            u = u - self.theta * self.last
        if self.floor is not None:
            u = torch.maximum(u, self.floor)
        self.last = ((u > self.theta) if self.strict else (u >= self.theta)).to(u)
        if self.reset == "subtract":
            self.v = u - self.theta * self.last
        else:
            self.v = u.masked_fill(self.last.bool(), 0) if self.reset == "zero" else u
        return self.last


class Bilateral:
    """BM-IF: n+ and n- as published relatives count them."""

    def __init__(self, neuron, shape, like):
        get = lambda value: tensor(value, like, len(shape) - 1)  # noqa: E731
        self.theta, self.below = get(neuron.threshold), get(neuron.negative_threshold)
        self.most, self.total, self.gate = get(neuron.strength), get(neuron.total), neuron.gate
        self.v = (self.theta / 2 if neuron.initial is None else get(neuron.initial)).expand(shape)
        self.sent = torch.zeros(shape, dtype=like.dtype)

    def step(self, drive, bias):
        u = self.v + drive + bias
        ahead = torch.minimum((u / self.theta).floor().clamp(min=0), self.most)
        ahead = torch.minimum(ahead, self.total - self.sent)
        literal = ((-u - self.below) / self.theta).floor() + 1
        back = torch.where(self.below > 0, literal, (-u / self.theta).ceil()).clamp(min=0)
        back = torch.minimum(back, self.most)
        back = torch.minimum(back, self.sent) if self.gate else back
        strength = ahead - back
        self.v, self.sent = u - self.theta * strength, self.sent + strength
        return strength


class ReadOut:
    """Accumulate."""

    def __init__(self, neuron, shape, like):
        self.v = torch.zeros(shape, dtype=like.dtype)

    def step(self, drive, bias):
        self.v = self.v + drive + bias
        return torch.zeros_like(drive)


class PassOn:
    """Relay."""

    def __init__(self, neuron, shape, like):
        self.v = torch.zeros(shape, dtype=like.dtype)

    def step(self, drive, bias):
        return drive


NEURONS = {
    IF: IntegrateAndFire,
    LIF: IntegrateAndFire,
    BMIF: Bilateral,
    Accumulate: ReadOut,
    Relay: PassOn,
}


def arriving(projection, history, t):
    """Return what a projection brings at step t: of sums it is their difference to the step before."""
    said = [made[projection.source] for made in history[: t - projection.delay + 1]]
    if not projection.ops[0].cumulative:
        return project(projection.ops, said[-1])
    before = torch.zeros_like(said[0]) if len(said) == 1 else sum(said[:-1])
    return project(projection.ops, sum(said)) - project(projection.ops, before)


def run(network, frames, steps, dtype=torch.float64):
    """Yield, for every step, strength and potential of every layer: dict of (tensor, tensor).

    `frames` holds normalised pixels, (images, *shape).
    """
    pixels = torch.tensor(frames, dtype=dtype)
    shapes = {layer.name: (len(frames), *layer.shape) for layer in network.neurons}
    neurons = {a.name: NEURONS[type(a.neuron)](a.neuron, shapes[a.name], pixels) for a in network.neurons}
    history = []
    for t in range(steps):
        made = {network.input.name: pixels}
        history.append(made)
        for name in sorted(shapes, key=network.latency.get):
            drive, bias = torch.zeros(shapes[name], dtype=dtype), torch.zeros((), dtype=dtype)
            for p in network.into(name):
                if t >= p.delay:
                    drive = drive + arriving(p, history, t)
                if p.bias is not None:
                    bias = bias + tensor(p.bias, pixels, len(shapes[name]) - 1)
            made[name] = neurons[name].step(drive, bias)
        yield {name: (made[name], neurons[name].v) for name in shapes}


def largest_sum(network, frames, made):
    """Return the largest sum of |terms| that any neuron can have met, from the largest strengths made.

    `made` are the results of `run`; chains of ops take the absolute value of every weight.
    """
    size = {network.input.name: float(abs(frames).max())}
    for name in made[0]:
        size[name] = max(float(step[name][0].abs().max()) for step in made)
    return max(
        sum(math.prod(map(_gain, p.ops)) * size[p.source] for p in network.into(layer.name))
        for layer in network.neurons
    )


def _gain(op):
    """Return the largest sum of |weights| into one target."""
    weight = getattr(op, "weight", None)
    if weight is not None:
        return float(abs(weight).reshape(len(weight), -1).sum(axis=1).max())
    return float(abs(op.factor).max()) if isinstance(op, Scale) else 1.0
