"""Programs with stopwatches inside: what a run's loop takes, and what its projections take of that."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from neurosim import devices

__all__ = ["Stopwatches", "instrumented"]

VARIABLE = "NEUROSIM_TIMING"


class Stopwatches:
    """Reads what instrumented programs write."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def time(self, call: Callable[[], Any]) -> tuple[float, float]:
        """Return the seconds of all steps, and those of the projections between layers, that `call` runs."""
        self.path.unlink(missing_ok=True)
        call()
        run, projections = np.loadtxt(self.path, ndmin=2).sum(axis=0)
        return float(run), float(projections)


@contextlib.contextmanager
def instrumented() -> Iterator[Stopwatches]:
    """Build and run every simulation with stopwatches inside."""
    kept = devices.STRICT
    with tempfile.TemporaryDirectory() as folder:
        watches = Stopwatches(Path(folder) / "seconds")
        devices.STRICT = (*kept, f"-D{VARIABLE}")
        os.environ[VARIABLE] = str(watches.path)
        try:
            yield watches
        finally:
            devices.STRICT = kept
            del os.environ[VARIABLE]
