"""Free layers: all at once, from rest, each projection a step; held to a loop of its own."""

import nets
import numpy as np
import pytest
from test_devices import assert_equal

from neurosim.devices import CppStandalone, Reference, Runtime
from neurosim.errors import InputError, NotRecorded
from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.neurons import IF, LIF, Accumulate, Input
from neurosim.ops import Linear
from neurosim.recording import Potential
from neurosim.reference import project
from neurosim.simulation import Simulation

STEPS, DRAIN = 6, 5
EVERYTHING = ("spikes", Potential())
ONE = np.ones((1, 1))


def run(network, pixels, device=None, steps=STEPS, *, jobs=1, **how):
    how = {"alignment": "free", "record": {layer.name: EVERYTHING for layer in network.neurons}} | how
    with Simulation(network, device or Reference(), steps, **how) as simulation:
        return simulation.run(pixels, jobs=jobs, progress=False)


def chain(leak=None, delay=0, bias=None):
    """Input, two IF (or LIF) neurons and a read-out, one after the other."""
    neuron = IF() if leak is None else LIF(leak=leak)
    layers = [Layer("in", (1,), Input()), Layer("a", (1,), neuron), Layer("b", (1,), neuron)]
    layers.append(Layer("out", (1,), Accumulate()))
    projections = [Projection("in", "a", Linear(ONE), bias), Projection("a", "b", Linear(ONE), delay=delay)]
    return Network(layers, [*projections, Projection("b", "out", Linear(ONE))])


def loop(network, pixels, steps, drain):
    """Free layers, written again: all neurons in one step, then all their strengths, image by image.

    Only for LIF by subtraction and Accumulate.
    """
    made = {layer.name: np.zeros((len(pixels), steps + drain, *layer.shape)) for layer in network.neurons}
    for image, values in enumerate(pixels):
        shown = network.input.neuron.normalise(values[None], axes=values.ndim)[0]
        v = {layer.name: np.zeros(layer.shape) for layer in network.neurons}
        sent = {network.input.name: [shown] * steps + [0 * shown] * drain}
        sent |= {name: [] for name in v}
        for s in range(steps + drain):
            now = {}
            for layer in network.neurons:
                drive = np.zeros((1, *layer.shape))
                for p in network.into(layer.name):
                    if s >= 1 + p.delay:
                        project(p.ops, sent[p.source][s - 1 - p.delay][None], drive)
                kept = getattr(layer.neuron, "leak", 1.0)
                bias = np.broadcast_to(network.bias(layer.name), layer.shape[::-1]).T
                u = kept * v[layer.name] + drive[0] + bias
                theta = getattr(layer.neuron, "threshold", np.inf)
                now[layer.name] = (u >= theta) * 1.0
                v[layer.name] = np.where(u >= theta, u - np.minimum(theta, 1e9), u)
                made[layer.name][image, s] = v[layer.name]
            for name, strengths in now.items():
                sent[name].append(strengths)
    return made


def leaky_loop():
    """A recurrent net with skips and delays, of LIF by subtraction, on the dyadic grid."""
    w = nets.Weights(7, dyadic=True)
    sizes = {"a": 9, "b": 8, "c": 7}
    layers = [Layer("in", (5,), Input()), *(Layer(n, (k,), LIF(0.75, leak=0.5)) for n, k in sizes.items())]
    into = [("in", "a", 0), ("a", "b", 0), ("b", "c", 1), ("a", "c", 0), ("c", "b", 2), ("b", "b", 1)]
    into += [("in", "c", 1), ("c", "out", 0)]
    layers.append(Layer("out", (3,), Accumulate()))
    size = sizes | {"in": 5, "out": 3}
    projections = [
        Projection(s, t, Linear(w.weight(size[t], size[s], gain=4.0)), 0.25 + w.bias(size[t]), d)
        for s, t, d in into
    ]
    return Network(layers, projections)


def test_potentials_are_those_of_a_loop_of_its_own():
    network, pixels = (
        leaky_loop(),
        nets.Weights(1, dyadic=True).settle(np.random.default_rng(1).random((9, 5))),
    )
    expected = loop(network, pixels, STEPS, DRAIN)
    found = run(network, pixels, drain=DRAIN)
    assert found.steps == STEPS + DRAIN
    assert set(found.latency.values()) == {0}
    assert min(len(found.spikes(name)) for name in "abc") > 20
    for name, values in expected.items():
        np.testing.assert_array_equal(found.potential(name), values)


@pytest.mark.parametrize("precision", ["double", "single"])
def test_devices_are_equal(precision):
    """Every op, recurrence and delay, several models, frames that change; no image knows of another."""
    network, pixels = nets.residual("mixed", seed=3, dyadic=False), nets.images(4, seed=3, dyadic=False)
    moving = np.stack([pixels, 1 - pixels, *[pixels] * (STEPS - 2)], axis=1)
    for shown in (pixels, moving):
        reference = run(network, shown, drain=DRAIN, precision=precision)
        assert min(len(reference.spikes(x.name)) for x in network.neurons if x.model.spiking) > 0
        for device in (Runtime(), CppStandalone()):
            assert_equal(network, run(network, shown, device, drain=DRAIN, precision=precision), reference)
    alone = run(network, moving[2:3], drain=DRAIN, precision=precision)
    assert alone.potential("h").tobytes() == reference.potential("h")[2:3].tobytes()


def test_aligned_and_free_share_one_build_and_chunks_do_not_matter(monkeypatch):
    network, pixels = nets.residual("mixed", seed=3, dyadic=False), nets.images(4, seed=3, dyadic=False)
    aligned = run(network, pixels, CppStandalone(), alignment="aligned")
    assert aligned.latency == {layer.name: network.latency[layer.name] for layer in network.neurons}
    monkeypatch.setattr("neurosim.build.standalone.compile_with_common", None)
    assert_equal(network, *(run(network, pixels, CppStandalone(), drain=2, jobs=jobs) for jobs in (1, 2)))


def test_explicit_synapses_are_equal():
    network, pixels = (
        leaky_loop(),
        nets.Weights(1, dyadic=True).settle(np.random.default_rng(1).random((9, 5))),
    )
    explicit = run(network, pixels, Runtime(), drain=DRAIN, connectivity="synapses")
    assert_equal(network, explicit, run(network, pixels, drain=DRAIN))


def test_without_bias_free_layers_do_what_aligned_ones_do_latency_steps_later():
    network, pixels = chain(), np.array([[0.75], [1.0]])
    free = run(network, pixels, drain=network.depth)
    aligned = run(network, pixels, alignment="aligned")
    for name in ("a", "b"):
        late = network.latency[name]
        np.testing.assert_array_equal(free.dense(name)[:, late : late + STEPS], aligned.dense(name))
        assert free.counts(name).sum() == aligned.counts(name).sum()


def test_bias_acts_at_every_step_and_the_stimulus_only_when_shown():
    """b hears a one step late; a integrates its bias from step 0 on, and pixels of steps 0..T-1 at 1..T."""
    free = run(chain(bias=np.array([0.25])), np.array([[0.75]]), steps=2, drain=3)
    assert free.dense("a").ravel().tolist() == [0, 1, 1, 0, 0]
    assert free.potential("a").ravel().tolist() == [0.25, 0.25, 0.25, 0.5, 0.75]
    assert free.dense("b").ravel().tolist() == [0, 0, 1, 1, 0]
    assert free.output().ravel().tolist() == [0, 0, 0, 1, 2]


def test_what_is_on_its_way_when_an_image_ends_is_counted():
    """a spikes at steps 1..6 of 6 (+ drain); what it says in the last 1 + delay steps never reaches b."""
    for drain, delay in ((0, 0), (0, 2), (1, 2), (3, 2), (2, 0)):
        free = run(chain(delay=delay), np.ones((2, 1)), drain=drain)
        said, heard = free.counts("a").ravel(), free.counts("b").ravel()
        np.testing.assert_array_equal(free.lost("a"), said - heard)
        late = [s for s in range(1, min(6, 5 + drain) + 1) if s + 1 + delay >= 6 + drain]
        assert free.lost("a").tolist() == [len(late)] * 2
    aligned = run(chain(delay=2), np.ones((2, 1)), alignment="aligned")
    assert aligned.lost("a").tolist() == [2, 2]
    assert aligned.lost("b").tolist() == [0, 0]
    with pytest.raises(NotRecorded):
        run(chain(), np.ones((1, 1)), record="counts").lost("a")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"alignment": "loose"}, "Simulation: alignment is 'loose': it must be 'aligned' or 'free'"),
        ({"drain": -1}, "Simulation: drain is -1: give a whole number >= 0"),
        ({"drain": 1.5}, "Simulation: drain is 1.5: give a whole number >= 0"),
        (
            {"alignment": "aligned", "drain": 2},
            "Simulation: drain is 2 and alignment 'aligned': aligned layers do not drain, give "
            "alignment='free' or drain=0",
        ),
    ],
)
def test_refusals(how, message):
    with pytest.raises(InputError) as refusal:
        run(chain(), np.ones((1, 1)), **how)
    assert str(refusal.value) == message
