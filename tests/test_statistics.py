"""Statistics of single trains against trains made by hand, and dense arrays."""

import numpy as np
import pytest
from hypothesis import given
from trains import DT, NAN, drawn, strengths

from neurosim import statistics
from neurosim.errors import InputError
from neurosim.spikes import Spikes


def made(*trains):
    """Spikes of one image from one list of steps a neuron, 20 steps."""
    dense = np.zeros((1, 20, len(trains)), int)
    for neuron, steps in enumerate(trains):
        dense[0, steps, neuron] = 1
    return Spikes.from_dense(dense, DT)


@given(strengths)
def test_counts_and_rates_are_sums_of_the_dense_array(dense):
    spikes = Spikes.from_dense(dense, DT)
    window = dense.shape[1] * DT
    expected = {"events": (dense != 0).sum(axis=1), "strengths": dense.sum(axis=1)}
    for of, sums in expected.items():
        np.testing.assert_array_equal(statistics.count(spikes, of), sums.astype(float), strict=True)
        np.testing.assert_allclose(statistics.rate(spikes, of), sums / window, rtol=1e-15)
        np.testing.assert_allclose(statistics.psth(spikes, of=of).sum(axis=0) * DT, sums.mean(axis=0))


def test_latency_of_trains_made_by_hand():
    first = [[0, 1, 0], [0, 0, 0], [2, 1, 0]]  # (steps, neurons)
    second = [[0, 0, -1], [0, 0, 3], [0, 0, 0]]
    latency = statistics.first_spike_latency(Spikes.from_dense([first, second], DT))
    np.testing.assert_array_equal(latency, [[2 * DT, 0, NAN], [NAN, NAN, 0]], strict=True)


@given(strengths)
def test_latency_is_the_first_step_that_is_not_silent(dense):
    spoken = dense != 0
    expected = np.where(spoken.any(axis=1), spoken.argmax(axis=1) * DT, NAN)
    found = statistics.first_spike_latency(Spikes.from_dense(dense, DT))
    np.testing.assert_array_equal(found, expected, strict=True)


def test_intervals_of_trains_made_by_hand():
    """A clock, one interval, two of 1 and 3 steps, one spike, none."""
    spikes = made([0, 5, 10, 15], [2, 9], [4, 5, 8], [7], [])
    intervals = statistics.isi(spikes)
    assert repr(intervals) == "<6 intervals of 5 neurons, 1 images>"
    assert intervals.neuron.tolist() == [0, 0, 0, 1, 2, 2]
    assert intervals.image.tolist() == [0] * 6
    assert intervals.seconds.tolist() == [5 * DT, 5 * DT, 5 * DT, 7 * DT, DT, 3 * DT]
    assert intervals.count.tolist() == [[3, 1, 2, 0, 0]]
    np.testing.assert_array_equal(statistics.mean_isi(spikes), [[5 * DT, 7 * DT, 2 * DT, NAN, NAN]])
    np.testing.assert_array_equal(statistics.cv(spikes), [[0, NAN, 0.5, NAN, NAN]])
    np.testing.assert_array_equal(statistics.cv2(spikes), [[0, NAN, 1, NAN, NAN]])
    np.testing.assert_array_equal(statistics.lv(spikes), [[0, NAN, 0.75, NAN, NAN]])


def test_no_interval_crosses_images():
    spikes = Spikes.from_dense(np.ones((3, 2, 1), int), DT)
    assert statistics.isi(spikes).image.tolist() == [0, 1, 2]
    assert statistics.isi(spikes).steps.tolist() == [1, 1, 1]


def test_large_layers_are_sorted_alike():
    """Places beyond 32 bits: the last neurons of 50,000, with 100 images and 1,000 steps."""
    rows = [(0, 3, 49_999), (0, 7, 49_999), (99, 0, 49_998), (99, 999, 49_998)]
    image, step, neuron = np.array(rows).T
    spikes = Spikes(image, step, neuron, np.ones(4, int), (50_000,), 100, 1000, DT)
    intervals = statistics.isi(spikes)
    assert intervals.image.tolist() == [0, 99]
    assert intervals.neuron.tolist() == [49_999, 49_998]
    assert intervals.steps.tolist() == [4, 999]


PER_NEURON = ("first_spike_latency", "mean_isi", "cv", "cv2", "lv", "fano", "lifetime_sparseness")


def test_silence_is_counted_and_otherwise_undefined():
    silent = Spikes.from_dense(np.zeros((2, 4, 1, 2), int), DT)
    assert not statistics.count(silent).any()
    assert not statistics.rate(silent).any()
    assert not statistics.psth(silent).any()
    assert statistics.active_share(silent).tolist() == [0, 0]
    assert len(statistics.isi(silent)) == 0
    for name in (*PER_NEURON, "population_sparseness"):
        assert np.isnan(getattr(statistics, name)(silent)).all(), name
    assert np.isnan(statistics.fano_over_windows(silent, 2)).all()


def test_one_image_has_no_variance_over_images():
    one = drawn(0).select(0)
    assert np.isnan(statistics.fano(one)).all()
    assert np.isnan(statistics.lifetime_sparseness(one)).all()


def test_summary_says_how_many_values_are_defined():
    rows = {row["statistic"]: row for row in statistics.summary(made([0, 5, 10], [2, 9], []))}
    assert list(rows)[:4] == ["count", "rate", "first_spike_latency", "mean_isi"]
    assert rows["count"] == {"statistic": "count", "unit": "1", "mean": 5 / 3, "defined": 3, "undefined": 0}
    assert rows["mean_isi"] | {"mean": 0} == {
        "statistic": "mean_isi",
        "unit": "s",
        "mean": 0,
        "defined": 2,
        "undefined": 1,
    }
    assert rows["cv"]["defined"] == 1
    assert np.isnan(rows["fano"]["mean"])
    assert rows["fano"]["undefined"] == 3


REFUSED = {
    "count: of is 'sum'; give 'events' or 'strengths'": lambda s: statistics.count(s, "sum"),
    "rate: of is None; give 'events' or 'strengths'": lambda s: statistics.rate(s, None),
    "psth: of is 'sum'; give 'events' or 'strengths'": lambda s: statistics.psth(s, of="sum"),
    "psth: width is 5; give a divisor of the 12 steps, at most 12": lambda s: statistics.psth(s, 5),
    "psth: width is 0; give a divisor of the 12 steps, at most 12": lambda s: statistics.psth(s, 0),
    "psth: width is True; give a divisor of the 12 steps, at most 12": lambda s: statistics.psth(s, True),
    "fano_over_windows: width is 12; give a divisor of the 12 steps, at most 6": (
        lambda s: statistics.fano_over_windows(s, 12)
    ),
}


@pytest.mark.parametrize("text", REFUSED)
def test_nonsense_is_refused_in_one_line(text):
    with pytest.raises(InputError) as error:
        REFUSED[text](drawn(0))
    assert str(error.value) == text


def test_long_intervals_have_a_coefficient_of_variation():
    """Their squares do not fit into 32 bits."""
    step = np.array([0, 50_000, 199_999])
    zeros = np.zeros(3, int)
    spikes = Spikes(zeros, step, zeros, zeros + 1, (1,), 1, 200_000, 1e-3)
    intervals = np.diff(step)
    np.testing.assert_allclose(statistics.cv(spikes), [[intervals.std() / intervals.mean()]], rtol=1e-12)
