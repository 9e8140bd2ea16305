"""Counter-based random numbers: known answers, uniformity, and independence of what is drawn beside them."""

import numpy as np
import pytest
from scipy import stats

from neurosim import InputError
from neurosim.random_numbers import as_key, philox4x32, uniform, words

KNOWN = [  # Random123 1.14.0, tests/kat_vectors: counter, key, result of "philox4x32 10"
    "00000000 00000000 00000000 00000000 00000000 00000000 6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    "ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff 408f276d 41c83b0e a20bc7c6 6d5451fd",
    "243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0 d16cfe09 94fdcceb 5001e420 24126ea1",
]


def test_known_answers():
    numbers = np.array([[int(word, 16) for word in line.split()] for line in KNOWN], np.uint32)
    np.testing.assert_array_equal(philox4x32(numbers[:, :4], numbers[:, 4:6]), numbers[:, 6:])
    for line in numbers:
        np.testing.assert_array_equal(philox4x32(line[:4], line[4:6]), line[6:])


def test_the_counter_says_who_asks_and_the_key_is_the_seed():
    last = [int(word, 16) for word in KNOWN[2].split()]
    neuron, step, image, stream, low, high = last[:6]
    found = words(low + (high << 32), stream, image, step, neuron)
    np.testing.assert_array_equal(found, np.array(last[6:], np.uint32))
    assert uniform(low + (high << 32), stream, image, step, neuron) == last[6] / 2**32


def test_a_number_does_not_depend_on_those_drawn_with_it():
    image, step, neuron = np.ogrid[:3, :4, :5]
    whole = uniform(7, 1, image, step, neuron)
    assert whole.shape == (3, 4, 5)
    np.testing.assert_array_equal(uniform(7, 1, 2, step[:, 1:], neuron[..., 3:])[0], whole[2, 1:, 3:])


def test_numbers_are_uniform_and_streams_seeds_and_axes_independent():
    image, step, neuron = np.ogrid[:10, :20, :100]
    drawn = uniform(1, 0, image, step, neuron)
    assert stats.kstest(drawn.ravel(), "uniform").pvalue > 1e-3
    others = uniform(1, 1, image, step, neuron), uniform(2, 0, image, step, neuron)
    beside = drawn[..., ::-1], drawn[:, ::-1], drawn[::-1]
    for other in (*others, *beside):
        assert abs(np.corrcoef(drawn.ravel(), other.ravel())[0, 1]) < 4 / np.sqrt(drawn.size)


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, True, None, "1"])
def test_seeds_that_are_refused(seed):
    with pytest.raises(InputError) as refusal:
        as_key("Poisson.seed", seed)
    assert str(refusal.value) == f"Poisson.seed is {seed!r}: give a whole number in [0, 2**64)"
