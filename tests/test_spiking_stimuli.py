"""Poisson, Latency, Phase and Events: closed forms, statistics, round trips and refusals."""

import dataclasses
import re
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from neurosim import Events, InputError, Latency, Phase, Poisson
from neurosim.neurons import Input
from neurosim.random_numbers import words
from neurosim.spikes import Spikes
from neurosim.stimuli import Direct, Part, Stimulus, as_stimulus

SHAPE, STEPS = (2, 3, 4), 12
BYTES = np.arange(256) / 255
PIXELS = np.random.default_rng(0).random((5, *SHAPE))
STRENGTHS = np.random.default_rng(1).integers(-3, 4, (5, STEPS, *SHAPE)) * (PIXELS[:, None] < 0.4)


def events(strengths: np.ndarray) -> Events:
    """Spikes of a dense array (images, steps, *shape)."""
    spikes = Spikes.from_dense(strengths, 1e-3)
    return Events(spikes.image, spikes.step, spikes.neuron, spikes.strength, images=spikes.images)


STIMULI = {
    "direct": Direct(PIXELS),
    "poisson": Poisson(PIXELS, seed=3),
    "latency": Latency(PIXELS),
    "phase": Phase(PIXELS, period=5),
    "events": events(STRENGTHS),
}


def shown(stimulus: Stimulus, shape=SHAPE, steps=STEPS, images=slice(None)) -> np.ndarray:
    stimulus.check(Input(), shape, steps)
    made = stimulus.frames(Input(), shape, steps, images)
    count = len(range(*images.indices(len(stimulus))))
    assert made.shape == (count, stimulus.frame_count(shape, steps), *shape)
    assert made.dtype == np.float64
    return made


# ---- what all have in common


@pytest.mark.parametrize("stimulus", STIMULI.values(), ids=STIMULI)
def test_an_image_is_the_same_wherever_it_is_cut(stimulus):
    assert as_stimulus(stimulus) is stimulus
    whole = shown(stimulus)
    for start, stop in ((0, 1), (2, 5), (3, 9)):
        np.testing.assert_array_equal(shown(stimulus, images=slice(start, stop)), whole[start:stop])
        part = Part(stimulus, start, stop)
        np.testing.assert_array_equal(shown(part), whole[start:stop])
        np.testing.assert_array_equal(shown(part, images=slice(1, 2)), whole[start:stop][1:2])


@pytest.mark.parametrize("stimulus", STIMULI.values(), ids=STIMULI)
def test_stimuli_are_values(stimulus):
    name = type(stimulus).__name__
    assert repr(stimulus).startswith(f"{name}(")
    assert "\n" not in repr(stimulus)
    twin = dataclasses.replace(stimulus)
    assert twin == stimulus
    assert hash(twin) == hash(stimulus)
    assert all(stimulus != other for other in STIMULI.values() if other is not stimulus)


def test_a_repr_makes_an_equal_stimulus():
    small = (
        Poisson(PIXELS[:1], seed=2),
        Latency([[0.5, 1.0]]),
        Phase([[0.25]], 3),
        Events([1], [2], [3], images=4),
    )
    for stimulus in small:
        assert eval(repr(stimulus), {"np": np, **globals()}) == stimulus
    assert Events([], [], [], images=2) == Events([], [], [], images=2)


def test_fingerprints_tell_values_settings_and_kinds_apart():
    copies = [
        Direct(PIXELS.copy()),
        Poisson(PIXELS.copy(), 3),
        Latency(PIXELS.copy()),
        Phase(PIXELS.copy(), 5),
    ]
    assert [s.fingerprint() for s in copies] == [s.fingerprint() for s in list(STIMULI.values())[:4]]
    others = [
        *STIMULI.values(),
        Direct(PIXELS.astype(np.float32)),
        Direct(PIXELS[:, None]),
        Poisson(PIXELS, seed=4),
        Phase(PIXELS),
        Part(STIMULI["poisson"], 0, 3),
        Part(STIMULI["poisson"], 1, 3),
        Events([0], [0], [0], images=5),
        Events([0], [0], [0], images=6),
        Events([0], [0], [0], 2, images=5),
    ]
    assert len({stimulus.fingerprint() for stimulus in others}) == len(others)


# ---- Poisson


def test_poisson_spikes_at_the_pixels_rate():
    """Every count lies within bounds that all of them together break once in a thousand seeds."""
    steps, pixels = 400, np.linspace(0, 1, 201)[None]
    made = shown(Poisson(pixels, seed=1), (201,), steps)
    assert set(np.unique(made)) == {0, 1}
    low, high = stats.binom.interval(1 - 1e-3 / 201, steps, pixels[0])
    counts = made[0].sum(axis=0)
    assert (low <= counts).all()
    assert (counts <= high).all()
    assert counts[0] == 0
    assert counts[-1] == steps
    middle = slice(1, -1)
    scores = (counts - steps * pixels[0])[middle] / np.sqrt(steps * pixels[0] * (1 - pixels[0]))[middle]
    assert stats.chi2.cdf((scores**2).sum(), 199) < 0.999
    assert abs(scores.sum()) < 4 * np.sqrt(199)


def test_poisson_is_independent_in_steps_neurons_images_and_seeds():
    half = np.full((20, 50), 0.5)
    made = shown(Poisson(half, seed=1), (50,), 100) - 0.5
    others = made[:, ::-1], made[..., ::-1], made[::-1], shown(Poisson(half, seed=2), (50,), 100) - 0.5
    for other in others:
        assert abs((made * other).mean()) < 4 * 0.25 / np.sqrt(made.size)


def test_poisson_takes_its_draws_from_the_words_it_names():
    made = shown(Poisson(PIXELS, seed=3))
    for image, step, neuron in ((0, 0, 0), (4, 11, 23), (2, 5, 9)):
        word = words(3, 0, image, step, neuron // 4)[neuron % 4]
        assert made.reshape(5, STEPS, -1)[image, step, neuron] == (
            word < PIXELS.reshape(5, -1)[image, neuron] * 2**32
        )


# ---- Latency and Phase


@pytest.mark.parametrize("steps", [1, 2, 7, 64, 256])
def test_latency_is_one_spike_the_brighter_the_earlier(steps):
    pixels = np.array([Fraction(n, 64) for n in range(65)])
    made = shown(Latency(pixels.astype(float)[None]), (65,), steps)[0]
    expected = [steps + (-p * steps).__floor__() for p in pixels]  # T - ceil(p T)
    assert [list(np.flatnonzero(train)) for train in made.T] == [[], *([step] for step in expected[1:])]
    assert made.max() == 1
    assert expected[-1] == 0
    assert expected[0] == steps


def test_the_faintest_pixel_spikes_last():
    assert shown(Latency([[5e-324, 1 / STEPS]]), (2,))[0, -1].tolist() == [1, 1]


def test_phase_shows_the_bits_of_a_byte():
    made = shown(Phase(BYTES[None]), (256,), 16)[0]
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[None], axis=0)  # most significant first
    np.testing.assert_array_equal(made[:8] != 0, bits)
    np.testing.assert_array_equal(made[8:], made[:8])  # again in every period
    np.testing.assert_array_equal(made[:8].sum(axis=0), np.arange(256) / 256)


@pytest.mark.parametrize("period", [1, 3, 8, 32])
def test_a_period_brings_the_pixel_to_its_last_digit(period):
    pixels = np.append(PIXELS.reshape(1, -1), [[0.0, 0.5, 1.0]], axis=1)
    made = shown(Phase(pixels, period), (pixels.size,), period + 2)[0]
    number = np.minimum(np.floor(pixels[0] * 2**period), 2**period - 1)
    np.testing.assert_array_equal(made[:period].sum(axis=0), number / 2**period)
    np.testing.assert_array_equal(made[period:], made[: min(2, period)].repeat(2 if period == 1 else 1, 0))
    for k in range(period):
        assert set(made[k]) <= {0, 2.0 ** -(1 + k)}


# ---- Events


def test_events_come_back_dense():
    np.testing.assert_array_equal(shown(events(STRENGTHS)), STRENGTHS)
    silent = Events([], [], [], images=3)
    assert not shown(silent).any()
    assert shown(Events([1], [2], [3], images=2), (4,), 3)[1, 2].tolist() == [0, 0, 0, 1]


def test_the_order_of_rows_means_nothing():
    whole = events(STRENGTHS)
    order = np.random.default_rng(2).permutation(len(whole.image))
    mixed = Events(*(getattr(whole, n)[order] for n in ("image", "step", "neuron", "strength")), images=5)
    assert mixed == whole
    assert mixed.fingerprint() == whole.fingerprint()
    assert mixed.image.dtype == np.int32
    assert not mixed.image.flags.writeable


# ---- refusals


BETWEEN = "give pixels in [0, 1] (bytes are divided by 255)"
COLUMN = "give whole numbers, one a row"
REFUSED = {
    "a byte": (lambda: Poisson([[0, 255]], 1), f"Poisson.values span [0, 255]: {BETWEEN}"),
    "below 0": (lambda: Latency([[-0.5, 1]]), f"Latency.values span [-0.5, 1]: {BETWEEN}"),
    "NaN": (lambda: Phase([[0.5, np.nan]]), f"Phase.values span [nan, nan]: {BETWEEN}"),
    "no images": (
        lambda: Latency(np.zeros((0, 2))),
        "Latency.values has shape (0, 2) and type float64: give numbers of shape (images, *shape) with at "
        "least one image",
    ),
    "seed": (lambda: Poisson([[1.0]], -1), "Poisson.seed is -1: give a whole number in [0, 2**64)"),
    "no seed": (lambda: Poisson([[1.0]], None), "Poisson.seed is None: give a whole number in [0, 2**64)"),
    "period": (lambda: Phase([[1.0]], 0), "Phase.period is 0: give a whole number in [1, 32]"),
    "long period": (lambda: Phase([[1.0]], 33), "Phase.period is 33: give a whole number in [1, 32]"),
    "truth": (lambda: Phase([[1.0]], True), "Phase.period is True: give a whole number in [1, 32]"),
    "negative step": (lambda: Events([0], [-1], [0], images=1), "Events.step holds -1: give 0 to 2147483647"),
    "image": (lambda: Events([0, 2], [0, 0], [0, 0], images=2), "Events.image holds 2: give 0 to 1"),
    "neuron": (
        lambda: Events([0], [0], [2**31], images=2),
        "Events.neuron holds 2147483648: give 0 to 2147483647",
    ),
    "silent": (
        lambda: Events([0], [0], [0], 0, images=1),
        "Events.strength holds 0: give whole numbers but 0, below 2**24 in size",
    ),
    "strong": (
        lambda: Events([0], [0], [0], [-(2**24)], images=1),
        "Events.strength holds -16777216: give whole numbers but 0, below 2**24 in size",
    ),
    "time": (
        lambda: Events([0], [0.5], [0], images=1),
        f"Events.step has shape (1,) and type float64: {COLUMN}",
    ),
    "NaN time": (
        lambda: Events([0], [np.nan], [0], images=1),
        f"Events.step has shape (1,) and type float64: {COLUMN}",
    ),
    "a scalar": (
        lambda: Events(0, [0], [0], images=1),
        f"Events.image has shape () and type int64: {COLUMN}",
    ),
    "a fraction": (
        lambda: Events([0], [0], [0], 1.5, images=1),
        f"Events.strength has shape (1,) and type float64: {COLUMN}",
    ),
    "lengths": (
        lambda: Events([0, 0], [0, 1], [0], images=1),
        "Events: columns have different lengths (image 2, step 2, neuron 1, strength 2): give one row an "
        "event",
    ),
    "twice": (
        lambda: Events([1, 0, 1], [4, 0, 4], [7, 0, 7], images=2),
        "Events: neuron 7 spikes twice in step 4 of image 1: list it once, with the sum as its strength",
    ),
    "images": (lambda: Events([0], [0], [0], images=0), "Events.images is 0: give a whole number >= 1"),
    "shape": (
        lambda: Latency(PIXELS).check(Input(), (2, 12), STEPS),
        "images have shape (2, 3, 4) and the input layer (2, 12): resize them",
    ),
    "step beyond": (
        lambda: Events([0], [12], [0], images=1).check(Input(), SHAPE, STEPS),
        "Events.step holds 12: give 0 to 11",
    ),
    "neuron beyond": (
        lambda: Events([0], [0], [24], images=1).check(Input(), SHAPE, STEPS),
        "Events.neuron holds 24: give 0 to 23",
    ),
    "normalised": (
        lambda: Phase(PIXELS).check(Input(mean=0.5), SHAPE, STEPS),
        "Phase shows spikes, which are not normalised, and Input has mean 0.5 and std 1.0: give the input "
        "layer Input() (Network.replace)",
    ),
    "scaled": (
        lambda: Events([0], [0], [0], images=1).check(Input(std=[0.5, 1]), SHAPE, STEPS),
        "Events shows spikes, which are not normalised, and Input has mean 0.0 and std np.array([0.5, 1.0]): "
        "give the input layer Input() (Network.replace)",
    ),
}


@pytest.mark.parametrize(("made", "message"), REFUSED.values(), ids=REFUSED)
def test_refusals(made, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        made()
