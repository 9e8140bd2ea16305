"""Every model on every device, bit by bit: one network that holds them all, in both precisions.

A build takes time for every different set of equations, so settings that only change values share theirs,
and what other nets compile is left out.
"""

import math
from collections.abc import Iterable

import numpy as np
import pytest
from nets import residual
from test_devices import STEPS, assert_equal, record

from neurosim.devices import CppStandalone, Reference, Runtime
from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.neurons import (
    ALIF,
    EIF,
    LIF,
    MODELS,
    SNM,
    STBIF,
    Accumulate,
    AdaptiveIF,
    AugIF,
    BurstIF,
    BurstLIF,
    FastSNN,
    Gate,
    Input,
    MultiThreshold,
    TerIF,
    Ternary,
)
from neurosim.ops import Identity, Linear, Reshape, Scale
from neurosim.recording import Recording

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
    "burst-lif": BurstLIF(0.5 * CHANNEL, leak=0.9, lower_bound=-0.5),
    "hard-burst-lif": BurstLIF(0.5, tau=8e-3 * NEURON, strength=2, reset="zero"),
    "undelayed": LIF(0.5 * NEURON, leak=0.9, reset="undelayed", strict=True),
    "never-reset": LIF(CHANNEL, leak=0.5, reset="none"),
    "eif": EIF(NEURON + 0.2, onset=0.5, sharpness=0.1 * CHANNEL, tau=6e-3, after=-0.1),
}
GATES = {"or": Gate("or"), "and": Gate("and"), "iand": Gate("iand"), "add": Gate("add")}


def everything(leave_out: tuple[str, ...] = ()) -> Network:
    """Return one layer of each model, driven by pixels and by each other, gates, and a read-out."""
    names, random = [name for name in NEURONS if name not in leave_out], np.random.default_rng(5)
    gates = {name: gate for name, gate in GATES.items() if name not in leave_out}
    layers = [Layer("in", SHAPE, Input(mean=0.3)), *(Layer(n, SHAPE, NEURONS[n]) for n in names)]
    layers += [Layer(name, SHAPE, gate) for name, gate in gates.items()]
    size = math.prod(SHAPE)

    def mixing(gain: float) -> tuple[Linear, Reshape]:
        return Linear(random.standard_normal((size, size)) * gain / math.sqrt(size)), Reshape(SHAPE)

    ways = [Projection("in", n, mixing(1.2), random.normal(0.15, 0.1, 5)) for n in names]
    ways += [
        Projection(a, b, mixing(0.8), delay=1) for a, b in zip(names, [*names[1:], names[0]], strict=True)
    ]
    for name in gates:
        first, second = ("eif", "alif") if name != "add" else ("aug", "st-bif")
        branch = Scale(-1) if name == "iand" else Identity()
        ways += [Projection(first, name, Identity()), Projection(second, name, branch, delay=1)]
    ways += [Projection(n, "out", Linear(random.standard_normal((3, size)))) for n in (*gates, "ternary")]
    return Network([*layers, Layer("out", (3,), Accumulate())], ways)


def said(recording: Recording, names: Iterable[str]) -> dict[str, set[int]]:
    return {name: set(recording.spikes(name).strength.tolist()) for name in names}


def test_the_network_holds_every_model() -> None:
    elsewhere = {"IF", "Relay"}  # in the nets of test_devices
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


@pytest.mark.parametrize("precision", ["double", "single"])
def test_reference_and_runtime_give_the_same_bits(precision: str) -> None:
    network = everything()
    reference = record(network, Reference(), frames(), precision)
    strengths = said(reference, (*NEURONS, *GATES))
    assert min(map(len, strengths.values())) > 0
    assert all({-1, 1} <= strengths[name] for name in ("ter", "aug", "snm", "fast", "st-bif", "ternary"))
    assert all({1, 2} <= strengths[name] for name in ("aug", "burst", "multi-threshold", "add"))
    assert_equal(network, record(network, Runtime(), frames(), precision), reference)


COMPILED_ELSEWHERE = ("ter", "aug", "snm", "fast", "add")


def test_what_is_left_out_below_has_the_equations_of_other_nets() -> None:
    compiled = {repr(layer.model.equations) for layer in residual("bmif").neurons}
    assert {repr({**NEURONS, **GATES}[name].equations) for name in COMPILED_ELSEWHERE} <= compiled


@pytest.mark.parametrize("precision", ["double", "single"])
def test_cpp_standalone_gives_the_same_bits(precision: str) -> None:
    network = everything(leave_out=COMPILED_ELSEWHERE)
    reference = record(network, Reference(), frames(), precision)
    strengths = said(reference, (layer.name for layer in network.neurons[:-1]))
    assert min(map(len, strengths.values())) > 0
    assert {-1, 1} <= strengths["st-bif"] & strengths["ternary"]
    assert {1, 2, 3} <= strengths["burst"] & strengths["multi-threshold"]
    assert_equal(network, record(network, CppStandalone(), frames(), precision), reference)
