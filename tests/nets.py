"""Small spiking networks with every kind of connection, for tests of the reference and of the devices.

On the dyadic grid all sums of currents are exact, so that any order of summation gives the same spikes.
"""

import math

import numpy as np

from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.neurons import BMIF, IF, LIF, Accumulate, Input, Neuron, Relay
from neurosim.ops import AdaptiveAvgPool, AvgPool, Conv, Identity, Linear, MaxPool, Reshape, Scale

__all__ = ["GRID", "KINDS", "images", "residual"]

GRID = 2.0**-6
"""What dyadic weights, biases, thresholds and pixels are multiples of."""

PIXELS = (3, 8, 8)
SHAPES = {
    "a": (4, 8, 8),
    "b": (4, 8, 8),
    "c": (4, 8, 8),
    "d": (6, 4, 4),
    "e": (6, 4, 4),
    "f": (6, 4, 4),
    "g": (8, 2, 2),
    "h": (8, 2, 2),
    "fc": (12,),
}


class Weights:
    """Random weights, biases and parameters, on the dyadic grid if asked."""

    def __init__(self, seed: int, dyadic: bool) -> None:
        self.random, self.dyadic = np.random.default_rng(seed), dyadic

    def settle(self, values):
        """Return values as they are, or rounded to the grid."""
        return np.round(np.asarray(values) / GRID) * GRID if self.dyadic else np.asarray(values)

    def weight(self, *shape, gain=2.0):
        """Return weights (out, in, ...) that keep a layer's activity at about that of its source."""
        return self.settle(self.random.standard_normal(shape) * gain / math.sqrt(math.prod(shape[1:])))

    def bias(self, *shape):
        return self.settle(self.random.standard_normal(shape) * 0.1)

    def threshold(self, shape, number):
        """Return a threshold that is a scalar, one a channel, or one a neuron, in turn."""
        axes = ((), shape[:1], shape)[number % 3]
        return self.settle(self.random.uniform(0.6, 1.4, axes))

    def leak(self, number):
        leak = (0.875, 0.75, 0.5, 0.9375)[number % 4]
        return leak if self.dyadic else leak - 0.0123


def integrate(weights: Weights, shape: tuple[int, ...], number: int) -> Neuron:
    return IF(
        weights.threshold(shape, number),
        reset=("subtract", "zero")[number % 4 == 3],
        initial=weights.settle(0.3 * (number % 2)),
        lower_bound=(None, -1.0)[number % 3 == 2],
        strict=number % 5 == 4,
    )


def leaky(weights: Weights, shape: tuple[int, ...], number: int) -> Neuron:
    return LIF(
        weights.threshold(shape, number),
        leak=weights.leak(number),
        reset=("subtract", "zero", "delayed")[number % 3],
        initial=weights.settle(0.3 * (number % 2)),
        lower_bound=(None, -0.5)[number % 4 == 3],
        strict=number % 5 == 4,
    )


def bilateral(weights: Weights, shape: tuple[int, ...], number: int) -> Neuron:
    return BMIF(
        weights.threshold(shape, number),
        negative_threshold=(0.0, 0.25, 0.5)[number % 3],
        strength=(2, 3, np.inf, 4)[number % 4],
        gate=number % 5 != 4,
        total=(np.inf, 6)[number % 4 == 3],
        initial=(None, 0.0)[number % 3 == 1],
    )


def mixed(weights: Weights, shape: tuple[int, ...], number: int) -> Neuron:
    return (integrate, leaky, bilateral)[number % 3](weights, shape, number)


KINDS = {"if": integrate, "lif": leaky, "bmif": bilateral, "mixed": mixed}
"""How `residual` makes the neurons of its nine spiking layers."""


def residual(kind: str, seed: int = 0, dyadic: bool = True) -> Network:
    """Return a net of twelve layers: branches, skips, pools, maxima, biases, delays and a recurrence.

    `kind` is one of `KINDS`; it takes `images` and ends in five accumulating neurons.
    """
    w = Weights(seed, dyadic)
    neurons = [
        Layer(name, shape, KINDS[kind](w, shape, number))
        for number, (name, shape) in enumerate(SHAPES.items())
    ]
    pixels = Layer("in", PIXELS, Input(mean=[0.5, 0.25, 0.5], std=0.5, low=0, high=1))
    projections = [
        Projection("in", "a", Conv(w.weight(4, 3, 3, 3), padding=1), w.bias(4)),
        Projection("a", "b", Conv(w.weight(4, 4, 3, 3), padding=1), w.bias(4)),
        Projection("b", "c", Conv(w.weight(4, 4, 3, 3), padding=((2, 0), (1, 1))), w.bias(4)),
        Projection("a", "c", Identity()),
        Projection("c", "d", (AvgPool(2), Conv(w.weight(6, 4, 3, 3), padding=1)), w.bias(6)),
        Projection("a", "d", (AvgPool(2), Conv(w.weight(6, 4, 1, 1)))),
        Projection("d", "e", Conv(w.weight(6, 3, 3, 3), padding=2, dilation=2, groups=2), w.bias(6)),
        Projection("e", "f", Conv(w.weight(6, 6, 3, 3), padding=1), w.bias(6, 4, 4)),
        Projection("d", "f", Scale(w.settle([1.2, 0.7, 1, 0.9, 1.1, 0.4]))),
        Projection("f", "g", Conv(w.weight(8, 6, 3, 3), stride=2, padding=1), w.bias(8)),
        Projection("d", "g", Identity(stride=2, pad_channels=(1, 1))),
        Projection("g", "h", Conv(w.weight(8, 8, 3, 3), padding=1), w.bias(8)),
        Projection("h", "h", Conv(w.weight(8, 8, 1, 1, gain=0.5)), delay=1),
        Projection("h", "largest", MaxPool((2, 1), 1, (1, 0))),
        Projection("h", "fc", Linear(w.weight(12, 32)), w.bias(12)),
        Projection("largest", "fc", (Reshape((6, 2, 4)), Conv(w.weight(12, 6, 2, 4)), Reshape((12,)))),
        Projection("f", "fc", (AvgPool(2), Linear(w.weight(12, 24)))),
        Projection("in", "fc", (AdaptiveAvgPool(2), Linear(w.weight(12, 12))), delay=3),
        Projection("fc", "out", Linear(w.weight(5, 12)), w.bias(5)),
        Projection("h", "out", (AdaptiveAvgPool(1), Linear(w.weight(5, 8))), delay=2),
    ]
    largest = Layer("largest", (8, 3, 2), Relay())
    neurons.insert(-1, largest)
    return Network([pixels, *neurons, Layer("out", (5,), Accumulate())], projections)


def images(count: int, seed: int = 0, dyadic: bool = True) -> np.ndarray:
    """Return raw pixels in [0, 1], shape (count, 3, 8, 8)."""
    return Weights(seed, dyadic).settle(np.random.default_rng([seed, 1]).random((count, *PIXELS)))
