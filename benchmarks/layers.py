"""How much faster, and smaller, is a convolution with shared weights than one of explicit Brian2 synapses?

Method: a source layer fires at the rates of a picture, 128 steps long, and a 3x3 convolution carries its
spikes to as many channels; thresholds give both layers the wanted activity. `harness/brian2_script.py` is the
same model as a Brian2 user writes it today, in standalone C++ with Brian2's own compiler flags. Both run in
single precision on one thread and must count the same spikes of every target neuron. In the loop: processor
time of the steps alone, by Brian2's clock there, by a stopwatch like it here. Whole: a second run with both
programs compiled, from its start to its results, by the clock; first: with generating and compiling. Memory:
the most that the simulating process held. Medians of interleaved repeats.

Run: python benchmarks/layers.py [--quick --output DIR]
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from harness.cases import ACTIVITIES, SINGLE, Case, single_case
from harness.explicit import Explicit
from harness.instrument import instrumented
from harness.shared import Shared
from harness.timing import interleaved

from neurosim.workflows.studies import Answer, run_study

MEGA, IMAGES, REPEATS = 1e6, 8, 3


def measure(quick: bool) -> Answer:
    """Return a row for each geometry and activity."""
    torch.set_num_threads(1)
    repeats, rows = 1 if quick else REPEATS, []
    for shape in ((64, 8),) if quick else SINGLE:
        cases = [single_case(*shape, activity, IMAGES) for activity in ACTIVITIES]
        with tempfile.TemporaryDirectory() as folder, instrumented() as watches:
            os.environ["NEUROSIM_CACHE"] = f"{folder}/cache"
            explicit, shared = Explicit(cases[0].network, cases[0].steps, Path(folder)), Shared(watches)
            first = {"explicit": explicit.build + explicit.run(cases[0]).whole}
            first["ours"] = shared.run(cases[0]).whole
            rows += [compare(case, explicit, shared, repeats, first) for case in cases]
    return Answer(rows, {"precision": "single", "steps": cases[0].steps, "repeats": repeats})


def compare(
    case: Case, explicit: Explicit, shared: Shared, repeats: int, first: dict[str, float]
) -> dict[str, Any]:
    """Return one row."""
    taken = interleaved(
        {"explicit": lambda: explicit.run(case).numbers(), "ours": lambda: shared.run(case).numbers()},
        repeats,
    )
    row = {"net": case.name, "activity": case.activity, "synapses": explicit.synapses}
    row |= compared("loop_us", {name: numbers[0] * MEGA for name, numbers in taken.items()})
    row |= compared("whole_s", {name: numbers[1] for name, numbers in taken.items()})
    row |= compared("first_s", first)
    row |= compared("memory_mb", {name: numbers[2] / MEGA for name, numbers in taken.items()})
    return row | {"different_counts": int((explicit.counts() != shared.counts()).sum())}


def compared(quantity: str, values: dict[str, float]) -> dict[str, float]:
    """Return both values and their ratio as columns."""
    columns = {f"{name}_{quantity}": float(f"{value:.4g}") for name, value in values.items()}
    return columns | {f"{quantity.partition('_')[0]}_ratio": round(values["explicit"] / values["ours"], 1)}


if __name__ == "__main__":
    sys.exit(run_study(__file__, __doc__, measure))
