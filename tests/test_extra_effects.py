"""What each extra does by itself: its first-order effect, by a closed form or a loop of its own."""

import numpy as np
import pytest
from test_extras import DT, STEPS, simulate, single

import neurosim
from neurosim import (
    BMIF,
    IF,
    LIF,
    Input,
    Jitter,
    Layer,
    Linear,
    Network,
    Noise,
    Projection,
    Reference,
    Refractory,
    Simulation,
    SpikeLoss,
    Spread,
    Substeps,
    Synapse,
    WeightBits,
    WeightNoise,
)
from neurosim.neurons.draws import draw


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
