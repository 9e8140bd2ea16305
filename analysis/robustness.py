"""Which flaw of tissue or chips breaks which neuron model first, and in which layer does it show?

Method: the residual network for digits becomes IF neurons (threshold A, V starts at A/2), the same with a
leak of 0.98 a step (LIF), and BM-IF neurons with K = 1 and K = 4 (threshold A/K), A the 99.9th percentile of
each layer's activation over 1,000 training images. Each layer counts in units of its own A, so that one
strength of noise means the same in all. 300 test images run for T = 32 steps in Brian2 C++, in single
precision. One flaw at a time is swept: leak (of IF neurons; BM-IF have none), refractory period, delay
jitter, noise, spike loss, spread of thresholds, and bits of weights. The first table has the accuracy at the
end of the window; `layers` the deviation of each layer from the same network without the flaw, sqrt(sum (S' -
S)^2) / sqrt(sum S^2) over the sums of strengths, of the output over its potentials; and `limits` the first
strength at which the accuracy falls by more than five points.

Reference: each network without the flaw, and the network in torch. By the closed form of BM-IF with K
unlimited, its sums do not depend on the order in which spikes arrive; those of IF neurons do.

Run: python analysis/robustness.py [--quick --output DIR]
"""

import dataclasses
import functools
import itertools
import operator
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import torch

from neurosim import neurons
from neurosim.comparison import deviation
from neurosim.conversion import BMIF
from neurosim.devices import CppStandalone, Device, Reference
from neurosim.extras import Extra, Jitter, Noise, Refractory, SpikeLoss, Spread, WeightBits
from neurosim.layers import Projection
from neurosim.network import Network
from neurosim.ops import Scale
from neurosim.recording import Recording
from neurosim.simulation import Simulation
from neurosim.workflows.specimens import Specimen, specimen
from neurosim.workflows.studies import Answer, run_study

STEPS, PERCENTILE, SEED = 32, 99.9, 1
LEAK = 0.98  # of the LIF neurons; that of IF neurons is 1, which is no leak
FALL = 0.05
FLAWS: dict[str, tuple[Callable[[Any], Extra], tuple[float, ...]]] = {
    "bits of weights": (WeightBits, (6, 5, 4, 3, 2)),
    "spread of thresholds": (lambda std: Spread(std, seed=SEED), (0.1, 0.2, 0.3, 0.5)),
    "noise (A)": (lambda std: Noise(std, SEED), (0.1, 0.2, 0.4, 0.8)),
    "spike loss": (lambda share: SpikeLoss(share, SEED), (0.05, 0.1, 0.2, 0.4)),
    "refractory period (steps)": (Refractory, (1, 2, 4, 8)),
    "delay jitter (steps)": (lambda steps: Jitter(steps, SEED), (1, 2, 3, 4)),
}
LEAKS = (0.02, 0.05, 0.1, 0.2)

Row = dict[str, Any]
Found = tuple[Row, list[Row]]


@dataclasses.dataclass(frozen=True)
class Bench:
    """Networks of several kinds of neuron, which run side by side on the same images."""

    known: Specimen
    networks: dict[str, Network]
    device: Device
    steps: int
    jobs: int

    def run(self, *extras: Extra, **others: Network) -> Recording:
        """Run all images with some extras, and others in the place of some networks."""
        network, images = side_by_side(self.networks | others), self.known.images
        how: dict[str, Any] = {"precision": "single", "record": "counts", "extras": extras}
        with Simulation(network, self.device, self.steps, **how) as simulation:
            return simulation.run(images.images, images.labels, jobs=self.jobs, progress=False)


def measure(quick: bool) -> Answer:
    """Return the accuracy under every flaw; layer by layer what it changed; and what breaks when."""
    known = specimen("digits", 4, 20) if quick else specimen("digits", 300)
    device = Reference() if quick else CppStandalone()  # equal to the bit, and compiles nothing
    steps, most, jobs = (4, 1, 1) if quick else (STEPS, 6, len(os.sched_getaffinity(0)))
    bench = Bench(known, networks(known), device, steps, jobs)
    found = list(sweep(bench, most))
    points = sorted((point for point, _ in found), key=operator.itemgetter("flaw", "neuron"))
    layers = [row for _, rows in found for row in rows]
    settings = {"steps": steps, "precision": "single", "percentile": PERCENTILE, "seed": SEED}
    settings |= {"leak_of_lif": LEAK, "fall": FALL} | known.about(bench.networks)
    return Answer(points, settings, {"layers": layers, "limits": limits(points)})


def networks(known: Specimen) -> dict[str, Network]:
    """Return the network of each kind of neuron, in units of the largest activations."""
    one, four = (in_units(known.convert(BMIF(strength, PERCENTILE)), strength) for strength in (1, 4))
    return {"IF": leaky(one, 1.0), "LIF": leaky(one, LEAK), "BMIF(1)": one, "BMIF(4)": four}


def in_units(network: Network, strength: int) -> Network:
    """Return a network of BM-IF neurons that does the same, each layer's currents divided by its A."""
    largest = {x.name: x.neuron.threshold * strength for x in network.neurons if x.model.spiking}
    projections = [divided(p, largest.get(p.target, 1.0)) for p in network.projections]
    units = Network(network.layers, projections, network.classes)
    return of_neurons(units, neurons.BMIF(1 / strength, strength=strength))


def divided(projection: Projection, by: float) -> Projection:
    bias = None if projection.bias is None else projection.bias / by
    return dataclasses.replace(projection, ops=(*projection.ops, Scale(1 / by)), bias=bias)


def leaky(network: Network, leak: float) -> Network:
    """Return a network of LIF neurons; with a leak of 1 they are IF neurons, and share one build."""
    return of_neurons(network, neurons.LIF(leak=leak, initial=0.5))


def of_neurons(network: Network, neuron: neurons.Neuron) -> Network:
    """Return a network all of whose spiking layers have this neuron."""
    spiking = [layer.name for layer in network.neurons if layer.model.spiking]
    return functools.reduce(lambda made, name: made.replace(name, neuron), spiking, network)


def side_by_side(networks: dict[str, Network]) -> Network:
    """Return one network of several that share their input: each does what it does alone."""
    shared = next(iter(networks.values())).input
    layers, projections = [shared], []
    for kind, network in networks.items():
        names = {layer.name: f"{kind} {layer.name}" for layer in network.neurons} | {shared.name: shared.name}
        layers += [dataclasses.replace(layer, name=names[layer.name]) for layer in network.neurons]
        projections += [
            dataclasses.replace(p, source=names[p.source], target=names[p.target])
            for p in network.projections
        ]
    return Network(layers, projections)


def sweep(bench: Bench, most: int) -> Iterator[Found]:
    """Yield what is found of each kind of neuron under every flaw, at so many strengths at most."""
    alone = bench.run()
    for flaw, strength, run in itertools.chain([("none", 0, alone)], flawed(bench, most)):
        for neuron in ["IF"] if flaw == "leak" else bench.networks:
            yield judged(bench, neuron, flaw, strength, run, alone)


def flawed(bench: Bench, most: int) -> Iterator[tuple[str, float, Recording]]:
    """Yield the run of all networks under every flaw; only IF neurons are made leaky."""
    for share in LEAKS[:most]:
        yield "leak", share, bench.run(IF=leaky(bench.networks["IF"], 1 - share))
    for flaw, (extra, strengths) in FLAWS.items():
        for strength in strengths[:most]:
            yield flaw, strength, bench.run(extra(strength))


def judged(bench: Bench, neuron: str, flaw: str, strength: float, run: Recording, alone: Recording) -> Found:
    """Return a row for one kind of neuron in a run, and one for each of its layers."""
    network = bench.networks[neuron]
    names = {layer.name: f"{neuron} {layer.name}" for layer in network.neurons}
    accuracy, whole = (accuracy_of(one, names[network.outputs[0].name]) for one in (run, alone))
    spikes = float(sum(run.totals(name).mean() for name in names.values()))
    row = {"flaw": flaw, "neuron": neuron, "strength": strength}
    point = row | {"accuracy": accuracy, "fall": round(whole - accuracy, 9), "spikes_per_image": spikes}
    return point, [row | {"layer": own, "deviation": deviation(run, alone, n)} for own, n in names.items()]


def accuracy_of(recording: Recording, output: str) -> float:
    """Return the share of images whose largest output at the end is their label."""
    said = recording.output(output)[:, -1].argmax(axis=1)
    return float((said == recording.labels).mean())


def limits(points: list[Row]) -> list[Row]:
    """Return what it takes of each flaw to lose five points of accuracy; NaN: more than was tried."""
    columns = ("flaw", "neuron")
    return [
        dict(zip(columns, case, strict=True))
        | {"limit": next((p["strength"] for p in tried if p["fall"] > FALL), float("nan"))}
        for case, tried in itertools.groupby(points, operator.itemgetter(*columns))
        if "none" not in case
    ]


if __name__ == "__main__":
    torch.set_num_threads(1)  # the order of sums, so the last bits of the thresholds, may depend on it
    sys.exit(run_study(__file__, __doc__, measure))
