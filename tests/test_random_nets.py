"""All maps in random geometries: compiled kernels and numpy target are the reference, and that is torch."""

import dataclasses

import numpy as np
import pytest
import torch_loop
from hypothesis import given, settings
from hypothesis import strategies as st
from op_cases import KINDS, cases, real
from played_sessions import Compiled, Hosted, compiled_kernels, play, referred
from random_nets import random_frames, random_network

from neurosim.connectivity.blocks import block_length
from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.neurons import BMIF, IF, Accumulate, Input, Relay
from neurosim.ops import Conv, Identity, Linear, MaxPool

STEPS, SEEDS = 6, range(60)
SIGNED = BMIF(1.0, initial=0.0, gate=False)
"""Says the whole part of what it receives, of either sign."""
precisions = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["double", "single"])


@pytest.fixture(scope="session")
def library():
    return compiled_kernels()


def assert_same(expected, found):
    for one, other in zip(expected, found, strict=True):
        assert one.keys() == other.keys()
        for name in one:
            assert one[name].dtype == other[name].dtype
            assert one[name].tobytes() == other[name].tobytes(), name


# ---- one map at a time


def one_map(op, shape):
    """Return a network in which a map gets signed strengths, and pixels too where it can."""
    made, pools = op.output_shape(shape), isinstance(op, MaxPool)
    layers = [
        Layer("in", shape, Input()),
        Layer("source", shape, SIGNED),
        Layer("target", made, Relay() if pools else Accumulate()),
    ]
    projections = [Projection("in", "source", Identity()), Projection("source", "target", op)]
    return Network(layers, projections + [Projection("in", "target", op)] * (not pools))


def check(op, x, library, folder):
    network, frames = one_map(op, x.shape[1:]), 3 * x[:, None]
    expected = referred(network, frames, 3)
    assert_same(expected, play(Compiled(library, network, frames, 3, folder), network, len(x), 3, x.dtype))


@pytest.mark.parametrize("kind", KINDS)
@precisions
@settings(max_examples=40)
@given(data=st.data())
def test_kernels_sum_as_the_ops_do_bit_by_bit(kind, dtype, library, tmp_path, data):
    op, x = data.draw(cases(kind, real))
    check(op, x.astype(dtype), library, tmp_path)


@pytest.mark.parametrize("outputs", [1, 3, 4, 5, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129, 200])
@precisions
def test_any_number_of_channels_fills_the_registers(outputs, dtype, library, tmp_path):
    random = np.random.default_rng(outputs)
    x = random.normal(size=(2, 4, 5, 6)).astype(dtype)
    for groups in (1, 4):
        weight = random.normal(size=(groups * outputs, 4 // groups, 3, 2))
        check(Conv(weight, (1, 2), ((2, 0), (0, 1)), groups=groups), x, library, tmp_path)


# ---- whole networks: chains, skips, delays, recurrence, several images


def some_frames(network, seed, dtype=np.float64, **options):
    """Every third network sees a new frame at each step."""
    steps = STEPS if seed % 3 == 2 else 1
    return random_frames(network, seed, steps=steps, dtype=dtype, **options)


@pytest.mark.parametrize("seed", SEEDS)
@precisions
def test_every_spike_and_potential_is_the_references(seed, dtype, library, tmp_path):
    network = random_network(seed)
    frames = some_frames(network, seed, dtype)
    expected = referred(network, frames, STEPS)
    for session in (Compiled(library, network, frames, STEPS, tmp_path), Hosted(network, frames, STEPS)):
        assert_same(expected, play(session, network, len(frames), STEPS, dtype))


def ahead(network):
    """Whether every layer has sources of smaller latency alone."""
    return all(network.latency[p.target] > network.latency[p.source] for p in network.projections)


def without_loops(network):
    """Return the net with projections to later layers only, delayed where that keeps every layer ahead."""
    order = [layer.name for layer in network.layers]
    kept = [p for p in network.projections if order.index(p.source) < order.index(p.target)]
    firsts = {p.target: p for p in reversed(kept)}
    prompt = [dataclasses.replace(p, delay=0) for p in kept]
    partly = [q if p is firsts[p.target] else p for p, q in zip(kept, prompt, strict=True)]
    delayed = Network(network.layers, partly)
    return delayed if ahead(delayed) else Network(network.layers, prompt)


@pytest.mark.parametrize("block", [2, 4, 16])
@pytest.mark.parametrize("seed", SEEDS)
def test_blocks_of_steps_change_nothing(seed, block, library, tmp_path):
    network = without_loops(random_network(seed))
    frames = some_frames(network, seed)
    blocked = Compiled(library, network, frames, STEPS, tmp_path, block=block)
    assert_same(referred(network, frames, STEPS), play(blocked, network, len(frames), STEPS, np.float64))


def fully_connected(sources, delay=1):
    """Two layers with `sources` times as many weights as neurons; with a delay the first hears of itself."""
    layers = [Layer("input", (sources,), Input()), *(Layer(name, (sources,), IF()) for name in "ab")]
    weight = np.ones((sources, sources))
    pairs = [("input", "a", 0), ("a", "b", 0), *[("a", "a", delay)] * (delay > 0)]
    return Network(layers, [Projection(*ends, (Linear(weight),), delay=d) for *ends, d in pairs])


def test_the_length_of_a_block():
    chain = fully_connected(16, delay=0)
    filling = 4 * chain.depth  # image steps for each step of a block
    lengths = [block_length(chain, images, filling, np.float64) for images in (1, 2, 7, 8, 1000)]
    assert lengths == [1, 2, 4, 8, 16]
    few_weights = [block_length(fully_connected(n, 0), 1000, filling, np.float64) for n in (1, 2, 5, 8)]
    assert few_weights == [1, 2, 4, 8]
    assert block_length(fully_connected(16), 1000, filling, np.float64) == 1


@pytest.mark.parametrize("seed", [*SEEDS][:8])
def test_threads_change_nothing(seed, library, tmp_path):
    network = random_network(seed)
    frames = some_frames(network, seed)
    threaded = Compiled(library, network, frames, STEPS, tmp_path, threads=3)
    assert_same(referred(network, frames, STEPS), play(threaded, network, len(frames), STEPS, np.float64))


@pytest.mark.parametrize("seed", SEEDS)
def test_where_sums_are_exact_the_reference_is_torch(seed):
    network = random_network(seed, dyadic=True)
    frames = random_frames(network, seed, dyadic=True)
    strengths, potentials = referred(network, frames, STEPS)
    for t, made in enumerate(torch_loop.run(network, frames[:, 0], STEPS)):
        for name, (strength, potential) in made.items():
            np.testing.assert_array_equal(strengths[name][:, t], strength.numpy(), err_msg=name)
            np.testing.assert_array_equal(potentials[name][:, t], potential.numpy(), err_msg=name)


def test_a_random_network_comes_back_from_its_file(tmp_path):
    for seed in [*SEEDS][:10]:
        network = random_network(seed)
        network.save(tmp_path / "net")
        assert Network.load(tmp_path / "net") == network
        assert str(Network.load(tmp_path / "net")) == str(network)


# ---- the networks above are what they should be


@pytest.fixture(scope="module")
def nets():
    return [random_network(seed) for seed in SEEDS]


def test_they_hold_every_map_and_every_kind_of_projection(nets):
    projections = [(net, p) for net in nets for p in net.projections]
    ops = [op for _, p in projections for op in p.ops]
    assert {type(op).__name__ for op in ops} == KINDS.keys()
    assert {op.rule for op in ops if isinstance(op, MaxPool)} == {"count", "step"}
    convs = [op for op in ops if isinstance(op, Conv)]
    assert {len(op.kernel) for op in convs} == {1, 2, 3}
    assert any(op.weight.shape[1] == 1 and op.groups > 1 for op in convs)  # depthwise
    assert any(before != after for op in convs for before, after in op.padding)
    lags = {net.latency[p.target] - net.latency[p.source] + p.delay for net, p in projections}
    assert lags >= {1, 2, 3, 4}
    assert any(net.latency[p.target] <= net.latency[p.source] for net, p in projections)  # recurrent
    assert any(p.delay and p.pools for _, p in projections)


def test_they_are_alive(nets):
    """A good part speaks, not all at once, with both signs; and so do the relays."""
    spoken, relayed = [], {"count": [], "step": []}
    for seed, net in enumerate(nets[:30]):
        strengths, _ = referred(net, some_frames(net, seed), STEPS)
        spoken.append(np.mean([np.mean(k != 0) for k in strengths.values()]))
        for p in net.projections:
            if p.pools:
                relayed[p.ops[0].rule].append(strengths[p.target])
    assert 0.05 < np.mean(spoken) < 0.5
    for said in relayed.values():
        signs = np.sign(np.concatenate([k.ravel() for k in said]))
        assert set(signs.tolist()) == {-1, 0, 1}
