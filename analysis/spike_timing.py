"""When does each neuron of a converted network first spike, how surely, and what decides an image, and when?

Method: three networks become IF neurons (theta = A, V starts at 0, a spike a step at most) and BM-IF neurons
with K = 4 (theta = A/4, V starts at theta/2), A the 99.9th percentile of each layer's activation over 1,000
training images: the residual one for digits, the published one for MNIST, and the published ResNet20 for
CIFAR-10. They see the first test images of each of ten classes for 64 steps in Brian2 C++, in double
precision. Times are steps of a layer's own window, 1 its first; `latency` steps more have passed since the
stimulus began. NaN: silent. Tables, by network and kind of neuron:

  spike_timing            a row a layer: when its first neuron, half, and 90 % of those that spike at all have
                          spiked (the mean over images); the share that spikes at all; and when the image is
                          decided, the share of these neurons, and of the window's spikes, that have spoken
  spike_timing_jitter     a row a layer and cause: the standard deviation of a neuron's first spike within a
                          group of images, as it is and over its mean, averaged over groups and the neurons
                          that spike for at least half of a group; and the share of the neurons that spike
                          for some of a group and not for others. Groups: copies of one image with Gaussian
                          noise of 0.05 on every pixel ("noise"), or moved by up to a pixel ("shift"); images
                          of one class ("class"), of as many classes ("any")
  spike_timing_decisions  a row an image: after how many steps its prediction stays what it is at the end
                          (`decided`, not before a spike reached the read-out), and what might cause it:
                          the margin of the two largest logits in torch, the mean pixel, and the first spike
                          of the layer before the read-out
  spike_timing_causes     Spearman's rank correlation of `decided` with each of them; and the accuracy from
                          first spikes only: a neuron that first spikes at step n is taken to have the rate
                          (theta - V0) / (theta n), which is what a constant current would have to be

Reference: accuracy and logits of the same networks in torch. Under a constant current z an IF neuron first
spikes at step ceil((theta - V0) / z). First spikes as a code: Thorpe, Delorme, Van Rullen 2001, Neural
Networks 14:715.

Run: python analysis/spike_timing.py [--quick --output DIR]; all but --quick needs MNIST, CIFAR-10 and their
weights, as analysis/mnist_if_loss.py and analysis/accuracy_against_steps.py do.
"""

import sys
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr

from neurosim.ann import architecture, predict
from neurosim.conversion import BMIF, ThresholdBalance
from neurosim.devices import CppStandalone, Reference
from neurosim.network import Network
from neurosim.recording import Recording
from neurosim.reference import project
from neurosim.simulation import Simulation
from neurosim.statistics import first_spike_latency
from neurosim.workflows.specimens import Specimen, specimen
from neurosim.workflows.studies import Answer, run_study

RECIPES = {"IF": ThresholdBalance(99.9), "BMIF(4)": BMIF(4, 99.9)}
STEPS, MEMBERS = 64, {"digits": 10, "mnist": 10, "cifar10": 2}  # images a class
COPIED = ("digits", "mnist")  # whose images are also shown changed
NOISE, SEED = 0.05, 1
BLOCK = 10  # images whose spikes are in memory at a time

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Run:
    """What one network did with groups of images; all images of a group follow each other."""

    data: str
    neuron: str
    network: Network
    recording: Recording

    @property
    def names(self) -> list[str]:
        return [layer.name for layer in self.network.neurons if layer.model.spiking]

    @property
    def last(self) -> list[str]:
        """The layers before the read-out."""
        return [p.source for p in self.network.into(self.network.outputs[0].name)]

    def row(self, **found: Any) -> Row:
        return {"data": self.data, "neuron": self.neuron} | found

    @cached_property
    def first(self) -> dict[str, np.ndarray]:
        """The step of every neuron's first spike, by layer, (images, *shape)."""
        return {
            name: np.concatenate([self._first(name, start) for start in self._starts]) for name in self.names
        }

    @property
    def _starts(self) -> range:
        return range(0, self.recording.images, BLOCK)

    def _first(self, name: str, start: int) -> np.ndarray:
        latency = first_spike_latency(self.recording.spikes(name, slice(start, start + BLOCK)))
        return np.rint(latency / self.recording.dt) + 1

    def earliest(self, name: str) -> np.ndarray:
        """Return the step of the first spike of a layer, (images,)."""
        first = self.first[name]
        return np.fmin.reduce(first.reshape(len(first), -1), axis=1)

    @cached_property
    def decided(self) -> np.ndarray:
        """After how many steps the prediction of each image is final, (images,)."""
        predictions = self.recording.predictions()
        other = predictions != predictions[:, -1:]
        final = np.where(other.any(axis=1), other.shape[1] - other[:, ::-1].argmax(axis=1) + 1, 1)
        return np.fmax(final, np.fmin.reduce([self.earliest(name) for name in self.last]))

    def said(self, name: str) -> np.ndarray:
        """Return the spikes of a layer after 1, 2, ... steps, (images, steps)."""
        blocks = [self.recording.spikes(name, slice(start, start + BLOCK)) for start in self._starts]
        counts = [np.bincount(s.image * s.steps + s.step, minlength=s.images * s.steps) for s in blocks]
        return np.concatenate(counts).reshape(-1, self.recording.steps).cumsum(axis=1)


def measure(quick: bool) -> Answer:
    """Return the order of layers, their jitter, every decision, and what causes it."""
    data = ("digits",) if quick else tuple(MEMBERS)
    device = Reference() if quick else CppStandalone()  # equal to the bit, and compiles nothing
    steps = 8 if quick else STEPS
    rows: list[Row] = []
    parts: dict[str, list[Row]] = {"jitter": [], "decisions": [], "causes": []}
    about = []
    for known in (specimen(name, 200) for name in data):
        chosen = members(known.images.labels, 2 if quick else MEMBERS[known.data])
        networks = {name: known.convert(recipe) for name, recipe in RECIPES.items()}
        for neuron, network in networks.items():
            with Simulation(network, device, steps, record="spikes") as simulation:
                run = show(simulation, known, neuron, known.images.images[chosen.ravel()])
                rows += order(run)
                parts["jitter"] += jitter(run, groups(simulation, run, known, chosen))
            decisions = decide(run, known, chosen.ravel())
            parts["decisions"] += decisions
            parts["causes"].append(causes(run, decisions))
        about.append(known.about(networks))
    settings = {"precision": "double", "recipes": {name: repr(recipe) for name, recipe in RECIPES.items()}}
    return Answer(rows, settings | {"steps": steps, "noise": NOISE, "seed": SEED, "specimens": about}, parts)


def members(labels: np.ndarray, count: int) -> np.ndarray:
    """Return the indices of the first images of every class, (classes, count)."""
    return np.stack([np.flatnonzero(labels == label)[:count] for label in np.unique(labels)])


def show(simulation: Simulation, known: Specimen, neuron: str, images: np.ndarray) -> Run:
    return Run(known.data, neuron, simulation.network, simulation.run(images, progress=False))


# ---- order


def order(run: Run) -> list[Row]:
    """Return a row a layer."""
    return [run.row(**layer_order(run, name)) for name in run.names]


def layer_order(run: Run, name: str) -> Row:
    first = run.first[name].reshape(run.recording.images, -1)
    spoken, said = ~np.isnan(first), run.said(name)
    in_time = (first <= run.decided[:, None]).sum(axis=1)
    early = said[np.arange(len(said)), run.decided.astype(int) - 1]
    with warnings.catch_warnings(action="ignore"):  # of layers silent for an image: NaN
        half, most = np.nanpercentile(first, (50, 90), axis=1)
        heard, sent = in_time / spoken.sum(axis=1), early / said[:, -1]
    return {
        "layer": name,
        "latency": run.network.latency[name],
        "neurons": first.shape[1],
        "spiking": spoken.mean(),
        "earliest": np.nanmean(run.earliest(name)),
        "half": np.nanmean(half),
        "most": np.nanmean(most),
        "spoken_when_decided": np.nanmean(heard),
        "spikes_when_decided": np.nanmean(sent),
    }


# ---- jitter


def groups(
    simulation: Simulation, run: Run, known: Specimen, chosen: np.ndarray
) -> dict[str, dict[str, np.ndarray]]:
    """Return, by cause and layer, the step of every first spike, (groups, images of a group, neurons)."""
    first = {name: steps.reshape(*chosen.shape, -1) for name, steps in run.first.items()}
    found = {"class": first, "any": {name: steps.swapaxes(0, 1) for name, steps in first.items()}}
    if known.data in COPIED:
        originals = known.images.images[chosen[:, 0]]
        for cause, change in {"noise": noisy, "shift": moved}.items():
            copies = change(originals, chosen.shape[1])
            seen = show(simulation, known, run.neuron, copies.reshape(-1, *copies.shape[2:]))
            found[cause] = {name: steps.reshape(*copies.shape[:2], -1) for name, steps in seen.first.items()}
    return found


def noisy(images: np.ndarray, copies: int) -> np.ndarray:
    """Return copies with other noise each, (images, copies, C, H, W)."""
    noise = np.random.default_rng(SEED).normal(0, NOISE, (len(images), copies, *images.shape[1:]))
    return np.clip(images[:, None] + noise, 0, 1)


def moved(images: np.ndarray, copies: int) -> np.ndarray:
    """Return copies moved by -1, 0 or 1 pixel along each axis, nine at most, edges repeated."""
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    height, width = images.shape[2:]
    windows = [padded[..., y : y + height, x : x + width] for y in (1, 0, 2) for x in (1, 0, 2)]
    return np.stack(windows[:copies], axis=1)


def jitter(run: Run, groups: dict[str, dict[str, np.ndarray]]) -> list[Row]:
    """Return a row a cause and layer."""
    return [
        run.row(cause=cause, layer=name, **spread(steps))
        for cause, layers in groups.items()
        for name, steps in layers.items()
    ]


def spread(first: np.ndarray) -> Row:
    """Return the deviation of first spikes (groups, images of a group, neurons) within groups."""
    spoken = (~np.isnan(first)).sum(axis=1)
    often = spoken >= max(2, first.shape[1] / 2)
    with warnings.catch_warnings(action="ignore"):  # of neurons that are silent for a group
        deviation, mean = np.nanstd(first, axis=1, ddof=1), np.nanmean(first, axis=1)
        relative = (deviation / mean)[often].mean()
    unsure = (spoken > 0) & (spoken < first.shape[1])
    return {
        "jitter": deviation[often].mean(),
        "relative": relative,
        "unsure": unsure.sum() / (spoken > 0).sum(),
    }


# ---- decisions


def decide(run: Run, known: Specimen, chosen: np.ndarray) -> list[Row]:
    """Return a row an image."""
    images, labels = known.images.images[chosen], known.images.labels[chosen]
    logits = predict(known.module, images, architecture(known.architecture).input)
    ranked = np.sort(logits, axis=1)
    columns = {
        "image": chosen,
        "label": labels,
        "prediction": run.recording.predictions()[:, -1],
        "prediction_ann": logits.argmax(axis=1),
        "prediction_first_spikes": by_first_spikes(run).argmax(axis=1),
        "decided": run.decided.astype(int),
        "margin": ranked[:, -1] - ranked[:, -2],
        "brightness": images.mean(axis=(1, 2, 3)),
        "first_spike": np.fmin.reduce([run.earliest(name) for name in run.last]),
    }
    values = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [run.row(**dict(zip(columns, row, strict=True))) for row in values]


def by_first_spikes(run: Run) -> np.ndarray:
    """Return what the read-out would make of the rates that the first spikes tell, (images, classes)."""
    output = run.network.outputs[0]
    logits = np.zeros((run.recording.images, *output.shape))
    for projection in run.network.into(output.name):
        values = run.network[projection.source].model.values(run.recording.dt)
        way = 1 - np.asarray(values["initial"]) / values["threshold"]
        project(projection.ops, np.nan_to_num(way / run.first[projection.source]), logits)
    return logits + run.network.bias(output.name)


def causes(run: Run, decisions: list[Row]) -> Row:
    """Return what goes with a late decision, and how well first spikes do."""
    column = {name: np.array([row[name] for row in decisions]) for name in decisions[0]}
    with warnings.catch_warnings(action="ignore"):  # of images that are all decided at one step: NaN
        ranks = {
            f"decided_and_{cause}": spearmanr(column["decided"], column[cause], nan_policy="omit").statistic
            for cause in ("margin", "brightness", "first_spike")
        }
    right = {
        f"accuracy{how}": (column[f"prediction{how}"] == column["label"]).mean()
        for how in ("_ann", "", "_first_spikes")
    }
    half, most = np.percentile(column["decided"], (50, 90))
    return run.row(images=len(decisions), **right, decided_half=half, decided_most=most, **ranks)


if __name__ == "__main__":
    torch.set_num_threads(1)  # the order of sums, so the last bits of the thresholds, may depend on it
    sys.exit(run_study(__file__, __doc__, measure))
