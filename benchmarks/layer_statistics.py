"""How long do the statistics of a whole layer take, and how much memory?

Method: random spikes of one layer of 65,536 neurons, 100 images of 16 steps, each neuron spiking in a step
with a chance of 5 %: about 5.2 million spikes. Each statistic is computed five times on one core, in turn
with the others; a row gives the median of the processor's seconds, and the most memory that the process has
held by then, the spikes included. The last row is all of them, one after the other, each from the spikes.

Run: python benchmarks/layer_statistics.py [--quick --output DIR]
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import functools
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from harness.memory import high_water
from harness.timing import interleaved

from neurosim import Spikes, statistics
from neurosim.workflows.studies import Answer, run_study

SHAPE, IMAGES, STEPS, ACTIVITY, SEED = (64, 32, 32), 100, 16, 0.05, 0
REPEATS, GIGA = 5, 1e9
MEASURED = (
    "rate",
    "count",
    "first_spike_latency",
    "mean_isi",
    "cv",
    "cv2",
    "lv",
    "fano",
    "population_sparseness",
    "active_share",
)


def drawn(images: int) -> Spikes:
    """Return random spikes, image by image."""
    random, size = np.random.default_rng(SEED), int(np.prod(SHAPE))
    places = [np.flatnonzero(random.random(STEPS * size) < ACTIVITY) for _ in range(images)]
    image = np.repeat(np.arange(images), [len(place) for place in places])
    step, neuron = np.divmod(np.concatenate(places), size)
    return Spikes(image, step, neuron, np.ones(len(image), np.int32), SHAPE, images, STEPS, 1e-3)


def seconds(call: Callable[[], Any]) -> float:
    """Return the processor's seconds of a call."""
    started = time.process_time()
    call()
    return time.process_time() - started


def all_of_them(spikes: Spikes) -> list[np.ndarray]:
    """Return all statistics, kept together as a user would."""
    return [getattr(statistics, name)(spikes) for name in MEASURED]


def measure(quick: bool) -> Answer:
    """Return a row a statistic, and one of all together."""
    spikes = drawn(2 if quick else IMAGES)
    calls = {name: functools.partial(getattr(statistics, name), spikes) for name in MEASURED}
    calls["together"] = functools.partial(all_of_them, spikes)
    peaks: dict[str, float] = {}

    def watched(name: str) -> float:
        taken = seconds(calls[name])
        peaks.setdefault(name, high_water() / GIGA)
        return taken

    medians = interleaved({name: functools.partial(watched, name) for name in calls}, REPEATS)
    rows = [
        {
            "statistic": name,
            "neurons": int(np.prod(SHAPE)),
            "images": spikes.images,
            "steps": STEPS,
            "spikes": len(spikes),
            "seconds": round(float(median), 4),
            "peak_gb": round(peaks[name], 4),
        }
        for name, median in medians.items()
    ]
    return Answer(rows, {"seed": SEED, "activity": ACTIVITY, "repeats": REPEATS})


if __name__ == "__main__":
    sys.exit(run_study(__file__, __doc__, measure))
