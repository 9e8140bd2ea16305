"""How much faster than torch's spiking libraries is a whole network, and what does recording cost?

Method: VGG11, VGG16 and ResNet18 with random weights, IF neurons with soft reset and average pooling, 16
steps an image, one threshold a layer for the wanted activity. SpikingJelly and sinabs run the very same
network over all steps of a layer at once, in inference mode, and count the spikes of all neurons, as the
simulation does (record="counts"); all in single precision on one thread. Weights and thresholds are dyadic,
so that every engine must count the same spikes. A time is that of the processor in the computing process,
per image and step: ours of a whole run of 96 images, with starting, loading, and filling and emptying the
pipeline of layers; theirs of warm passes. "Whole" is the clock's time of `Simulation.run`, with reading and
writing of the recording. Medians of interleaved repeats.

Run: python benchmarks/networks.py [--quick --output DIR]; the first time it installs the peers in .venv here.
"""

import contextlib
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from harness.cases import ACTIVITIES, Case, network_case
from harness.graph import write_graph
from harness.peers import PEERS, Peer
from harness.timing import interleaved, step_cost

from neurosim import CppStandalone, Recording, Simulation
from neurosim.workflows.studies import Answer, run_study

NETS = ("vgg11", "vgg16", "resnet18")
BATCHES = {16: 16, 1: 4}
"""Images in a batch, and how many of them are measured."""
IMAGES, QUICK_IMAGES, REPEATS, MILLI = 96, 16, 3, 1e3


def measure(quick: bool) -> Answer:
    """Return a row for each net and activity."""
    torch.set_num_threads(1)
    nets, activities = (NETS[:1], (0.05,)) if quick else (NETS, ACTIVITIES)
    images, repeats = (QUICK_IMAGES, 1) if quick else (IMAGES, REPEATS)
    cases = (network_case(net, activity, images) for net in nets for activity in activities)
    rows = [time_case(case, repeats) for case in cases]
    return Answer(rows, {"precision": "single", "repeats": repeats, "peers": PEERS})


def time_case(case: Case, repeats: int) -> dict[str, Any]:
    """Return one row: what a step of an image takes in every engine [ms]."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        write_graph(folder / "net.npz", case.network, case.images[:16], case.steps)
        peers = [stack.enter_context(Peer(name, folder / "net.npz")) for name in PEERS]
        counts, spikes = (
            stack.enter_context(
                Simulation(case.network, CppStandalone(), case.steps, precision="single", record=level)
            )
            for level in ("counts", "spikes")
        )
        recording = counts.run(case.images[:16], progress=False)
        different = {peer.name: differing(recording, peer.counts(folder / "counts.npz")) for peer in peers}
        measures: dict[str, Callable[[], Any]] = {
            "ours": lambda: steps_of(counts, case),
            "ours_spikes": lambda: steps_of(spikes, case),
        }
        for peer in peers:
            measures |= {f"{peer.name}_{batch}": asker(peer, case, batch) for batch in BATCHES}
        taken = interleaved(measures, repeats)
    return row(case, recording, taken, different)


def steps_of(simulation: Simulation, case: Case) -> np.ndarray:
    """Return what a step of an image takes, of the processor and by the clock of the whole run [ms]."""
    cost = step_cost(simulation, case)
    return MILLI * np.array([cost.cpu, cost.wall])


def asker(peer: Peer, case: Case, batch: int) -> Callable[[], np.ndarray]:
    """Return a measurement of a peer [ms]."""
    images = BATCHES[batch]
    scale = MILLI / images / case.steps
    return lambda: np.array([peer.ask(batch=batch, images=images)["cpu"] * scale])


def differing(recording: Recording, counts: Mapping[str, np.ndarray]) -> float:
    """Return the share of all neurons and images whose counts differ."""
    wrong = sum(int((recording.counts(layer) != counted).sum()) for layer, counted in counts.items())
    return wrong / sum(counted.size for counted in counts.values())


def row(
    case: Case, recording: Recording, taken: dict[str, np.ndarray], different: dict[str, float]
) -> dict[str, Any]:
    """Return times [ms] and ratios."""
    sizes = [layer.size for layer in case.network.neurons]
    spikes = sum(int(recording.totals(name).sum()) for name in recording.layers)
    ours = taken["ours"][0]
    columns = {
        "net": case.name,
        "activity": case.activity,
        "neurons": sum(sizes),
        "mean_activity": spikes / sum(sizes) / recording.images / case.steps,
        **{f"{name}_ms": times[0] for name, times in taken.items()},
        "ours_whole_ms": taken["ours"][1],
        "ours_spikes_whole_ms": taken["ours_spikes"][1],
        **{f"ratio_{b}": min(taken[f"{peer}_{b}"][0] for peer in PEERS) / ours for b in BATCHES},
        "recording_costs": taken["ours_spikes"][0] / ours - 1,
        "recording_costs_whole": taken["ours_spikes"][1] / taken["ours"][1] - 1,
        **{f"{name}_differs": share for name, share in different.items()},
    }
    return {name: float(f"{x:.4g}") if isinstance(x, float) else x for name, x in columns.items()}


if __name__ == "__main__":
    sys.exit(run_study(__file__, __doc__, measure))
