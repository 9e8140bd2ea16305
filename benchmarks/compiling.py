"""Does compiling take longer the deeper a network is, and does anything compile a second time?

Method: networks of 3x3 convolutions of at most ten distinct geometries, 5 and 50 layers deep, are built for
C++ with an empty cache of builds, in turn; medians of the clock's time from network to program. Then the deep
one runs with other weights, thresholds, images and steps, and the builds that this adds are counted.

Run: python benchmarks/compiling.py [--quick --output DIR]
"""

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness import nets
from harness.timing import interleaved

from neurosim import IF, CppStandalone, Network, Simulation
from neurosim.workflows.studies import Answer, run_study

SHALLOW, DEEP, REPEATS = 5, 50, 3


def measure(quick: bool) -> Answer:
    """Return a row for each depth, and one for the run with other values."""
    networks = {depth: nets.chain(depth) for depth in (SHALLOW, DEEP)}
    measures = {str(depth): lambda net=net: compile_anew(net) for depth, net in networks.items()}
    seconds = interleaved(measures, 1 if quick else REPEATS)
    rows = [
        {"layers": depth, "run": "first", "seconds": round(float(seconds[str(depth)]), 2), "builds": 1}
        for depth in networks
    ]
    return Answer([*rows, run_again()])


def compile_anew(network: Network) -> float:
    """Return the seconds that a build takes when there are no others."""
    with own_cache():
        started = time.perf_counter()
        Simulation(network, CppStandalone(), steps=4)
        return time.perf_counter() - started


def run_again() -> dict[str, Any]:
    """Return what a run takes, and builds, once the network has run with other values."""
    with own_cache() as cache:
        with Simulation(nets.chain(DEEP), CppStandalone(), steps=4) as simulation:
            simulation.run(nets.images(1, (3, 16, 16)), progress=False)
        before, started = builds(cache), time.perf_counter()
        other = nets.chain(DEEP, seed=1)
        for layer in other.neurons:
            other = other.replace(layer.name, IF(0.5))
        with Simulation(other, CppStandalone(), steps=6) as simulation:
            simulation.run(nets.images(3, (3, 16, 16), seed=1), progress=False)
        seconds = time.perf_counter() - started
        return {
            "layers": DEEP,
            "run": "other values",
            "seconds": round(seconds, 2),
            "builds": builds(cache) - before,
        }


@contextlib.contextmanager
def own_cache() -> Iterator[Path]:
    """Keep builds in a folder of their own."""
    kept = os.environ.get("NEUROSIM_CACHE")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NEUROSIM_CACHE"] = folder
        try:
            yield Path(folder)
        finally:
            del os.environ["NEUROSIM_CACHE"]
            if kept is not None:
                os.environ["NEUROSIM_CACHE"] = kept


def builds(cache: Path) -> int:
    """Return how many programs the cache holds."""
    return len(list(cache.glob("builds/*/main")))


if __name__ == "__main__":
    sys.exit(run_study(__file__, __doc__, measure))
