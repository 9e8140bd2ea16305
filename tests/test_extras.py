"""Extras: off they change nothing, on they do what they say, and all devices do the same."""

import contextlib
import dataclasses

import nets
import numpy as np
import pytest
from test_alignment import leaky_loop
from test_devices import assert_equal

import neurosim
from neurosim import (
    BMIF,
    IF,
    LIF,
    Accumulate,
    AvgPool,
    Conv,
    CppStandalone,
    Input,
    InputError,
    Jitter,
    Layer,
    Linear,
    MaxPool,
    Network,
    Noise,
    Potential,
    Projection,
    Reference,
    Refractory,
    Relay,
    Runtime,
    Simulation,
    SpikeLoss,
    Spread,
    Substeps,
    Synapse,
    WeightBits,
    WeightNoise,
)
from neurosim.neurons.base import initial_state
from neurosim.neurons.interpreted import advance
from neurosim.reference import parameter_arrays
from neurosim.simulation.engines import ReferenceEngine

STEPS, DT = 20, 1e-3
EVERYTHING = ("spikes", Potential())
ALL = (
    Spread(threshold=0.1, leak=0.1, seed=1),
    WeightBits(6),
    WeightNoise(0.05, seed=2),
    Refractory(2),
    Noise(0.1, seed=3),
    Synapse(1.5e-3),
    SpikeLoss(0.2, seed=2**63),
)
OTHERS = (Substeps(2), Refractory(1, clamp=True), Synapse(2e-3, "alpha"), Jitter(2, 4), SpikeLoss(0.1, 4))


def simulate(network, pixels, extras=(), device=None, steps=STEPS, *, jobs=1, **how):
    how = {"record": {layer.name: EVERYTHING for layer in network.neurons}, "dt": DT} | how
    with Simulation(network, device or Reference(), steps, extras=extras, **how) as simulation:
        return simulation.run(pixels, jobs=jobs, progress=False)


def mixed():
    """Several models, a recurrence, a maximum and a read-out, at several shapes."""
    w = nets.Weights(5, dyadic=False)
    layers = [
        Layer("in", (2, 4, 4), Input()),
        Layer("a", (3, 4, 4), IF(w.threshold((3, 4, 4), 2), lower_bound=-1.0)),
        Layer("b", (4, 2, 2), BMIF(w.threshold((4, 2, 2), 1), negative_threshold=0.25)),
        Layer("max", (3, 2, 2), Relay()),
        Layer("c", (6,), LIF(0.5, leak=0.9)),
        Layer("out", (3,), Accumulate()),
    ]
    projections = [
        Projection("in", "a", Conv(w.weight(3, 2, 3, 3), padding=1), 0.3 + w.bias(3)),
        Projection("a", "b", (AvgPool(2), Conv(w.weight(4, 3, 1, 1))), 0.3 + w.bias(4)),
        Projection("b", "b", Conv(w.weight(4, 4, 1, 1, gain=0.5)), delay=1),
        Projection("a", "max", MaxPool(2)),
        Projection("b", "c", Linear(w.weight(6, 16))),
        Projection("max", "c", Linear(w.weight(6, 12)), 0.3 + w.bias(6)),
        Projection("c", "out", Linear(w.weight(3, 6)), w.bias(3)),
    ]
    return Network(layers, projections)


def pixels(count=5):
    return np.random.default_rng(9).random((count, 2, 4, 4))


def single(neuron, size=1, bias=None):
    """As many neurons, each with a pixel of its own."""
    layers = [Layer("in", (size,), Input()), Layer("a", (size,), neuron)]
    return Network(layers, [Projection("in", "a", Linear(np.eye(size)), bias)])


# ---- all together


@pytest.mark.parametrize(("extras", "precision", "threads"), [(ALL, "double", 1), (OTHERS, "single", 2)])
def test_devices_are_equal(extras, precision, threads):
    network = mixed()
    reference = simulate(network, pixels(), extras, precision=precision)
    assert min(len(reference.spikes(x.name)) for x in network.neurons if x.model.spiking) > 10
    assert reference.spikes("a") != simulate(network, pixels(), precision=precision).spikes("a")
    for device in (Runtime(), CppStandalone(threads)):
        assert_equal(network, simulate(network, pixels(), extras, device, precision=precision), reference)
    free = {"alignment": "free", "drain": 3, "precision": precision}
    moving = np.stack([pixels(), 1 - pixels()] * (STEPS // 2), axis=1)
    reference = simulate(network, moving, extras, **free)
    for device in (Runtime(), CppStandalone(threads)):
        assert_equal(network, simulate(network, moving, extras, device, **free), reference)


@pytest.mark.parametrize("alignment", ["aligned", "free"])
def test_explicit_synapses_are_equal(alignment):
    network, how = leaky_loop(), {"alignment": alignment}
    dyadic = np.round(64 * np.random.default_rng(1).random((2, 5))) / 64
    extras = (Substeps(2), Refractory(2), Noise(0.1, seed=3), Synapse(1e-3))
    reference = simulate(network, dyadic, extras, **how)
    assert min(len(reference.spikes(name)) for name in "abc") > 10
    explicit = simulate(network, dyadic, extras, Runtime(), connectivity="synapses", **how)
    assert_equal(network, explicit, reference)


def test_jobs_and_chunks_change_no_bit(monkeypatch):
    """Random numbers belong to an image's place among all, wherever it is cut off from the others."""
    network = mixed()
    whole = simulate(network, pixels(), ALL)
    assert_equal(network, simulate(network, pixels(), ALL, CppStandalone(), jobs=2), whole)
    monkeypatch.setattr("neurosim.simulation.simulation.chunk_size", lambda *_: 2)
    for device in (Reference(), CppStandalone()):
        assert_equal(network, simulate(network, pixels(), ALL, device), whole)


def test_what_is_off_changes_nothing():
    network = mixed()
    off = (
        Substeps(1),
        Refractory(0),
        Jitter(0, seed=1),
        Noise(0, seed=1),
        SpikeLoss(0, seed=1),
        WeightNoise(0, seed=1),
        Spread(seed=1),
    )
    assert neurosim.extras.extended(network, off).fingerprint() == network.fingerprint()
    assert neurosim.extras.extended(network, off).structure() == network.structure()
    some = neurosim.extras.extended(network, (Refractory(1), SpikeLoss(0.5, seed=1)))
    assert [some[name].neuron for name in ("in", "max", "out")] == [
        network[name].neuron for name in ("in", "max", "out")
    ]


def test_a_run_is_resumed_with_the_same_extras_only(tmp_path, monkeypatch):
    network, output = mixed(), tmp_path / "rec.h5"
    monkeypatch.setattr("neurosim.simulation.simulation.chunk_size", lambda *_: 2)
    run = ReferenceEngine.run

    def break_off(self, frames, first_image, report):
        if first_image == 2:
            raise KeyboardInterrupt
        return run(self, frames, first_image, report)

    with monkeypatch.context() as patched:
        patched.setattr(ReferenceEngine, "run", break_off)
        with Simulation(network, Reference(), STEPS, extras=ALL) as broken, pytest.raises(KeyboardInterrupt):
            broken.run(pixels(), output=output, progress=False)
    for given, expected in ((ALL[:-1], pytest.raises(InputError)), (ALL, contextlib.nullcontext())):
        with Simulation(network, Reference(), STEPS, extras=given) as simulation, expected:
            found = simulation.run(pixels(), output=output, resume=True, progress=False)
    assert found.output().tobytes() == simulate(network, pixels(), ALL).output().tobytes()


def test_seeds_and_numbers_are_not_built_in():
    """Extras of one kind share a build; what they hold is data."""
    network = mixed()
    other = (Refractory(4), Noise(0.3, seed=9), SpikeLoss(0.5, seed=8), Synapse(1e-3))
    same = [e for e in ALL if type(e) in map(type, other)]
    one, two = (neurosim.extras.extended(network, e).structure() for e in (same, sorted(other, key=rank)))
    assert one == two


def rank(extra):
    return extra.rank


def test_order_does_not_matter_and_the_recording_tells():
    network = mixed()
    forward, backward = (simulate(network, pixels(), extras) for extras in (ALL, ALL[::-1]))
    assert_equal(network, forward, backward)
    assert sorted(forward.provenance["extras"]) == sorted(map(repr, ALL))


@pytest.mark.parametrize("kind", sorted(nets.KINDS))
def test_the_text_of_every_model_does_what_its_rule_does(kind):
    """Extras run a model's equations where the reference runs its rule: both are equal bit by bit."""
    network, random = nets.residual(kind, dyadic=False), np.random.default_rng(1)
    for layer in network.neurons:
        p = parameter_arrays(network, layer, DT, np.float32)
        states = [initial_state(layer.model, (2, *layer.shape), p, np.dtype("f4")) for _ in "ab"]
        for _ in range(20):
            drive = random.normal(0.2, 0.8, (2, *layer.shape)).astype("f4")
            drive = np.round(drive) if isinstance(layer.neuron, Relay) else drive
            rule = layer.model.step(states[0], drive.copy(), p)
            text = advance(layer.model.equations, states[1], drive.copy(), p)
            np.testing.assert_array_equal(text, rule)
            for name, values in states[0].items():
                np.testing.assert_array_equal(states[1][name], values, err_msg=f"{layer.name} {name}")


# ---- refusals


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Refractory(-1), "Refractory.steps is -1: give a whole number >= 0"),
        (lambda: Refractory(1.5), "Refractory.steps is 1.5: give a whole number >= 0"),
        (lambda: Refractory(2, clamp=1), "Refractory.clamp is 1: it must be one of True, False"),
        (lambda: Synapse(0), "Synapse.tau is 0.0: it must lie in (0, inf) s"),
        (lambda: Synapse([1e-3, 2e-3]), "Synapse.tau is np.array([0.001, 0.002]): give one number"),
        (lambda: Synapse(1, "beta"), "Synapse.kind is 'beta': it must be one of 'exponential', 'alpha'"),
        (lambda: SpikeLoss(1.5, seed=1), "SpikeLoss.probability is 1.5: it must lie in [0, 1]"),
        (lambda: SpikeLoss(0.5, seed=-1), "SpikeLoss.seed is -1: give a whole number in [0, 2**64)"),
        (lambda: Jitter(-1, seed=1), "Jitter.steps is -1: give a whole number >= 0"),
        (lambda: Noise(-1, seed=1), "Noise.std is -1.0: it must lie in [0, inf)"),
        (lambda: Spread(threshold=-0.1, seed=1), "Spread.threshold is -0.1: it must lie in [0, inf)"),
        (lambda: Substeps(0), "Substeps.n is 0: give a whole number >= 1"),
        (lambda: WeightBits(1), "WeightBits.bits is 1: give a whole number >= 2"),
        (lambda: WeightNoise(0.1, seed=None), "WeightNoise.seed is None: give a whole number in [0, 2**64)"),
        (lambda: extras(3), "Simulation: extras hold 3: give objects such as Refractory(2)"),
        (
            lambda: extras((Refractory(1), Refractory(2))),
            "Simulation: extras hold Refractory 2 times: give one of a kind",
        ),
        (
            lambda: extras([Refractory(1, clamp=True)], LIF(leak=0.5, reset="delayed")),
            "layer 'a': Refractory.clamp keeps what a reset leaves, and LIF(leak=0.5, reset='delayed') "
            "resets a step late: use clamp=False, or another reset",
        ),
        (
            lambda: extras((SpikeLoss(0.5, seed=1),), connectivity="synapses", device=Runtime()),
            "Simulation: explicit synapses carry spikes as they are made, SpikeLoss and Jitter change them: "
            'use connectivity="kernel"',
        ),
    ],
)
def test_refusals(make, message):
    with pytest.raises(InputError) as refusal:
        make()
    assert str(refusal.value) == message


def extras(given, neuron=None, **how):
    return simulate(single(neuron or IF()), np.ones((1, 1)), given, **how)


def test_extras_are_values():
    for extra in (*ALL, *OTHERS):
        assert eval(repr(extra), vars(neurosim.extras).copy()) == extra
        assert dataclasses.replace(extra) == extra
