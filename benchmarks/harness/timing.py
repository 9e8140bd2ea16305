"""Seconds: of our child processes, and medians of measurements taken in turn."""

import dataclasses
import functools
import resource
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from neurosim import Simulation

from .cases import Case

__all__ = ["Cost", "cost", "interleaved", "step_cost"]


@dataclasses.dataclass(frozen=True)
class Cost:
    """Seconds of the processor that child processes took, and of the clock."""

    cpu: float
    wall: float


def cost(call: Callable[[], Any]) -> Cost:
    """Return what the child processes of `call` cost; the clock runs for all of `call`."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    call()
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)


def step_cost(simulation: Simulation, case: Case) -> Cost:
    """Return what a step of an image costs in a run of all images, its start and its end shared out."""
    taken = cost(functools.partial(simulation.run, case.images, network=case.network, progress=False))
    steps = len(case.images) * case.steps
    return Cost(taken.cpu / steps, taken.wall / steps)


def interleaved(measures: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, Any]:
    """Return the median of every measure, a number or an array; they are taken in turn, `repeats` times."""
    taken: dict[str, list[Any]] = {name: [] for name in measures}
    for _ in range(repeats):
        for name, measure in measures.items():
            taken[name].append(measure())
    return {name: np.median(values, axis=0) for name, values in taken.items()}
