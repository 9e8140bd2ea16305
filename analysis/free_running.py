"""What does a converted network lose when its layers run free, and how many more steps does it then need?

Method: two networks become IF neurons (theta = A, V starts at theta/2) and BM-IF neurons with K = 1 and K = 4
(theta = A/K), A the 99.9th percentile of each layer's activation over 1,000 training images: the residual one
for digits, eleven layers deep with biases and short-cuts, and the published one for MNIST, five layers deep
and without any bias. They run in Brian2 C++, in double precision, aligned (every layer waits for its input)
and free (all layers run from the first step, every projection takes a step). Time is counted from the first
step of the stimulus: an aligned layer says its step t at time latency + t. Three tables beside that of the
accuracy at every time: of the steps needed until the accuracy stays within one point of the network in torch;
of windows of T steps with a drain, their accuracy, lost spikes, and the deviation of the output from the
aligned one, sqrt(sum (V' - V)^2) / sqrt(sum V^2); and of every layer at T = 16, likewise with sums of spikes.

Reference: aligned layers equal a frame-by-frame simulation in torch. Free layers without bias do what aligned
ones do, latency steps later, so that a drain as long as the network is deep gives the same output; a bias
also acts while nothing has arrived, and while the network drains.

Run: python analysis/free_running.py [--quick --output DIR]; all but --quick needs MNIST and its weights, as
analysis/mnist_if_loss.py does.
"""

import itertools
import os
import sys
from dataclasses import dataclass
from typing import Any

import torch

from neurosim.comparison import deviation
from neurosim.conversion import BMIF
from neurosim.devices import CppStandalone, Device, Reference
from neurosim.network import Network
from neurosim.neurons import IF
from neurosim.recording import Recording
from neurosim.simulation import Simulation
from neurosim.workflows.specimens import Specimen, specimen
from neurosim.workflows.studies import Answer, run_study

PERCENTILE, TOLERANCE = 99.9, 0.01
LONG, WINDOWS, WATCHED = 64, (4, 8, 16, 32), 16  # steps
DRAINS = (0.0, 0.5, 1.0, 2.0)  # in units of the network's depth

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Study:
    """One network on one device."""

    data: str
    neuron: str
    network: Network
    known: Specimen
    device: Device
    jobs: int

    def run(self, steps: int, drain: int | None = None, record: str = "totals") -> Recording:
        """Run the images: free with a drain, aligned without."""
        how: dict[str, Any] = {} if drain is None else {"alignment": "free", "drain": drain}
        with Simulation(self.network, self.device, steps, record=record, **how) as simulation:
            images = self.known.images
            return simulation.run(images.images, images.labels, jobs=self.jobs, progress=False)

    def windows(self, steps: int) -> dict[int | None, Recording]:
        """Return the runs of so many steps, aligned (None) and free with each drain."""
        depth = self.network.depth
        drains = [None, *(round(share * depth) for share in DRAINS)]
        return {drain: self.run(steps, drain, record="spikes") for drain in drains}

    def row(self, **found: Any) -> Row:
        return {"data": self.data, "neuron": self.neuron} | found


def measure(quick: bool) -> Answer:
    """Return the accuracy at every time; and what is lost, where, and how long it takes."""
    known = [specimen("digits", 4, 20)] if quick else [specimen("digits", 200), specimen("mnist", 100)]
    device = Reference() if quick else CppStandalone()  # equal to the bit, and compiles nothing
    jobs = 1 if quick else len(os.sched_getaffinity(0))
    made = {one.data: networks(one) for one in known}
    studies = [
        Study(one.data, name, network, one, device, jobs)
        for one in known
        for name, network in made[one.data].items()
    ]
    long, windows, watched = (8, (4,), 4) if quick else (LONG, WINDOWS, WATCHED)
    curves = {(s.data, s.neuron): accuracies(s, long) for s in studies}
    parts: dict[str, list[Row]] = {"steps": [needed(s, curves[s.data, s.neuron]) for s in studies]}
    parts |= {"drain": [], "layers": []}
    for study, steps in itertools.product(studies, windows):
        runs = study.windows(steps)
        parts["drain"] += drained(study, runs)
        parts["layers"] += by_layer(study, runs) if steps == watched else []
    settings = {"precision": "double", "percentile": PERCENTILE, "tolerance": TOLERANCE}
    settings |= {"specimens": [one.about(made[one.data]) for one in known]}
    return Answer([row for rows in curves.values() for row in rows], settings, parts)


def networks(known: Specimen) -> dict[str, Network]:
    """Return the network of each kind of neuron."""
    one, four = (known.convert(BMIF(strength, PERCENTILE)) for strength in (1, 4))
    plain = one
    for layer in one.neurons:
        if layer.model.spiking:
            theta = layer.neuron.threshold
            plain = plain.replace(layer.name, IF(theta, initial=theta / 2))
    return {"IF": plain, "BMIF(1)": one, "BMIF(4)": four}


def accuracies(study: Study, steps: int) -> list[Row]:
    """Return a row for every time of one long stimulus, aligned and free; before its first step: chance."""
    depth = study.network.depth
    aligned, free = study.run(steps).accuracy(), study.run(steps + depth, 0).accuracy()
    times = {"aligned": enumerate(aligned, depth), "free": enumerate(free)}
    return [
        study.row(alignment=alignment, time=time + 1, accuracy=accuracy, accuracy_ann=study.known.accuracy)
        for alignment, pairs in times.items()
        for time, accuracy in pairs
    ]


def needed(study: Study, curve: list[Row]) -> Row:
    """Return the time from which on the accuracy stays near that of the network in torch; NaN: never."""
    aligned, free = (settled(curve, alignment, study.known.accuracy) for alignment in ("aligned", "free"))
    depth = study.network.depth
    return study.row(depth=depth, aligned=aligned, free=free, more=free - aligned)


def settled(curve: list[Row], alignment: str, accuracy: float) -> float:
    rows = [row for row in curve if row["alignment"] == alignment]
    low = [row["time"] for row in rows if row["accuracy"] < accuracy - TOLERANCE - 1e-9]
    last = rows[-1]["time"]
    if not low:
        return float(rows[0]["time"])
    return float("nan") if low[-1] == last else float(low[-1] + 1)


def drained(study: Study, runs: dict[int | None, Recording]) -> list[Row]:
    """Return a row for the aligned window, and one for every drain behind the same stimulus."""
    aligned, output = runs[None], study.network.outputs[0].name
    return [
        study.row(
            steps=aligned.steps,
            alignment="aligned" if drain is None else "free",
            drain=drain or 0,
            accuracy=float(run.accuracy()[-1]),
            spikes_per_image=spikes(run),
            lost_per_image=lost(run),
            output_deviation=deviation(run, aligned, output),
        )
        for drain, run in runs.items()
    ]


def by_layer(study: Study, runs: dict[int | None, Recording]) -> list[Row]:
    """Return a row for every drain and layer: what it lost, and how far it is from the aligned one."""
    latency = study.network.latency
    return [
        study.row(
            steps=runs[None].steps,
            drain=drain,
            layer=name,
            latency=latency[name],
            spikes_per_image=float(run.totals(name).mean()),
            lost_per_image=0.0 if run.accumulates(name) else float(run.lost(name).mean()),
            deviation=deviation(run, runs[None], name),
        )
        for drain, run in runs.items()
        if drain is not None
        for name in run.layers
    ]


def spikes(recording: Recording) -> float:
    return float(sum(recording.totals(layer).mean() for layer in recording.layers))


def lost(recording: Recording) -> float:
    """Return how many spikes of an image were still on their way when it ended."""
    spiking = (layer for layer in recording.layers if not recording.accumulates(layer))
    return float(sum(recording.lost(layer).mean() for layer in spiking))


if __name__ == "__main__":
    torch.set_num_threads(1)  # the order of sums, so the last bits of the thresholds, may depend on it
    sys.exit(run_study(__file__, __doc__, measure))
