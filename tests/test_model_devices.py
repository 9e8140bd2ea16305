"""Every model on every device, bit by bit: one network that holds them all, in both precisions.

A build takes time for every different set of equations, so settings that only change values share theirs.
"""

import math

import numpy as np
import pytest
from test_devices import STEPS, assert_equal, record

from neurosim.devices import CppStandalone, Reference, Runtime
from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.neurons import (
    ALIF,
    EIF,
    MODELS,
    SNM,
    STBIF,
    Accumulate,
    AdaptiveIF,
    AugIF,
    BurstIF,
    FastSNN,
    Gate,
    Input,
    MultiThreshold,
    TerIF,
    Ternary,
)
from neurosim.ops import Identity, Linear, Reshape, Scale

SHAPE = (5, 3, 4)
RANDOM = np.random.default_rng(11)
CHANNEL, NEURON = RANDOM.uniform(0.6, 1.4, (5, 1, 1)).ravel(), RANDOM.uniform(0.6, 1.4, SHAPE)

NEURONS = {
    "ter": TerIF(CHANNEL),
    "aug": AugIF(NEURON),
    "burst": BurstIF(0.4 * CHANNEL, 3),
    "snm": SNM(0.9),
    "fast": FastSNN(NEURON),
    "st-bif": STBIF(0.3, total=2, negative_total=3),
    "multi-threshold": MultiThreshold(NEURON, initial=0.2),
    "ternary": Ternary(CHANNEL, leak=0.9 * NEURON / NEURON.max()),
    "adaptive": AdaptiveIF(0.8, 0.15, decay=CHANNEL / 1.5),
    "alif": ALIF(CHANNEL, tau=8e-3 * NEURON, increment=0.3, tau_decay=20e-3),
    "eif": EIF(NEURON + 0.2, onset=0.5, sharpness=0.1 * CHANNEL, tau=6e-3, after=-0.1),
}
GATES = {"or": Gate("or"), "and": Gate("and"), "iand": Gate("iand"), "add": Gate("add")}


def everything() -> Network:
    """Return one layer of each model, driven by pixels and by each other, gates, and a read-out."""
    names, random = list(NEURONS), np.random.default_rng(5)
    layers = [Layer("in", SHAPE, Input(mean=0.3)), *(Layer(n, SHAPE, NEURONS[n]) for n in names)]
    layers += [Layer(name, SHAPE, gate) for name, gate in GATES.items()]
    size = math.prod(SHAPE)

    def mixing(gain: float) -> tuple[Linear, Reshape]:
        return Linear(random.standard_normal((size, size)) * gain / math.sqrt(size)), Reshape(SHAPE)

    ways = [Projection("in", n, mixing(1.2), random.normal(0.15, 0.1, 5)) for n in names]
    ways += [
        Projection(a, b, mixing(0.8), delay=1) for a, b in zip(names, [*names[1:], names[0]], strict=True)
    ]
    for name in GATES:
        binary = ("eif", "alif") if name != "add" else ("aug", "st-bif")
        ways += [
            Projection(binary[0], name, Identity()),
            Projection(binary[1], name, Scale(-1) if name == "iand" else Identity(), delay=1),
        ]
    ways += [Projection(n, "out", Linear(random.standard_normal((3, size)))) for n in (*GATES, "ternary")]
    return Network([*layers, Layer("out", (3,), Accumulate())], ways)


def test_the_network_holds_every_model() -> None:
    elsewhere = {"IF", "LIF", "Relay"}  # in the nets of test_devices
    assert {type(layer.neuron).__name__ for layer in everything().layers} == set(MODELS) - elsewhere


def test_it_comes_back_from_its_file(tmp_path) -> None:
    network = everything()
    network.save(tmp_path / "net.safetensors")
    again = Network.load(tmp_path / "net.safetensors")
    assert again == network
    assert again.structure() == network.structure()


def frames() -> np.ndarray:
    """Three films, so that every membrane is pushed to and fro."""
    return np.random.default_rng(1).random((3, STEPS, *SHAPE))


def test_every_model_shows_what_it_can_do() -> None:
    """Graded, negative or binary spikes in its layer: what is compared below is not silence."""
    recording = record(everything(), Reference(), frames(), "double")
    said = {name: set(recording.spikes(name).strength.tolist()) for name in (*NEURONS, *GATES)}
    for name in ("ter", "aug", "snm", "fast", "st-bif", "ternary"):
        assert {-1, 1} <= said[name], name
    for name in ("aug", "burst", "multi-threshold", "add"):
        assert {1, 2} <= said[name], name
    assert said["multi-threshold"] >= {1, 2, 3, 4, 5}
    for name in ("adaptive", "alif", "eif", "or", "and", "iand"):
        assert said[name] == {1}, name


@pytest.mark.parametrize("precision", ["double", "single"])
def test_devices_give_the_same_bits(precision: str) -> None:
    network, images = everything(), frames()
    reference = record(network, Reference(), images, precision)
    assert_equal(network, record(network, Runtime(), images, precision), reference)
    assert_equal(network, record(network, CppStandalone(), images, precision), reference)
