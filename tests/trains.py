"""Spike trains for the tests of statistics: random ones, a shipped recording's."""

from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from neurosim import Recording
from neurosim.spikes import Spikes

DT = 2e-3
NAN = np.nan
RECORDED = Path(__file__).resolve().parents[1] / "analysis" / "results" / "digits_demo.h5"

strengths = hnp.arrays(
    np.int32, st.tuples(*(st.integers(1, 4),) * 4), elements=st.integers(-2, 2), fill=st.just(0)
)
"""Dense strengths, (images, steps, channels, length)."""


def drawn(seed, shape=(5, 12, 3, 4), share=0.4):
    """Return random spikes of strengths -2 to 3."""
    random = np.random.default_rng(seed)
    values = random.choice([-2, -1, 1, 2, 3], size=shape)
    return Spikes.from_dense(values * (random.random(shape) < share), DT)


def recorded(layer="layer1.1.conv2"):
    """Return spikes of the shipped recording: 2 images, 8 steps, strengths -1 to 4."""
    return Recording.load(RECORDED).spikes(layer)


def each_train(spikes):
    """Yield image, neuron and the times of every train, silent ones too."""
    spoke = spikes.dense().reshape(spikes.images, spikes.steps, -1) != 0
    for image, neuron in np.ndindex(spikes.images, spoke.shape[2]):
        yield image, neuron, np.flatnonzero(spoke[image, :, neuron]) * spikes.dt
