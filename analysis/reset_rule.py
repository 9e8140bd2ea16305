"""What does the reset to zero lose, beside the reset by subtraction and a delayed one, and in which layers?

Method: three networks become LIF neurons with the thresholds of threshold balancing, theta = A the 99.9th
percentile of each layer's activation over 1,000 training images: the residual one for digits, the published
one for MNIST, and the published ResNet20 for CIFAR-10. A spike lowers V by theta ("subtract"), by theta a
step later ("delayed"), or to 0 ("zero"); or to 0 on a finer clock, four steps for each ("zero, 4 substeps").
The leak is 1, none, and for the smaller networks also less, with all else unchanged. Test images run for 64
steps in Brian2 C++, in double precision; the output after step T is that of a window of T steps.

A reset to zero erases what the membrane holds beyond the threshold. With a the activation in torch, r the
read-out theta S/T, Q all that a neuron has received in T = 64 steps without leak, and z = max(0, Q/T) the
rate that this calls for, sums over the neurons of a layer and some images say where its total comes from:

    sum(r - a) = sum(z - a)  -  erased/T  +  rest        all in units of sum(a)
                 inherited      erased       waiting below the threshold, said too early, or clipped

with erased = sum(Q - theta S - V[T]), 0 for the other rules. Tables: reset_rule, the accuracy after every
step; reset_rule_layers, these parts and the relative error sqrt(sum (r - a)^2) / sqrt(sum a^2), by layer;
reset_rule_rates, the spikes a step, S/T, by what is received, Q/(theta T), in the first layer and in the
others together.

Reference: neurons that receive a constant current z count floor(T z/theta) spikes when theta is subtracted
and floor(T / ceil(theta/z)) when V is set to zero; in the first layer `closed_form` is the share of neurons
that do. Rueckauer et al. 2017, Front. Neurosci. 11:682; Han, Srinivasan, Roy 2020, CVPR (RMP-SNN).

Run: python analysis/reset_rule.py [--quick --output DIR]; all but --quick needs MNIST, CIFAR-10 and their
weights, as analysis/mnist_if_loss.py and analysis/accuracy_against_steps.py do.
"""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from neurosim.comparison import readout_error
from neurosim.conversion import ThresholdBalance
from neurosim.devices import CppStandalone, Device, Reference
from neurosim.extras.substeps import Substeps
from neurosim.network import Network
from neurosim.neurons import LIF
from neurosim.neurons.base import broadcast
from neurosim.recording import Potential, Recording
from neurosim.reference import project
from neurosim.simulation import Simulation
from neurosim.workflows.specimens import Specimen, specimen
from neurosim.workflows.studies import Answer, run_study

RECIPE, STEPS = ThresholdBalance(99.9), 64
RULES = {"subtract": ("subtract", 1), "delayed": ("delayed", 1), "zero": ("zero", 1)}
RULES |= {"zero, 4 substeps": ("zero", 4)}  # the neurons' reset, and the steps made of each
IMAGES = {"digits": 200, "mnist": 200, "cifar10": 50}
LARGEST = "cifar10"  # is tried with less
WATCHED = {"digits": 20, "mnist": 10, "cifar10": 2}  # whose potentials are kept
LEAKS = (1.0, 0.99, 0.95, 0.9)
BINS = np.arange(-1, 45) / 32  # of Q / (theta T)

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Trial:
    """A specimen under one rule."""

    known: Specimen
    rule: str
    plain: Network
    device: Device
    steps: int

    @property
    def substeps(self) -> int:
        return RULES[self.rule][1]

    def network(self, leak: float = 1.0) -> Network:
        """Return the network with neurons of this reset."""
        network = self.plain
        for name in spiking(network):
            theta = network[name].neuron.threshold
            network = network.replace(name, LIF(theta, leak=leak, reset=RULES[self.rule][0]))
        return network

    def simulation(self, record: Any) -> Simulation:
        extras = (Substeps(self.substeps),)
        return Simulation(self.network(), self.device, self.steps, record=record, extras=extras)

    def row(self, **found: Any) -> Row:
        return {"data": self.known.data, "reset": self.rule} | found


@dataclass(frozen=True, eq=False)
class Watched:
    """What the first images did to every neuron of a network without leak."""

    trial: Trial
    recording: Recording
    pixels: np.ndarray

    @property
    def time(self) -> int:
        return self.trial.steps

    def theta(self, name: str) -> float:
        return float(self.trial.plain[name].neuron.threshold)

    def said(self, name: str) -> np.ndarray:
        """Return theta S/T, (images, *shape)."""
        return self.theta(name) * self.recording.counts(name) / self.time

    def received(self, name: str) -> np.ndarray:
        """Return Q/T, (images, *shape)."""
        network = self.trial.plain
        charge = np.zeros((len(self.pixels), *network[name].shape))
        for projection in network.into(name):
            first = projection.source == network.input.name
            source = self.pixels if first else self.recording.counts(projection.source) / self.time
            project(projection.ops, source, charge)
        return charge + broadcast(network.bias(name), network[name].shape)

    def left(self, name: str) -> np.ndarray:
        """Return V[T]/T, (images, *shape)."""
        potential = self.recording.potential(name)[:, -1]
        return potential.reshape(-1, *self.trial.plain[name].shape) / self.time


def spiking(network: Network) -> list[str]:
    return [layer.name for layer in network.neurons if layer.model.spiking]


def measure(quick: bool) -> Answer:
    """Return the accuracy of every rule after every step, and where it is lost."""
    data, steps, leaks = (("digits",), 8, (1.0, 0.9)) if quick else (tuple(IMAGES), STEPS, LEAKS)
    device = Reference() if quick else CppStandalone()  # equal to the bit, and compiles nothing
    rows: list[Row] = []
    parts: dict[str, list[Row]] = {"layers": [], "rates": []}
    about = []
    for known in (specimen(name, 3 if quick else IMAGES[name]) for name in data):
        plain = known.convert(RECIPE)
        for rule in rules(known.data):
            trial = Trial(known, rule, plain, device, steps)
            rows += accuracies(trial, leaks[:1] if known.data == LARGEST else leaks)
            if rule != "delayed":  # without leak it is the reset by subtraction
                watched = watch(trial, 2 if quick else WATCHED[known.data])
                parts["layers"] += layers(watched)
                parts["rates"] += rates(watched)
        about.append(known.about({"IF": plain}))
    settings = {"precision": "double", "recipe": repr(RECIPE), "steps": steps, "watched": WATCHED}
    return Answer(rows, settings | {"specimens": about}, parts)


def rules(data: str) -> list[str]:
    """Return the rules that a specimen is tried with."""
    return ["subtract", "zero"] if data == LARGEST else list(RULES)


# ---- accuracy


def accuracies(trial: Trial, leaks: tuple[float, ...]) -> list[Row]:
    """Return a row for every leak and step."""
    with trial.simulation("totals") as simulation:
        return [row for leak in leaks for row in accuracy(trial, leak, run(simulation, trial, leak))]


def run(simulation: Simulation, trial: Trial, leak: float) -> Recording:
    images = trial.known.images
    return simulation.run(images.images, images.labels, network=trial.network(leak), progress=False)


def accuracy(trial: Trial, leak: float, recording: Recording) -> list[Row]:
    spikes = sum(float(recording.totals(name).mean()) for name in spiking(trial.plain))
    shares = recording.accuracy()[trial.substeps - 1 :: trial.substeps]
    rest = {"accuracy_ann": trial.known.accuracy, "spikes_in_window": spikes}
    return [
        trial.row(leak=leak, steps=step, accuracy=share, **rest)
        for step, share in enumerate(shares.tolist(), start=1)
    ]


# ---- where it is lost


def watch(trial: Trial, count: int) -> Watched:
    """Run the first images and keep every potential."""
    images = trial.known.images.images[:count]
    with trial.simulation({name: ("counts", Potential()) for name in spiking(trial.plain)}) as simulation:
        recording = simulation.run(images, progress=False)
    return Watched(trial, recording, trial.plain.input.neuron.normalise(images))


def layers(watched: Watched) -> list[Row]:
    """Return a row a layer."""
    activations = watched.trial.known.activations(watched.trial.known.images.images[: len(watched.pixels)])
    names = spiking(watched.trial.plain)
    return [watched.trial.row(**parts_of(watched, name, activations[name])) for name in names]


def parts_of(watched: Watched, name: str, activation: np.ndarray) -> Row:
    said, received = watched.said(name), watched.received(name)
    whole = activation.sum(dtype=np.float64)
    total = (said - activation).sum() / whole
    inherited = (np.maximum(received, 0) - activation).sum() / whole
    erased = -(received - said - watched.left(name)).sum() / whole
    return {
        "layer": name,
        "latency": watched.trial.plain.latency[name],
        "error": readout_error(said, activation),
        "total": total,
        "inherited": inherited,
        "erased": erased,
        "rest": total - inherited - erased,
        "closed_form": closed_form(watched, name, received),
    }


def closed_form(watched: Watched, name: str, received: np.ndarray) -> float:
    """Return the share of neurons that count what a constant current makes them; NaN where it is none."""
    trial = watched.trial
    if trial.plain.latency[name] > 1:
        return float("nan")
    steps, drive = trial.steps * trial.substeps, received / trial.substeps / watched.theta(name)
    with np.errstate(divide="ignore"):
        period = np.ceil(1 / np.maximum(drive, 0))
    counts = np.clip(np.floor(steps * drive), 0, steps) if trial.rule == "subtract" else steps // period
    return float((counts == watched.recording.counts(name)).mean())


def rates(watched: Watched) -> list[Row]:
    """Return, for the first layer and for all others, a row for every bin of what is received."""
    names = spiking(watched.trial.plain)
    return binned(watched, "first", names[:1]) + binned(watched, "deeper", names[1:])


def binned(watched: Watched, which: str, names: list[str]) -> list[Row]:
    theta = {name: watched.theta(name) for name in names}
    received = np.concatenate([watched.received(name).ravel() / theta[name] for name in names])
    said = np.concatenate([watched.said(name).ravel() / theta[name] for name in names])
    place = np.digitize(received, BINS)
    return [
        watched.trial.row(
            layers=which,
            received=received[place == here].mean(),
            said=said[place == here].mean(),
            neurons=int((place == here).sum()),
        )
        for here in range(1, len(BINS))
        if (place == here).any()
    ]


if __name__ == "__main__":
    torch.set_num_threads(1)  # the order of sums, so the last bits of the thresholds, may depend on it
    sys.exit(run_study(__file__, __doc__, measure))
