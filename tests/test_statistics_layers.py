"""Statistics of layers and classes against loops, scikit-learn, and cases worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import chunk, header
from sklearn.metrics import mutual_info_score
from trains import DT, NAN, RECORDED, drawn, strengths

from neurosim import Recording, statistics
from neurosim.errors import InputError, NotRecorded
from neurosim.spikes import Spikes

LABELS = [4, 9, 4, 2, 9]
"""Of the five images of `drawn`; classes need not be 0, 1, 2."""


def counted(counts, steps=8):
    """Spikes with given counts, (images, neurons): a neuron that spikes n times does so at first."""
    counts = np.asarray(counts)
    dense = np.arange(steps)[:, None] < counts[:, None, :]
    return Spikes.from_dense(dense.astype(int), DT)


# ---- sparsity


def treves_rolls(counts):
    """(1 - a) / (1 - 1/n) spelled out."""
    n = len(counts)
    if not any(counts) or n < 2:
        return NAN
    a = (sum(counts) / n) ** 2 / (sum(c * c for c in counts) / n)
    return (1 - a) / (1 - 1 / n)


@given(strengths)
def test_sparseness_is_the_formula(dense):
    spikes = Spikes.from_dense(dense, DT)
    counts = (dense != 0).sum(axis=1).reshape(len(dense), -1).tolist()
    over_neurons = [treves_rolls(row) for row in counts]
    over_images = [treves_rolls(column) for column in zip(*counts, strict=True)]
    np.testing.assert_allclose(statistics.population_sparseness(spikes), over_neurons, atol=1e-12)
    np.testing.assert_allclose(
        statistics.lifetime_sparseness(spikes), np.reshape(over_images, spikes.shape), atol=1e-12
    )
    shares = [np.mean([count > 0 for count in row]) for row in counts]
    np.testing.assert_allclose(statistics.active_share(spikes), shares)


def test_sparseness_runs_from_equal_to_only_one():
    spikes = counted([[2, 2, 2, 2], [0, 0, 3, 0], [1, 1, 0, 0], [0, 0, 0, 0]])
    expected = [0, 1, (1 - 0.5) / (1 - 0.25), NAN]
    np.testing.assert_allclose(statistics.population_sparseness(spikes), expected)
    assert statistics.active_share(spikes).tolist() == [1, 0.25, 0.5, 0]


# ---- correlograms by a loop over pairs of spikes


@given(strengths, st.data())
def test_correlograms_count_pairs_of_spikes(dense, data):
    spikes = Spikes.from_dense(dense, DT)
    spoke = dense.reshape(*dense.shape[:2], -1) != 0
    lags = data.draw(st.integers(0, spikes.steps - 1))
    a, b = (data.draw(st.integers(0, spoke.shape[2] - 1)) for _ in range(2))
    expected = np.zeros(2 * lags + 1)
    for image in spoke:
        for one in np.flatnonzero(image[:, a]):
            for other in np.flatnonzero(image[:, b]):
                if abs(other - one) <= lags:
                    expected[lags + other - one] += 1
    np.testing.assert_array_equal(statistics.cross_correlogram(spikes, [(a, b)], lags)[0], expected)
    alone = statistics.cross_correlogram(spikes, [(a, a)], lags)[0, lags:]
    found = statistics.autocorrelogram(spikes, lags)
    assert found.shape == (lags + 1, *spikes.shape)
    np.testing.assert_array_equal(found.reshape(lags + 1, -1)[:, a], alone)


def test_a_layer_that_follows_another_by_three_steps():
    leader = drawn(3, (6, 20, 5), 0.2)
    dense = np.roll(leader.dense(), 3, axis=1)
    dense[:, :3] = 0
    found = statistics.cross_correlogram(
        leader, [(i, i) for i in range(5)], 4, other=Spikes.from_dense(dense, DT)
    )
    assert found.argmax(axis=1).tolist() == [4 + 3] * 5
    np.testing.assert_array_equal(found[:, 7], (dense != 0).sum(axis=(0, 1)))


# ---- classes


def test_selectivity_by_hand():
    """Means a class: (3, 1, 2), (0, 0, 4), (2, 2, 2), silent."""
    counts = [[2, 0, 2, 0], [1, 0, 2, 0], [4, 0, 2, 0], [2, 4, 2, 0], [1, 0, 2, 0]]
    found = statistics.class_selectivity(counted(counts), LABELS)
    np.testing.assert_allclose(found, [(3 - 1.5) / (3 + 1.5), 1, 0, NAN], atol=1e-15)


def first_or_none(dense):
    spoke = dense != 0
    return np.where(spoke.any(axis=1), spoke.argmax(axis=1), -1)


INFORMATION = {
    "count_information": lambda dense: (dense != 0).sum(axis=1),
    "latency_information": first_or_none,
}


@pytest.mark.parametrize("name", INFORMATION)
def test_information_is_scikit_learns(name):
    spikes = drawn(7, (60, 6, 4, 3), 0.2)
    labels = np.random.default_rng(0).integers(3, size=60)
    responses = INFORMATION[name](spikes.dense()).reshape(60, -1)
    plain = [mutual_info_score(labels, column) / np.log(2) for column in responses.T]
    found = getattr(statistics, name)(spikes, labels, corrected=False)
    assert found.shape == spikes.shape
    np.testing.assert_allclose(found.ravel(), plain, rtol=1e-9, atol=1e-12)
    seen = [[len(set(column[labels == c])) for c in range(3)] for column in responses.T]
    bias = [
        (sum(r - 1 for r in row) - (len(set(column)) - 1)) / (2 * 60 * np.log(2))
        for row, column in zip(seen, responses.T, strict=True)
    ]
    found = getattr(statistics, name)(spikes, labels).ravel()
    np.testing.assert_allclose(found, np.subtract(plain, bias), rtol=1e-9, atol=1e-12)


def test_information_of_strengths_is_that_of_their_sums():
    spikes = drawn(8, (60, 6, 12), 0.3)
    labels = np.arange(60) % 3
    expected = [mutual_info_score(labels, column) / np.log(2) for column in spikes.counts().T]
    found = statistics.count_information(spikes, labels, of="strengths", corrected=False)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_information_by_hand():
    """The first neuron tells all four classes, the second one of two halves, the third nothing."""
    counts = np.array([[c, c // 2, 1, 0] for c in range(4) for _ in range(5)])
    labels = np.repeat(np.arange(4), 5)
    found = statistics.count_information(counted(counts), labels, corrected=False)
    np.testing.assert_allclose(found, [2, 1, 0, NAN], atol=1e-12)


def test_the_correction_takes_chance_off():
    """Labels by lot tell nothing: the mean over 200 neurons is near 0 only when it is corrected."""
    spikes = drawn(9, (400, 3, 200), 0.4)
    labels = np.random.default_rng(1).integers(4, size=400)
    assert statistics.count_information(spikes, labels, corrected=False).mean() > 0.01
    assert abs(statistics.count_information(spikes, labels).mean()) < 0.001


def test_information_of_many_neurons_is_worked_out_in_parts(monkeypatch):
    spikes = drawn(10, (20, 6, 50), 0.3)
    labels = np.arange(20) % 4
    whole = statistics.latency_information(spikes, labels)
    monkeypatch.setattr("neurosim.statistics.information.CELLS", 200)
    np.testing.assert_array_equal(statistics.latency_information(spikes, labels), whole)


# ---- decisions


def test_decisions_by_hand():
    predictions = np.array([[1, 1, 1, 1], [0, 1, 0, 0], [0, 1, 2, 3], [-1, -1, 2, 2], [-1, -1, -1, -1]])
    np.testing.assert_array_equal(statistics.decision_step(predictions), [0, 2, 3, 2, NAN])


@given(st.integers(0, 2**32 - 1))
def test_a_decision_holds_from_its_step_and_not_before(seed):
    predictions = np.random.default_rng(seed).integers(3, size=(6, 7))
    for row, step in zip(predictions, statistics.decision_step(predictions).astype(int), strict=True):
        assert (row[step:] == row[-1]).all()
        assert step == 0 or row[step - 1] != row[-1]


# ---- similarity


def cka(x, y):
    """By Gram matrices and a centring matrix, as Kornblith et al. write HSIC."""
    centre = np.eye(len(x)) - 1 / len(x)
    k, m = (values.reshape(len(x), -1) @ values.reshape(len(x), -1).T for values in (x, y))

    def hsic(a, b):
        return np.trace(a @ centre @ b @ centre)

    return hsic(k, m) / np.sqrt(hsic(k, k) * hsic(m, m))


@pytest.mark.parametrize("images", [7, 80])
def test_similarity_is_the_formula(images):
    random = np.random.default_rng(0)
    spiking = {"a": random.normal(size=(images, 3, 4)), "b": random.normal(size=(images, 20))}
    artificial = {"a": spiking["a"] + 0.3 * random.normal(size=(images, 3, 4))}
    found = statistics.similarity(spiking, artificial)
    expected = [[cka(values, artificial["a"])] for values in spiking.values()]
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    alone = statistics.similarity(spiking)
    np.testing.assert_allclose(alone.diagonal(), 1)
    np.testing.assert_allclose(alone, alone.T)


def test_similarity_ignores_rotation_and_scale_only():
    random = np.random.default_rng(1)
    x = random.normal(size=(50, 6))
    rotation, _ = np.linalg.qr(random.normal(size=(6, 6)))
    assert statistics.linear_cka(x, 3 * x @ rotation + 5) == pytest.approx(1)
    assert statistics.linear_cka(x, x * [1, 2, 3, 4, 5, 6]) < 0.99
    assert np.isnan(statistics.linear_cka(x, np.full((50, 2), 0.1)))


# ---- refused


def labelled(labels, name="class_selectivity"):
    return lambda: getattr(statistics, name)(drawn(0), labels)


def crossed(pairs=((0, 1),), lags=1, **other):
    given = {"images": 5, "steps": 12, "dt": DT} | other
    foreign = Spikes.from_dense(np.ones((given["images"], given["steps"], 3), int), given["dt"])
    return lambda: statistics.cross_correlogram(drawn(0), pairs, lags, foreign)


REFUSED = {
    "class_selectivity: 3 labels for 5 images; give one label an image": labelled([0, 1, 2]),
    "count_information: 6 labels for 5 images; give one label an image": (
        labelled([0, 1, 2, 3, 4, 5], "count_information")
    ),
    "latency_information: labels is float64 (5,); give integers of shape (images,)": (
        labelled([0.0, 1, 2, 0, 1], "latency_information")
    ),
    "class_selectivity: labels is int64 (1, 5); give integers of shape (images,)": labelled([LABELS]),
    "class_selectivity: all images are of class 3; give at least two classes": labelled([3] * 5),
    "count_information: of is 'all'; give 'events' or 'strengths'": (
        lambda: statistics.count_information(drawn(0), LABELS, of="all")
    ),
    "autocorrelogram: lags is 12; give a whole number in 0..11": (
        lambda: statistics.autocorrelogram(drawn(0), 12)
    ),
    "cross_correlogram: lags is -1; give a whole number in 0..11": crossed(lags=-1),
    "cross_correlogram: there is no neuron 12; choose among 0..11": crossed([(12, 0)]),
    "cross_correlogram: there is no neuron 3; choose among 0..2": crossed([(0, 1), (11, 3)]),
    "cross_correlogram: pairs is float64 (0,); give integers of shape (pairs, 2)": crossed([]),
    "cross_correlogram: dt is 0.002 and 0.001; give layers of one recording": crossed(dt=1e-3),
    "cross_correlogram: steps is 12 and 11; give layers of one recording": crossed(steps=11),
    "cross_correlogram: images is 5 and 4; give layers of one recording": crossed(images=4),
    "decision_step: predictions have shape (3,); give (images, steps), as Recording.predictions() does": (
        lambda: statistics.decision_step(np.zeros(3, int))
    ),
    "similarity: no layer is given; give at least one": lambda: statistics.similarity({}),
    "similarity: layer 'a' holds NaN or infinity; give finite responses": (
        lambda: statistics.similarity({"a": [[0, NAN]]})
    ),
    "similarity: layer 'a' is float64 (2,); give numbers (images, *shape)": (
        lambda: statistics.similarity({"a": [0.0, 1.0]})
    ),
    "similarity: the layers hold {'first': 3, 'second': 2} images; give responses to the same ones": (
        lambda: statistics.linear_cka(np.ones((3, 2)), np.ones((2, 2)))
    ),
}


@pytest.mark.parametrize("text", REFUSED)
def test_nonsense_is_refused_in_one_line(text):
    with pytest.raises(InputError) as error:
        REFUSED[text]()
    assert str(error.value) == text


def test_a_recording_refuses_what_it_does_not_know():
    recording = Recording.load(RECORDED)
    with pytest.raises(InputError) as error:
        statistics.rate(recording.spikes("layer1.0.conv3"))
    assert str(error.value) == (
        "recording: there is no layer 'layer1.0.conv3'; did you mean 'layer1.0.conv2'?"
    )


def test_what_was_not_recorded_is_no_silence():
    recording = Recording.write(None, header("counts"), [chunk(3)])
    with pytest.raises(NotRecorded) as error:
        statistics.first_spike_latency(recording.spikes("conv"))
    assert str(error.value) == (
        "recording: spikes of layer 'conv' were not kept; run with record={'conv': 'spikes'}"
    )
