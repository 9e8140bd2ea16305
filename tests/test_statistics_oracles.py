"""Statistics against Elephant and PySpike, on random trains and on those of a shipped recording."""

import itertools
import sys
import warnings

import elephant.spike_train_correlation
import elephant.spike_train_dissimilarity
import elephant.statistics
import neo
import numpy as np
import pyspike
import pytest
import quantities as pq
from elephant.conversion import BinnedSpikeTrain
from trains import NAN, drawn, each_train, recorded

from neurosim import statistics
from neurosim.errors import DeviceUnavailable, InputError
from neurosim.spikes import Spikes

SOURCES = {"random": drawn(0), "sparse": drawn(1, (3, 40, 2, 5), 0.1), "recorded": recorded()}


@pytest.fixture(params=SOURCES)
def spikes(request):
    return SOURCES[request.param]


def as_neo(times, spikes):
    return neo.SpikeTrain(times, units="s", t_stop=spikes.steps * spikes.dt)


# ---- Elephant, train by train


def interval_statistic(function, least):
    """What Elephant says of a train's times; NaN with fewer than `least` of them."""

    def of(times, spikes):
        return float(function(elephant.statistics.isi(times))) if len(times) >= least else NAN

    return of


def elephants_rate(times, spikes):
    found = elephant.statistics.mean_firing_rate(as_neo(times, spikes))
    return float(found.rescale("Hz").magnitude)


BY_TRAIN = {
    "rate": elephants_rate,
    "mean_isi": interval_statistic(np.mean, 2),
    "cv": interval_statistic(elephant.statistics.cv, 3),
    "cv2": interval_statistic(elephant.statistics.cv2, 3),
    "lv": interval_statistic(elephant.statistics.lv, 3),
}


@pytest.mark.parametrize("name", BY_TRAIN)
def test_trains_have_elephants_numbers(name, spikes):
    found = getattr(statistics, name)(spikes)
    assert found.shape == (spikes.images, *spikes.shape)
    assert found.dtype == np.float64
    flat, chosen = found.reshape(spikes.images, -1), 0
    for image, neuron, times in each_train(spikes):
        if neuron % 7 == 0 or spikes is not SOURCES["recorded"]:
            expected = BY_TRAIN[name](times, spikes)
            np.testing.assert_allclose(flat[image, neuron], expected, rtol=1e-9, atol=1e-12)
            chosen += not np.isnan(expected)
    assert chosen > 20


def test_fano_is_elephants(spikes):
    trains = [[[] for _ in range(spikes.images)] for _ in range(int(np.prod(spikes.shape)))]
    for image, neuron, times in each_train(spikes):
        trains[neuron][image] = times
    found = statistics.fano(spikes)
    assert found.shape == spikes.shape
    expected = [elephant.statistics.fanofactor(of_neuron) for of_neuron in trains]
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("width", [1, 4])
def test_fano_over_windows_is_elephants(width, spikes):
    found = statistics.fano_over_windows(spikes, width).reshape(spikes.images, -1)
    starts = np.arange(0, spikes.steps, width) * spikes.dt
    for image, neuron, times in each_train(spikes):
        if neuron % 7 == 0:
            window = np.digitize(times + spikes.dt / 2, starts) - 1
            pieces = [times[window == w] for w in range(len(starts))]
            expected = elephant.statistics.fanofactor(pieces)
            np.testing.assert_allclose(found[image, neuron], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("width", [1, 4])
def test_psth_is_elephants(width, spikes):
    found = statistics.psth(spikes, width).reshape(spikes.steps // width, -1)
    trains = [[] for _ in range(found.shape[1])]
    for _, neuron, times in each_train(spikes):
        trains[neuron].append(as_neo(times + spikes.dt / 2, spikes))
    for neuron in range(0, len(trains), 1 + len(trains) // 20):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # neo's, of its own units
            bins = elephant.statistics.time_histogram(
                trains[neuron], bin_size=width * spikes.dt * pq.s, output="rate"
            )
        expected = bins.rescale("Hz").magnitude.ravel()
        np.testing.assert_allclose(found[:, neuron], expected, rtol=1e-9, atol=1e-9)


# ---- correlograms: Elephant, pair by pair


def correlated(one, other, spikes, lags):
    """What Elephant counts in one image, (2 lags + 1,)."""
    bins = [
        BinnedSpikeTrain(
            as_neo(times + spikes.dt / 2, spikes),
            bin_size=spikes.dt * pq.s,
            n_bins=spikes.steps,
            t_start=0 * pq.s,
        )
        for times in (one, other)
    ]
    window = [-lags, lags]
    found, _ = elephant.spike_train_correlation.cross_correlation_histogram(*bins, window=window)
    return found.magnitude.ravel()


def by_neuron(spikes):
    """The trains of every neuron, one an image."""
    trains = [[] for _ in range(int(np.prod(spikes.shape)))]
    for _, neuron, times in each_train(spikes):
        trains[neuron].append(times)
    return trains


@pytest.mark.filterwarnings("ignore")  # Elephant's, of bins that it rounds, and of empty trains
@pytest.mark.parametrize("lags", [1, 5])
def test_correlograms_are_elephants(lags, spikes):
    trains = by_neuron(spikes)
    lively = np.argsort([-sum(map(len, of_neuron)) for of_neuron in trains], kind="stable")[:4]
    pairs = [(a, b) for a in lively for b in lively]
    expected = [
        sum(correlated(one, other, spikes, lags) for one, other in zip(trains[a], trains[b], strict=True))
        for a, b in pairs
    ]
    found = statistics.cross_correlogram(spikes, pairs, lags)
    np.testing.assert_array_equal(found, expected)
    alone = statistics.autocorrelogram(spikes, lags).reshape(lags + 1, -1)
    np.testing.assert_array_equal(alone[:, lively].T, found[:: len(lively) + 1, lags:])


# ---- chosen trains: called, and called rightly


def chosen(spikes):
    return statistics.trains(spikes, [0, 1, 3, 5], slice(0, 2))


def elephants(trains):
    return [pq.Quantity(train.times, "s") for train in trains]


DISTANCES = {
    "van_rossum": lambda trains: elephant.spike_train_dissimilarity.van_rossum_distance(
        elephants(trains), 4e-3 * pq.s
    ),
    "victor_purpura": lambda trains: elephant.spike_train_dissimilarity.victor_purpura_distance(
        elephants(trains), 100 * pq.Hz
    ),
}
SETTINGS = {"van_rossum": 4e-3, "victor_purpura": 100.0}


@pytest.mark.parametrize("name", DISTANCES)
def test_distances_are_elephants_and_closed_forms(name, spikes):
    trains = chosen(spikes)
    found = getattr(statistics, name)(trains, SETTINGS[name])
    np.testing.assert_allclose(found, DISTANCES[name](trains), rtol=1e-9, atol=1e-9)


def spelled_out(spikes):
    """Spikes of one image, 20 steps: at 2; at 5; at 2 and 9; none."""
    image, step, neuron = np.array([(0, 2, 0), (0, 2, 2), (0, 5, 1), (0, 9, 2)]).T
    return Spikes(image, step, neuron, np.array([1, -3, 1, 1]), (4,), 1, 20, spikes)


def test_van_rossum_by_its_integral():
    dt, tau = 1e-3, 4e-3
    found = statistics.van_rossum(statistics.trains(spelled_out(dt), slice(None)), tau)
    kernel = np.exp(-3e-3 / tau)  # of spikes 3 steps apart
    assert found[0, 3] == pytest.approx(1)
    assert found[0, 1] == pytest.approx(np.sqrt(2 * (1 - kernel)))
    assert found[0, 2] == pytest.approx(1)
    times = (np.arange(200_000) + 0.5) * 1e-6
    filtered = [
        sum(np.exp(-(times - t) / tau) * (times > t) for t in spiked)
        for spiked in ([2e-3], [5e-3], [2e-3, 9e-3], [])
    ]
    for one, other in itertools.combinations(range(4), 2):
        integral = ((filtered[one] - filtered[other]) ** 2).sum() * 1e-6
        assert found[one, other] == pytest.approx(np.sqrt(2 / tau * integral), rel=1e-3)


def test_victor_purpura_by_hand():
    """Moving a spike by 3 steps costs 0.3; one by 7 and back is dearer than 2 at 1,000 a second."""
    trains = statistics.trains(spelled_out(1e-3), slice(None))
    np.testing.assert_allclose(
        statistics.victor_purpura(trains, 100.0),
        [[0, 0.3, 1, 1], [0.3, 0, 1.3, 1], [1, 1.3, 0, 2], [1, 1, 2, 0]],
        atol=1e-12,
    )
    assert statistics.victor_purpura(trains, 1000.0)[0, 1] == 2


def test_pyspike_is_called_train_by_train(spikes):
    trains = chosen(spikes)
    distance, shared = statistics.spike_distance(trains), statistics.spike_synchronisation(trains)
    theirs = [pyspike.SpikeTrain(train.times, (0, spikes.steps * spikes.dt)) for train in trains]
    for a, b in itertools.product(range(len(trains)), repeat=2):
        if trains[a] and trains[b] and a != b:
            assert distance[a, b] == pytest.approx(pyspike.spike_distance(theirs[a], theirs[b]), abs=1e-9)
            assert shared[a, b] == pytest.approx(pyspike.spike_sync(theirs[a], theirs[b]), abs=1e-9)
    spoke = np.array([bool(train) for train in trains])
    np.testing.assert_array_equal(distance.diagonal(), np.where(spoke, 0, NAN))
    np.testing.assert_array_equal(shared.diagonal(), np.where(spoke, 1, NAN))
    assert spoke.sum() > 1


def test_silent_trains_have_no_spike_distance_and_share_nothing():
    trains = statistics.trains(
        Spikes.from_dense([[[1, 1, 0, 0], [0, 0, 0, 0], [1, 1, 0, 0]]], 1e-3), slice(4)
    )
    distance, shared = statistics.spike_distance(trains), statistics.spike_synchronisation(trains)
    np.testing.assert_array_equal(distance, [[0, 0, NAN, NAN]] * 2 + [[NAN] * 4] * 2)
    np.testing.assert_array_equal(shared, [[1, 1, 0, 0]] * 2 + [[0, 0, NAN, NAN]] * 2)


def test_spike_synchronisation_of_a_pair_by_hand():
    """Spikes at 2 and 10, at 3 and 16: 2 and 3 coincide, half of the intervals being 3 and more."""
    pair = np.zeros((1, 20, 2), int)
    pair[0, [2, 10], 0] = pair[0, [3, 16], 1] = 1
    trains = statistics.trains(Spikes.from_dense(pair, 1e-3), [0, 1])
    assert statistics.spike_synchronisation(trains)[0, 1] == 0.5


# ---- chosen trains: refused


def test_trains_are_those_that_are_named():
    spikes = drawn(0)
    trains = statistics.trains(spikes, [5, -1], [3, 1])
    times = {(image, neuron): times for image, neuron, times in each_train(spikes)}
    expected = [times[3, 5], times[3, 11], times[1, 5], times[1, 11]]
    for train, known in zip(trains, expected, strict=True):
        np.testing.assert_array_equal(train.times, known)
        assert (train.stop, train.dt) == (spikes.steps * spikes.dt, spikes.dt)
    assert repr(trains[0]) == f"<train of {len(expected[0])} spikes in 0.024 s>"


def mixed(**changes):
    other = {"steps": 12, "dt": 2e-3} | changes
    foreign = Spikes.from_dense(np.ones((1, other["steps"], 1), int), other["dt"])
    return statistics.trains(drawn(0), [0], 0) + statistics.trains(foreign, [0])


REFUSED = {
    "neurons: nothing is chosen by []; choose among 0..11": lambda: statistics.trains(drawn(0), []),
    "images: nothing is chosen by []; choose among 0..4": lambda: statistics.trains(drawn(0), 0, []),
    "neurons: index 12 is out of bounds for axis 0 with size 12; choose among 0..11": (
        lambda: statistics.trains(drawn(0), 12)
    ),
    "spike_distance: 1 trains are given; give at least two": (
        lambda: statistics.spike_distance(statistics.trains(drawn(0), 0, 0))
    ),
    "van_rossum: 0 trains are given; give at least two": lambda: statistics.van_rossum([], 1.0),
    "van_rossum: trains have dt of 0.001, 0.002 s; give trains of one dt": (
        lambda: statistics.van_rossum(mixed(dt=1e-3, steps=24), 1.0)
    ),
    "spike_synchronisation: trains have stop of 0.022, 0.024 s; give trains of one stop": (
        lambda: statistics.spike_synchronisation(mixed(steps=11))
    ),
    "van_rossum: tau is 0; give a positive number": lambda: statistics.van_rossum(mixed(), 0),
    "victor_purpura: cost is nan; give a positive number": lambda: statistics.victor_purpura(mixed(), NAN),
}


@pytest.mark.parametrize("text", REFUSED)
def test_nonsense_is_refused_in_one_line(text):
    with pytest.raises(InputError) as error:
        REFUSED[text]()
    assert str(error.value) == text


MISSING = {
    "van_rossum": ("elephant", (1.0,)),
    "victor_purpura": ("elephant", (1.0,)),
    "spike_distance": ("pyspike", ()),
    "spike_synchronisation": ("pyspike", ()),
}


@pytest.mark.parametrize("name", MISSING)
def test_a_missing_library_is_named_with_the_command(name, monkeypatch):
    library, arguments = MISSING[name]
    for module in [known for known in sys.modules if known.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(sys, "meta_path", [])  # nothing that is not yet imported is found
    with pytest.raises(DeviceUnavailable) as error:
        getattr(statistics, name)(mixed(), *arguments)
    expected = f"{name}: {library} is not installed: pip install 'neurosim-brian2[neuro]'"
    assert str(error.value) == expected
