"""The same single layer with shared weights, as neurosim has it."""

import time

import numpy as np

from neurosim import CppStandalone, Recording, Simulation

from .cases import Case
from .explicit import Sample
from .instrument import Stopwatches
from .memory import Watch

__all__ = ["Shared"]


class Shared:
    """A single layer in an instrumented simulation."""

    def __init__(self, watches: Stopwatches) -> None:
        self.watches = watches
        self.recording: Recording | None = None

    def run(self, case: Case) -> Sample:
        """Open the simulation, or build it, and run it on one picture; then, for a step's time, on all."""
        started = time.perf_counter()
        with Simulation(
            case.network, CppStandalone(), case.steps, precision="single", record="counts"
        ) as simulation:
            with Watch() as watch:
                self.recording = simulation.run(case.images[:1], progress=False)
            whole = time.perf_counter() - started
            seconds, _ = self.watches.time(lambda: simulation.run(case.images, progress=False))
        return Sample(seconds / (len(case.images) * case.steps + case.network.depth), whole, watch.peak)

    def counts(self) -> np.ndarray:
        """Return the spikes of every target neuron in the last run, shape (C, H, W)."""
        assert self.recording is not None  # run comes first
        counts: np.ndarray = self.recording.counts(list(self.recording.layers)[-1])[0]
        return counts
