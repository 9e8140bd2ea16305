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
from neurosim.neurons.draws import draw
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


# ---- one by one


@pytest.mark.parametrize("clamp", [False, True])
@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_refractory_neurons_pause(clamp, reset):
    """A loop of its own, and the longest rate 1 / (1 + pause)."""
    drive = np.array([[0.3, 0.7, 1.0, 2.5]])
    for pause in (1, 3):
        found = simulate(single(IF(reset=reset), 4), drive, [Refractory(pause, clamp)], steps=40)
        v, rest, spikes = np.zeros(4), np.zeros(4), []
        for _ in range(40):
            u = np.where(clamp & (rest > 0), v, v + drive[0])
            k = (u >= 1) & (rest == 0)
            v = np.where(k, u - 1 if reset == "subtract" else 0, u)
            rest = np.where(k, pause, np.maximum(rest - 1, 0))
            spikes.append(k)
        np.testing.assert_array_equal(found.dense("a")[0], np.array(spikes))
        assert found.counts("a")[0, 3] == 40 / (1 + pause)


def test_a_delayed_reset_is_done_while_the_neuron_rests():
    found = simulate(single(LIF(leak=1.0, reset="delayed")), np.ones((1, 1)), [Refractory(1)], steps=6)
    assert found.dense("a").ravel().tolist() == [1, 0, 1, 0, 1, 0]
    assert found.potential("a").ravel().tolist() == [1, 1, 2, 2, 3, 3]


def test_a_synapse_keeps_the_charge_and_delays_it():
    """A step of current of one frame brings its whole charge; its mean delay is a / (1 - a) steps."""
    frames = np.zeros((1, 200, 1))
    frames[0, 0] = 0.5
    for kind, filters in (("exponential", 1), ("alpha", 2)):
        found = simulate(single(IF()), frames, [Synapse(5e-3, kind)], steps=200)
        v = found.potential("a")[0, :, 0]
        g = np.diff(v, prepend=0)
        decay = np.exp(-1 / 5)
        assert v[-1] == pytest.approx(0.5, rel=1e-12)
        delay = (g * np.arange(200)).sum() / 0.5
        if filters == 1:
            assert delay == pytest.approx(decay / (1 - decay), rel=1e-9)
            np.testing.assert_allclose(g, 0.5 * (1 - decay) * decay ** np.arange(200), rtol=1e-9, atol=1e-16)
        else:
            assert delay == pytest.approx(2 * 5 - 0.5, rel=0.02)
            after = np.arange(1, 200)
            x = after / 5  # the alpha function, whose input lasted for the step before: exact at its ends
            ramp = (1 - (1 + x) * np.exp(-x)) - (1 - (1 + x - 0.2) * np.exp(0.2 - x))
            np.testing.assert_allclose(g[:-1], 0.5 * ramp, rtol=1e-9, atol=1e-15)


def test_a_constant_current_ends_as_itself():
    for kind in ("exponential", "alpha"):
        found = simulate(
            single(IF(), bias=np.array([0.25])), np.full((1, 1), 0.5), [Synapse(1e-3, kind)], steps=99
        )
        assert 99 * 0.75 - 3 < found.counts("a").item() <= 99 * 0.75


def test_noise_is_gaussian_and_adds_up():
    """Far from threshold potentials have variance std^2 t, or the LIF's sum: no two steps hang together."""
    images = np.zeros((40, 100))
    for neuron, growth in ((IF(1e6), lambda t: t), (LIF(1e6, leak=0.5), lambda t: (1 - 0.25**t) / 0.75)):
        v = simulate(single(neuron, 100), images, [Noise(0.5, seed=1)]).potential("a")
        for t in (1, STEPS):
            sample = v[:, t - 1].ravel()
            expected = 0.25 * growth(t)
            assert sample.var() == pytest.approx(expected, rel=5 * np.sqrt(2 / sample.size))
            assert abs(sample.mean()) < 4 * np.sqrt(expected / sample.size)
    one, other = (
        simulate(single(IF(1e6), 9), images[:1, :9], [Noise(1, seed=s)]).potential("a") for s in (1, 2)
    )
    assert not (one == other).any()


def test_normal_numbers_are_normal():
    drawn = draw("normal", 5, 1, np.arange(50)[:, None], np.array(3), np.arange(4000))
    np.testing.assert_array_equal(drawn, drawn.astype(np.float32))
    assert abs(drawn.mean()) < 4 / np.sqrt(drawn.size)
    assert drawn.var() == pytest.approx(1, rel=0.02)
    assert (drawn**4).mean() == pytest.approx(2.9, rel=0.03)


def test_a_share_of_the_spikes_is_lost_and_every_neuron_resets():
    images, network = np.full((60, 50), 0.5), single(IF(), 50)
    all_of_them = simulate(network, images)
    found = simulate(network, images, [SpikeLoss(0.25, seed=1)])
    said = all_of_them.totals("a").sum()
    assert found.totals("a").sum() == pytest.approx(0.75 * said, abs=4 * np.sqrt(said * 0.1875))
    assert found.potential("a").tobytes() == all_of_them.potential("a").tobytes()
    assert (found.dense("a") <= all_of_them.dense("a")).all()
    assert simulate(network, images, [SpikeLoss(1, seed=1)]).totals("a").sum() == 0


def test_jitter_delays_each_spike_and_keeps_its_neuron():
    """Lags of single spikes are even between 0 and the longest; potentials do not change."""
    images, frames = np.zeros((50, 100)), np.zeros((50, STEPS, 100))
    frames[:, 2] = 1
    network = single(IF(), 100)
    found = simulate(network, frames, [Jitter(4, seed=1)])
    lags = found.spikes("a").step - 2
    assert lags.size == images.size
    np.testing.assert_allclose(np.bincount(lags) / lags.size, 1 / 5, atol=4 * np.sqrt(0.16 / lags.size))
    many = simulate(network, np.ones((50, 100)), [Jitter(4, seed=1)])
    once = simulate(network, np.ones((50, 100)))
    assert many.potential("a").tobytes() == once.potential("a").tobytes()
    assert many.dense("a").max() > 1
    late = once.counts("a") - many.counts("a")  # of the last 4 steps' spikes 4/5, 3/5, ... leave too late
    assert late.mean() == pytest.approx(2.0, abs=0.1)


def test_substeps_let_neurons_spike_more_often():
    """IF neurons count floor(T z) up to z = n; frames last for n steps; a membrane decays as before."""
    drives = np.array([[0.25, 0.75, 1.5, 4.0]])
    for n in (1, 2, 4):
        found = simulate(single(IF(), 4), drives, [Substeps(n)])
        assert found.counts("a")[0].tolist() == (STEPS * np.minimum(drives[0], n)).tolist()
        assert (found.steps, found.dt, found.latency["a"]) == (n * STEPS, DT / n, n)
    moving = np.zeros((1, STEPS, 1))
    moving[0, 2] = 2.0
    assert simulate(single(IF()), moving, [Substeps(4)]).spikes("a").step.tolist() == [9, 11]
    for neuron in (LIF(leak=0.9, initial=0.5), LIF(tau=-DT / np.log(0.9), initial=0.5)):
        found = simulate(single(neuron), np.zeros((1, 1)), [Substeps(4)])
        np.testing.assert_allclose(
            found.potential("a")[0, 3::4, 0], 0.5 * 0.9 ** np.arange(1, 21), rtol=1e-12
        )


@pytest.mark.parametrize("alignment", ["aligned", "free"])
def test_substeps_stretch_delays(alignment):
    layers = [Layer("in", (1,), Input()), Layer("a", (1,), IF()), Layer("b", (1,), IF())]
    one = Linear(np.ones((1, 1)))
    links = [Projection("in", "a", one), Projection("a", "b", one, delay=2)]
    shown = np.zeros((1, STEPS, 1))
    shown[0, 1] = 1.0
    found = simulate(Network(layers, links), shown, [Substeps(3)], alignment=alignment)
    (sent,), (heard,) = found.spikes("a").step, found.spikes("b").step
    assert sent == {"aligned": 5, "free": 8}[alignment]
    assert heard - sent == {"aligned": 6, "free": 9}[alignment]


def test_spread_gives_every_neuron_its_own():
    layers = [Layer("in", (5000,), Input()), Layer("a", (5000,), BMIF(2.0, negative_threshold=0.5))]
    layers += [Layer("b", (5000,), LIF(leak=0.8)), Layer("c", (5000,), LIF(tau=5e-3))]
    links = [Projection("in", x, neurosim.Identity()) for x in "abc"]
    spread = neurosim.extras.extended(Network(layers, links), [Spread(threshold=0.05, leak=0.1, seed=1)])
    theta = spread["a"].neuron.threshold
    assert np.median(theta) == pytest.approx(2, rel=0.005)
    assert theta.std() / 2 == pytest.approx(0.05, rel=0.05)
    np.testing.assert_allclose(spread["a"].neuron.negative_threshold, theta / 4, rtol=1e-12)
    for tau in (-1 / np.log(spread["b"].neuron.leak), spread["c"].neuron.tau):
        assert (np.log(tau)).std() == pytest.approx(0.1, rel=0.05)
    rate = simulate(single(IF(), 2000), np.full((1, 2000), 0.5), [Spread(threshold=0.1, seed=1)], steps=100)
    assert rate.counts("a").std() == pytest.approx(50 * 0.1, rel=0.1)


def test_weights_of_few_bits():
    weight = np.random.default_rng(1).uniform(-1, 1, (40, 50))
    network = Network(_layers(50, 40), [Projection("in", "a", Linear(weight))])
    for bits in (2, 4, 8):
        (projection,) = neurosim.extras.extended(network, [WeightBits(bits)]).projections
        rounded = projection.ops[0].weight
        quantum = np.abs(weight).max() / (2 ** (bits - 1) - 1)
        assert len(np.unique(rounded)) <= 2**bits - 1
        assert np.abs(rounded - weight).max() <= quantum / 2
        assert ((rounded - weight) ** 2).mean() == pytest.approx(quantum**2 / 12, rel=0.2)


def _layers(sources, size):
    return [Layer("in", (sources,), Input()), Layer("a", (size,), IF(1e6))]


def test_noise_of_weights_scales_the_spread_of_currents():
    network = Network(_layers(50, 4000), [Projection("in", "a", Linear(np.full((4000, 50), 0.5)))])
    x = np.random.default_rng(1).random((1, 50))
    v = simulate(network, x, [WeightNoise(0.1, seed=1)], steps=1).potential("a")
    assert v.std() == pytest.approx(0.1 * np.sqrt((0.25 * x**2).sum()), rel=0.05)
    assert v.mean() == pytest.approx(0.5 * x.sum(), rel=0.01)


def test_another_network_of_equal_structure_gets_the_extras_too():
    network, other = single(IF()), single(IF(0.5))
    with Simulation(network, Reference(), STEPS, extras=[Refractory(1)], record="spikes") as simulation:
        found = simulation.run(np.ones((1, 1)), network=other, progress=False)
    assert found.counts("a").item() == STEPS / 2


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
