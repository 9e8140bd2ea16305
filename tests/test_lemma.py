"""The BM-IF lemma: a converted network is the quantised network, wherever no neuron was at its limit."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from test_conversion_results import Quantise, dyadic_resnet
from torch_nets import thresholds

from neurosim import conversion, neurons
from neurosim.devices import CppStandalone, Reference
from neurosim.neurons.base import initial_state
from neurosim.reference import project
from neurosim.simulation import Simulation

STEPS, SEEDS, STRENGTH = 8, (1, 2), 8
WINDOWS = (1, 2, 4, 8)  # lengths T for which theta / T is exact
RELUS = {"conv": "relu1", "branch": "relu2", "wide": "relu3", "relu4": "relu4"}

# ---- one neuron


def run(neuron, currents, bias=0.0):
    """S after every step of one neuron: float (steps,)."""
    p = {name: np.asarray(value, float) for name, value in neuron.values(1e-3).items()}
    p["bias"] = np.asarray(bias)
    state = initial_state(neuron, (1,), p, np.dtype(float))
    return np.cumsum([neuron.step(state, np.array([current]), p)[0] for current in currents])


def charge(currents, theta, bias=0.0):
    """Q after every step: everything that came in, the start at theta / 2 included."""
    return theta / 2 + np.cumsum(np.asarray(currents) + bias)


dyadic = st.integers(-1024, 1024).map(lambda n: n / 64)
thetas = st.sampled_from([0.25, 0.5, 1.0, 2.0, 3.0])


@given(st.lists(dyadic, min_size=1, max_size=30), thetas, dyadic)
def test_the_sum_of_strengths_is_the_rectified_charge_at_every_step(currents, theta, bias):
    expected = np.maximum(0, np.floor(charge(currents, theta, bias) / theta))
    np.testing.assert_array_equal(run(neurons.BMIF(theta), currents, bias), expected)


@given(st.lists(dyadic, min_size=1, max_size=30), thetas, st.integers(1, 50))
def test_a_bound_on_the_sum_clips_it(currents, theta, bound):
    expected = np.clip(np.floor(charge(currents, theta) / theta), 0, bound)
    np.testing.assert_array_equal(run(neurons.BMIF(theta, total=bound), currents), expected)


@given(st.lists(dyadic, min_size=1, max_size=30), thetas)
def test_without_the_gate_the_neuron_is_linear(currents, theta):
    expected = np.floor(charge(currents, theta) / theta)
    np.testing.assert_array_equal(run(neurons.BMIF(theta, gate=False), currents), expected)


WORST = np.array([1000.0, -1000.0, 0.5, 0.0, -0.25, 7.75, -7.75, 16.0, -16.25, 300.0, -299.5, 0.25])


@pytest.mark.parametrize(
    "order",
    [
        WORST,
        np.sort(WORST),  # all that takes away comes first
        np.sort(WORST)[::-1],  # and last
        np.repeat([64.0, -64.0], 8),
        np.tile([64.0, -64.0], 8),
        np.tile([-0.25, 0.25], 8),  # around a whole number of thresholds
    ],
)
def test_no_order_of_arrival_matters(order):
    expected = np.maximum(0, np.floor(charge(order, 0.5) / 0.5))
    np.testing.assert_array_equal(run(neurons.BMIF(0.5), order), expected)


def test_a_finite_strength_catches_up_once_its_backlog_is_cleared():
    """K = 2 and a burst of 9 theta: wrong while at its limit, right again afterwards."""
    currents = [9.0, 0, 0, 0, 0, 0]
    assert run(neurons.BMIF(1.0, strength=2), currents).tolist() == [2, 4, 6, 8, 9, 9]
    assert run(neurons.BMIF(1.0), currents).tolist() == [9] * 6


# ---- a network: residual, with pools, a folded batch norm, biases; all numbers dyadic, all sums exact


@pytest.fixture(scope="module", params=[Reference(), CppStandalone()], ids=lambda d: type(d).__name__)
def simulation(request):
    """One build for every network of the module: they differ in numbers only."""
    module, images = dyadic_resnet(0)
    network = conversion.convert(module, conversion.BMIF(STRENGTH), images)
    with Simulation(network, request.param, STEPS, record="spikes") as simulation:
        yield simulation


def quantised(module, thetas, images, steps):
    """Running sums of strengths of every layer and the output after `steps` steps, as torch rounds them."""
    module = copy.deepcopy(module).double()
    for name, relu in RELUS.items():
        setattr(module, relu, Quantise(thetas[name], steps))
    with torch.no_grad():
        output = module(torch.tensor(images))
    counts = {name: getattr(module, relu).counts.numpy() for name, relu in RELUS.items()}
    return counts, steps * output.numpy()


def upstream(network, flags):
    """From the neurons that are flagged, by layer, to all that these reach, themselves among them."""
    images = len(next(iter(flags.values())))
    reached = {network.input.name: np.zeros((images, *network.input.shape))}
    for layer in network.neurons:
        total = flags.get(layer.name, np.zeros((images, *layer.shape))).astype(float)
        for projection in network.into(layer.name):
            project([_open(op) for op in projection.ops], reached[projection.source], total)
        reached[layer.name] = (total > 0).astype(float)
    return {name: value > 0 for name, value in reached.items()}


def _open(op):
    """An op without signs, so that what comes from several sources cannot cancel."""
    return replace(op, weight=np.abs(op.weight)) if hasattr(op, "weight") else op


@pytest.mark.parametrize("seed", SEEDS)
def test_unlimited_strength_equals_the_quantised_network_everywhere(simulation, seed):
    module, images = dyadic_resnet(seed)
    network = conversion.convert(module, conversion.BMIF(STRENGTH), images)
    thetas = thresholds(network)
    for name, theta in thetas.items():
        network = network.replace(name, neurons.BMIF(theta))
    recording = simulation.run(images, network=network, progress=False)
    for steps in WINDOWS:
        counts, output = quantised(module, thetas, images, steps)
        for name in RELUS:
            np.testing.assert_array_equal(recording.dense(name)[:, :steps].sum(axis=1), counts[name])
        np.testing.assert_array_equal(recording.output("fc")[:, steps - 1], output)


@pytest.mark.parametrize(
    ("strength", "untouched"),
    [(2, ["conv", "branch"]), (STRENGTH, ["conv", "branch", "wide", "relu4", "fc"])],
)
@pytest.mark.parametrize("seed", SEEDS)
def test_finite_strength_does_wherever_nothing_upstream_was_at_its_limit(
    simulation, seed, strength, untouched
):
    """For neurons whose own strengths, and those of all they hear of, stayed below K."""
    module, images = dyadic_resnet(seed)
    network = conversion.convert(module, conversion.BMIF(strength), images)
    recording = simulation.run(images, network=network, progress=False)
    sent = {name: recording.dense(name) for name in RELUS}
    clear, wrong = set(), 0
    for steps in WINDOWS:
        at_limit = {name: (np.abs(k[:, :steps]) == strength).any(axis=1) for name, k in sent.items()}
        doubtful = upstream(network, at_limit)
        expected, output = quantised(module, thresholds(network), images, steps)
        found = {name: k[:, :steps].sum(axis=1) for name, k in sent.items()}
        expected["fc"], found["fc"] = output, recording.output("fc")[:, steps - 1]
        for name, values in expected.items():
            right = found[name] == values
            assert right[~doubtful[name]].all(), f"{name} after {steps} steps"
            clear |= {name} if (~doubtful[name]).any() else set()
            wrong += np.count_nonzero(~right)
    assert clear == set(untouched)
    assert wrong > 0
