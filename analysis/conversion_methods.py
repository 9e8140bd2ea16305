"""How do TerMapping and AugMapping compare with other conversions: accuracy, speed, and the cost in spikes?

Method: trained networks for MNIST and Fashion-MNIST (12C5-P2-64C5-P2-10), for CIFAR-10 (a small VGG type,
and the published ResNet20) are converted by every method, thresholds from the first 2,000 training images,
and run on test images for 64 steps in Brian2 C++, in double precision. As nothing in the dynamics depends on
T, the output after step T of that window is the output of a window of T steps. The cost is counted on the
first images: spikes, and synaptic operations, which are spikes times the explicit synapses that leave their
neuron. An augmented spike of coefficient k is one operation with a product (`synaptic_events`), or |k|
additions (`synaptic_additions`): both are kept. The products of pixels with the first layer's weights, done
once an image whatever the method, are not counted.

Tables: conversion_methods, one row for every network, method and T; conversion_methods_gaps, by network and
method the distance to the network in torch at the last step [points], and the first step from which the
accuracy stays within a point of it, with what it cost until then (NaN: not within the window).

Reference: S3 of the systems neurosim implements, Yu, Ma, Song, Zhang, Dang, Tan 2022, IEEE TNNLS 33:1714
(TerMapping, AugMapping). Its claims: the double threshold raises accuracy; augmented spikes are more
accurate, faster, and fewer.

Run: python analysis/conversion_methods.py [--quick --output DIR]; NEUROSIM_DATA names the folder of data
for all but --quick.
"""

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from neurosim import training
from neurosim.conversion import BMIF, QCFS, SNM, AugMapping, Burst, Recipe, TerMapping, ThresholdBalance
from neurosim.datasets.sources import locate
from neurosim.devices import CppStandalone, Device, Reference
from neurosim.network import Network
from neurosim.ops import fan_out
from neurosim.recording import Recording
from neurosim.simulation import Simulation
from neurosim.workflows.specimens import Specimen, from_weights, specimen
from neurosim.workflows.studies import Answer, run_study

STEPS, CALIBRATION, WATCHED = 64, 2000, 50
WINDOWS = (1, 2, 4, 8, 16, 32, 64)
CLOSE, PROMISED, ROUNDING = 1.0, 0.3, 1e-9  # points
SHIPPED = Path(__file__).resolve().parents[1] / "weights"

Row = dict[str, Any]


@dataclass(frozen=True)
class Net:
    """A trained network: its architecture, its data set, and how many test images are run."""

    architecture: str
    data: str
    images: int

    def specimen(self) -> Specimen:
        """Return it with its images."""
        return from_weights(self._weights(), self.architecture, self.data, self.images, CALIBRATION)

    def tuned(self) -> Specimen | None:
        """Return it as it was fine-tuned for QCFS, None if it was not."""
        weights = SHIPPED / f"{self.architecture}_qcfs.safetensors"
        if self.architecture not in TUNED:
            return None
        return from_weights(
            weights, self.architecture, self.data, self.images, CALIBRATION, adapt=training.qcfs_module
        )

    def _weights(self) -> Path:
        if self.architecture in PUBLISHED:
            return locate("weights", [PUBLISHED[self.architecture]], None) / PUBLISHED[self.architecture]
        return SHIPPED / f"{self.architecture}.safetensors"


PUBLISHED = {"resnet20": "resnet20-12fca82f.th"}  # github.com/akamaster/pytorch_resnet_cifar10
NETS = (
    Net("diehl_mnist", "mnist", 2000),
    Net("diehl_fashion", "fashion-mnist", 2000),
    Net("cifar_vgg", "cifar10", 1000),
    Net("resnet20", "cifar10", 1000),
)

TUNED = ("diehl_mnist", "diehl_fashion", "cifar_vgg")
METHODS = {
    "IF": ThresholdBalance(100.0),
    "TerMapping": TerMapping(),
    "AugMapping": AugMapping(),
    "TerMapping, 99 %": TerMapping(99.0),
    "AugMapping, 99 %": AugMapping(99.0),
    "SNM": SNM(),
    "IF, 99.9 %": ThresholdBalance(99.9),
    "Burst": Burst(),
    "BM-IF, K = 1": BMIF(1, 99.9),
    "BM-IF, K = 8": BMIF(8, 99.9),
}


@dataclass(frozen=True, eq=False)
class Trial:
    """A network converted by a method, and what it did: accuracy (steps,), sums an image (steps,)."""

    known: Specimen
    method: str
    network: Network
    accuracy: np.ndarray
    sums: dict[str, np.ndarray]

    @property
    def _names(self) -> Row:
        return {"network": self.known.architecture, "method": self.method}

    def rows(self) -> Iterator[Row]:
        """Yield a row for every window."""
        for steps in (steps for steps in WINDOWS if steps <= len(self.accuracy)):
            found = {
                "steps": steps,
                "accuracy": self.accuracy[steps - 1],
                "accuracy_ann": self.known.accuracy,
            }
            yield self._names | found | self._spent(steps)

    def gap(self) -> Row:
        """Return how far it ends from the network in torch, and when it came close."""
        gaps = 100 * (self.known.accuracy - self.accuracy)
        apart = np.flatnonzero(gaps > CLOSE + ROUNDING)
        first = int(apart[-1]) + 2 if len(apart) else 1
        close = first <= len(gaps)
        return self._names | {
            "accuracy_ann": self.known.accuracy,
            "accuracy": self.accuracy[-1],
            "gap": gaps[-1],
            "within_promised": bool(gaps[-1] <= PROMISED + ROUNDING),
            "steps_to_close": first if close else math.nan,
            **(self._spent(first) if close else dict.fromkeys(self.sums, math.nan)),
        }

    def about(self) -> Row:
        """Return what was run, as plain JSON."""
        about = self.known.about({})
        del about["networks"]  # a threshold a neuron would fill megabytes
        return self._names | about | {"fingerprint": self.network.fingerprint()}

    def _spent(self, steps: int) -> Row:
        return {name: values[steps - 1] for name, values in self.sums.items()}


def measure(quick: bool) -> Answer:
    """Return accuracy and cost of every method on every network."""
    if quick:  # the reference equals C++ to the bit, and compiles nothing
        trials = list(tried(specimen("digits", 4, 50), METHODS, Reference(), 4))
    else:
        trials = [trial for net in NETS for trial in of_net(net)]
    settings = {
        "precision": "double",
        "methods": {method: repr(recipe) for method, recipe in METHODS.items()},
        "watched_images": WATCHED,
        "trials": [trial.about() for trial in trials],
    }
    rows = [row for trial in trials for row in trial.rows()]
    return Answer(rows, settings, {"gaps": [trial.gap() for trial in trials]})


def of_net(net: Net) -> Iterator[Trial]:
    """Yield the trial of every method, with the network as it was fine-tuned for QCFS last."""
    yield from tried(net.specimen(), METHODS, CppStandalone(), STEPS)
    if tuned := net.tuned():
        yield from tried(tuned, {"QCFS": QCFS()}, CppStandalone(), STEPS)


def tried(known: Specimen, methods: dict[str, Recipe], device: Device, steps: int) -> Iterator[Trial]:
    """Yield the trial of every method."""
    for method, recipe in methods.items():
        yield run(known, method, known.convert(recipe), device, steps)


def run(known: Specimen, method: str, network: Network, device: Device, steps: int) -> Trial:
    """Run all images for the accuracy, and the first of them for the cost."""
    images, watched = known.images, known.images[:WATCHED]
    with Simulation(network, device, steps) as simulation:
        accuracy = simulation.run(images.images, images.labels, progress=False).accuracy()
    with Simulation(network, device, steps, record="spikes") as simulation:
        sums = cost(network, simulation.run(watched.images, progress=False))
    return Trial(known, method, network, accuracy, sums)


def cost(network: Network, recording: Recording) -> dict[str, np.ndarray]:
    """Return spikes and synaptic operations an image up to every step, (steps,)."""
    names = ("spikes", "strengths", "synaptic_events", "synaptic_additions")
    sums = {name: np.zeros(recording.steps) for name in names}
    for layer in (layer for layer in network.neurons if layer.model.spiking):
        sent = recording.spikes(layer.name)
        leaving = [fan_out(p.ops, layer.shape) for p in network.projections if p.source == layer.name]
        targets, sizes = np.sum(leaving, axis=0).ravel()[sent.neuron], np.abs(sent.strength)
        for name, weights in zip(names, (None, sizes, targets, targets * sizes), strict=True):
            sums[name] += np.bincount(sent.step, weights, recording.steps)
    return {name: values.cumsum() / recording.images for name, values in sums.items()}


if __name__ == "__main__":
    torch.set_num_threads(1)  # the order of sums, so the last bits of the thresholds, may depend on it
    sys.exit(run_study(__file__, __doc__, measure))
