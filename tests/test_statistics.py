"""Statistics of spike trains against trains made by hand, and against dense arrays."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from neurosim.spikes import Spikes
from neurosim.statistics import first_spike_latency

DT = 2e-3
NAN = np.nan

strengths = hnp.arrays(
    np.int32, st.tuples(*(st.integers(1, 4),) * 4), elements=st.integers(-2, 2), fill=st.just(0)
)


def test_latency_of_trains_made_by_hand():
    first = [[0, 1, 0], [0, 0, 0], [2, 1, 0]]  # (steps, neurons)
    second = [[0, 0, -1], [0, 0, 3], [0, 0, 0]]
    latency = first_spike_latency(Spikes.from_dense([first, second], DT))
    np.testing.assert_array_equal(latency, [[2 * DT, 0, NAN], [NAN, NAN, 0]], strict=True)


def test_latency_of_silence_is_undefined():
    silent = Spikes.from_dense(np.zeros((2, 3, 1, 2), int), DT)
    np.testing.assert_array_equal(first_spike_latency(silent), np.full((2, 1, 2), NAN), strict=True)


@given(strengths)
def test_latency_is_the_first_step_that_is_not_silent(dense):
    spoken = dense != 0
    expected = np.where(spoken.any(axis=1), spoken.argmax(axis=1) * DT, NAN)
    np.testing.assert_array_equal(first_spike_latency(Spikes.from_dense(dense, DT)), expected, strict=True)
