"""How does the time of a run grow with spikes and images, and shrink with processes?

Method: in single precision, keeping totals. Spikes: thresholds for six activities of VGG11, whose pooling
makes spikes share synaptic operations, and of ResNet18, which has none; seconds of the processor a step
of a run are fitted as a + b * spikes a step. Images: VGG11 of one activity for more and more
images, by the clock of the whole run; the logarithm is fitted, so that b is the exponent. Processes: the same
images by one and by two, by the clock of the whole run; b is the ratio of their throughputs. Medians of
interleaved repeats.

Run: python benchmarks/scaling.py [--quick --output DIR]
"""

import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from harness.cases import Case, network_case
from harness.timing import interleaved, step_cost

from neurosim import CppStandalone, Simulation
from neurosim.workflows.studies import Answer, run_study

ACTIVITIES, IMAGES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2), (128, 256, 512, 1024)
FITTED_ON = 64  # images
QUICK_ACTIVITIES, QUICK_IMAGES = (0.02, 0.1), (4, 8)
NETS = ("vgg11", "resnet18")
MANY, REPEATS = 512, 3
NONE = float("nan")


def measure(quick: bool) -> Answer:
    """Return a row for each measurement, with what was fitted to its kind."""
    torch.set_num_threads(1)
    activities, images = (QUICK_ACTIVITIES, QUICK_IMAGES) if quick else (ACTIVITIES, IMAGES)
    many, repeats = (QUICK_IMAGES[-1], 1) if quick else (MANY, REPEATS)
    case = network_case("vgg11", 0.05, max(many, *images))
    device = CppStandalone()
    rows = [row for net in NETS for row in against_spikes(net, activities, min(FITTED_ON, many), repeats)]
    with Simulation(case.network, device, case.steps, precision="single") as simulation:
        rows += against_images(simulation, case, images, repeats)
        rows += against_jobs(simulation, case, many, repeats)
    return Answer(rows, {"precision": "single", "repeats": repeats})


def against_spikes(net: str, activities: Sequence[float], images: int, repeats: int) -> list[dict[str, Any]]:
    """Return seconds a step over spikes a step, and the line through them."""
    cases = {str(activity): network_case(net, activity, images) for activity in activities}
    first = next(iter(cases.values()))
    with Simulation(first.network, CppStandalone(), first.steps, precision="single") as simulation:
        spikes = [spikes_a_step(simulation, case) for case in cases.values()]
        seconds = interleaved(
            {name: lambda case=case: step_cost(simulation, case).cpu for name, case in cases.items()},
            repeats,
        )
    return fitted(net, "spikes", spikes, list(seconds.values()), lambda x: x)


def spikes_a_step(simulation: Simulation, case: Case) -> float:
    """Return the mean number of spikes of all layers in a step."""
    recording = simulation.run(case.images, network=case.network, progress=False)
    total = sum(int(recording.totals(layer).sum()) for layer in recording.layers)
    return total / recording.images / recording.steps


def against_images(
    simulation: Simulation, case: Case, images: Sequence[int], repeats: int
) -> list[dict[str, Any]]:
    """Return seconds over images, and the power law through them."""
    seconds = interleaved(
        {str(count): lambda count=count: clock(simulation, case, count, 1) for count in images}, repeats
    )
    return fitted(case.name, "images", images, list(seconds.values()), np.log)


def against_jobs(simulation: Simulation, case: Case, images: int, repeats: int) -> list[dict[str, Any]]:
    """Return seconds over processes, and the ratio of throughputs."""
    seconds = interleaved(
        {str(jobs): lambda jobs=jobs: clock(simulation, case, images, jobs) for jobs in (1, 2)}, repeats
    )
    ratio = seconds["1"] / seconds["2"]
    return [row(case.name, "jobs", int(jobs), taken, NONE, ratio, NONE) for jobs, taken in seconds.items()]


def clock(simulation: Simulation, case: Case, images: int, jobs: int) -> float:
    """Return the seconds of a whole run."""
    started = time.perf_counter()
    simulation.run(case.images[:images], network=case.network, jobs=jobs, progress=False)
    return time.perf_counter() - started


def fitted(
    net: str, against: str, x: Sequence[float], seconds: Sequence[float], scale: Any
) -> list[dict[str, Any]]:
    """Return a row for each point, with a and b of scale(seconds) = a + b * scale(x), and R squared."""
    across, up = scale(np.array(x, float)), scale(np.array(seconds))
    b, a = np.polyfit(across, up, 1)
    r_squared = 1 - ((up - a - b * across) ** 2).sum() / ((up - up.mean()) ** 2).sum()
    return [row(net, against, *point, a, b, r_squared) for point in zip(x, seconds, strict=True)]


def row(
    net: str, against: str, x: float, seconds: float, a: float, b: float, r_squared: float
) -> dict[str, Any]:
    """Return a measurement and its fit, in six digits."""
    numbers = {"x": x, "seconds": seconds, "a": a, "b": b, "r_squared": r_squared}
    return {"net": net, "against": against} | {name: float(f"{value:.6g}") for name, value in numbers.items()}


if __name__ == "__main__":
    sys.exit(run_study(__file__, __doc__, measure))
