"""The GPU's kernels, compiled for the host: every sum is the reference's, bit by bit, in any batch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from op_cases import KINDS, cases, real
from played_cuda import cuda_on_host, play_batches
from played_sessions import Compiled, compiled_kernels, play, referred
from random_nets import random_frames, random_network
from test_random_nets import STEPS, assert_same, one_map, some_frames

from neurosim.ops import Conv, Linear

precisions = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["double", "single"])


@pytest.fixture(scope="session")
def gpu():
    return cuda_on_host()


@pytest.mark.parametrize("kind", KINDS)
@precisions
@settings(max_examples=8)
@given(data=st.data())
def test_every_op_sums_as_it_should(kind, dtype, gpu, tmp_path, data):
    op, x = data.draw(cases(kind, real))
    network, frames = one_map(op, x.shape[1:]), (3 * x[:, None]).astype(dtype)
    assert_same(referred(network, frames, 3), play_batches(gpu, network, frames, 3, 2, tmp_path))


@pytest.mark.parametrize("outputs", [1, 3, 4, 5, 15, 17, 33, 63, 64, 65, 129])
@precisions
def test_any_number_of_channels_fills_blocks_and_words(outputs, dtype, gpu, tmp_path):
    random = np.random.default_rng(outputs)
    for groups, inputs in ((1, 5), (4, 1), (2, 65), (3, 22)):
        frames = 2 * random.normal(size=(3, 1, groups * inputs, 4, 3)).astype(dtype)
        op = Conv(
            random.normal(size=(groups * outputs, inputs, 2, 2)), (1, 2), ((1, 0), (0, 1)), groups=groups
        )
        network = one_map(op, frames.shape[2:])
        assert_same(referred(network, frames, 2), play_batches(gpu, network, frames, 2, 2, tmp_path))


def test_strengths_of_one_are_not_multiplied_and_give_the_same(gpu, tmp_path):
    """Binary layers take the kernel that only adds."""
    network = random_network(4)
    binary = [layer.name for layer in network.neurons if layer.model.binary]
    fed = {p.source for p in network.projections if isinstance(p.ops[0], Conv | Linear)}
    assert set(binary) & fed
    frames = random_frames(network, 4, count=3)
    assert_same(referred(network, frames, STEPS), play_batches(gpu, network, frames, STEPS, 2, tmp_path))


@pytest.mark.parametrize("seed", range(24))
def test_networks_are_the_references_in_any_batch(seed, gpu, tmp_path):
    """Chains, skips, delays, recurrence, moving frames; the last batch is not full."""
    network, dtype = random_network(seed), (np.float64, np.float32)[seed % 2]
    frames = some_frames(network, seed, dtype, count=4)
    expected = referred(network, frames, STEPS)
    assert_same(expected, play_batches(gpu, network, frames, STEPS, 1 + seed % 5, tmp_path))


@pytest.mark.parametrize("seed", range(4))
def test_the_two_compiled_sessions_agree(seed, gpu, tmp_path):
    network = random_network(seed)
    frames = some_frames(network, seed)
    cpp = play(
        Compiled(compiled_kernels(), network, frames, STEPS, tmp_path),
        network,
        len(frames),
        STEPS,
        np.float64,
    )
    assert_same(cpp, play_batches(gpu, network, frames, STEPS, 2, tmp_path))
