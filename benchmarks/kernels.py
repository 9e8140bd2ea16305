"""How near to the machine's limit does the kernel run, alone and inside the simulation?

Method: a source layer fires at the rates of a picture and a 3x3 convolution carries its spikes to as many
channels; thresholds give both layers the wanted activity. Three programs take the same spikes in turn, on one
thread, in single precision: the kernel alone, outside any simulation (`harness/bare.cpp`); the simulation,
built with stopwatches around its projections (`harness/instrument.py`); and a program that does nothing but
the additions, with all sizes known to its compiler (`harness/limit.cpp`; VGG11 has no such program). Synaptic
operations are spikes times the synapses each reaches; medians of interleaved repeats.

Run: python benchmarks/kernels.py [--quick --output DIR]
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from harness.cases import ACTIVITIES, SINGLE, Case, network_case, single_case
from harness.instrument import Stopwatches, instrumented
from harness.kernel import compiled, operations, replay, write_case
from harness.timing import interleaved

from neurosim import CppStandalone, Simulation
from neurosim.workflows.studies import Answer, run_study

GIGA, IMAGES, REPEATS = 1e9, 4, 3
WORTH = 5e9  # synaptic operations that make a measurement


def measure(quick: bool) -> Answer:
    """Return a row for each net and activity."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder, instrumented() as watches:
        programs = {name: compiled(name, Path(folder)) for name in ("bare", "limit")}
        repeats = 1 if quick else REPEATS
        rows = [time_case(case, programs, watches, repeats) for case in cases(quick)]
    return Answer(rows, {"precision": "single", "repeats": repeats})


def cases(quick: bool) -> list[Case]:
    """Return what is timed."""
    if quick:
        return [single_case(64, 8, 0.05, 1)]
    singles = [single_case(*shape, activity, IMAGES) for shape in SINGLE for activity in ACTIVITIES]
    return [*singles, network_case("vgg11", 0.05, 2 * IMAGES)]


def time_case(case: Case, programs: dict[str, Path], watches: Stopwatches, repeats: int) -> dict[str, Any]:
    """Return the speed of every program on the same spikes."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Simulation(
            case.network, CppStandalone(), case.steps, precision="single", record="spikes"
        ) as simulation,
    ):
        recording = simulation.run(case.images, progress=False)
        write_case(Path(folder), case.network, recording)
        work = operations(case.network, recording)
        passes = max(1, round(WORTH / work / repeats))
        measures = {
            "bare": lambda: replay(programs["bare"], Path(folder), passes),
            "inside": lambda: watches.time(lambda: simulation.run(case.images, progress=False))[1],
        }
        if case.is_single:
            sizes = case.network.input.shape[:2]
            measures["limit"] = lambda: replay(programs["limit"], Path(folder), *sizes, passes)
        seconds = interleaved(measures, repeats)
    return row(case, work, {name: work / taken / GIGA for name, taken in seconds.items()})


def row(case: Case, work: int, speed: dict[str, float]) -> dict[str, Any]:
    """Return speeds in synaptic operations per second, and their ratios."""
    limit = speed.get("limit", float("nan"))
    return {
        "net": case.name,
        "activity": case.activity,
        "operations_a_step": round(work / len(case.images) / case.steps),
        "bare_gsops": round(speed["bare"], 2),
        "inside_gsops": round(speed["inside"], 2),
        "limit_gsops": round(limit, 2),
        "inside_over_bare": round(speed["inside"] / speed["bare"], 3),
        "bare_over_limit": round(speed["bare"] / limit, 3),
    }


if __name__ == "__main__":
    sys.exit(run_study(__file__, __doc__, measure))
