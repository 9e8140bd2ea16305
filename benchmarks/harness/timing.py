"""Seconds: of our child processes, and medians of measurements taken in turn."""

import dataclasses
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["Cost", "cost", "interleaved"]


@dataclasses.dataclass(frozen=True)
class Cost:
    """Seconds of the processor that child processes took, and of the clock."""

    cpu: float
    wall: float

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(self.cpu - other.cpu, self.wall - other.wall)


def cost(call: Callable[[], Any]) -> Cost:
    """Return what the child processes of `call` cost; the clock runs for all of `call`."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    call()
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)


def interleaved(measures: Mapping[str, Callable[[], float]], repeats: int) -> dict[str, float]:
    """Return the median of every measure; they are taken in turn, `repeats` times."""
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(repeats):
        for name, measure in measures.items():
            taken[name].append(measure())
    return {name: statistics.median(values) for name, values in taken.items()}
