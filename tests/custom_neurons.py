"""A leaky neuron as a Custom one, and a network of it alone."""

import numpy as np

from neurosim import Custom, Input, Layer, Linear, Network, Projection

__all__ = ["DT", "GIVEN", "LEAKY", "alone", "leaky"]

DT = 1e-3
LEAKY = "dv/dt = (w_rest - v + R*I)/tau : volt"
GIVEN = {"w_rest": "-70*mV", "R": "100*Mohm", "tau": "10*ms"}


def leaky(**changes):
    """A leaky neuron in SI units: 1 nA charges it by 100 mV."""
    options = {"equations": LEAKY, "threshold": "v > -50*mV", "reset": "v = w_rest", "parameters": GIVEN}
    return Custom(**{**options, "unit": "1*nA", "initial": {"v": "-70*mV"}, **changes})


def alone(neuron, size=2, gain=1.0):
    """A network of one layer, each neuron of which receives one pixel."""
    layers = [Layer("in", (size,), Input()), Layer("out", (size,), neuron)]
    return Network(layers, [Projection("in", "out", Linear(gain * np.eye(size)))])
