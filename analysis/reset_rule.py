"""What does the reset to zero lose, beside the reset by subtraction and a delayed one, and in which layers?

Method: three networks become LIF neurons with the thresholds of threshold balancing, theta = A the 99.9th
percentile of each layer's activation over 1,000 training images: the residual one for digits, the published
one for MNIST, and the published ResNet20 for CIFAR-10. A spike lowers V by theta ("subtract"), by theta a
step later ("delayed"), or to 0 ("zero"); or to 0 on a finer clock, four steps for each ("zero, 4 substeps").
The leak is 1, none, and for the smaller networks also less, all else unchanged. Test images run for 64
steps in Brian2 C++, in double precision; the output after step T is that of a window of T steps.

A reset to zero erases what the membrane holds beyond the threshold. With a the activation in torch, r the
read-out theta S/T, Q all that a neuron has received in T = 64 steps without leak, and z = max(0, Q/T) the
rate that this calls for, sums over all images and 256 neurons of a layer say where its total comes from:

    sum(r - a) = sum(z - a)  -  erased/T  +  rest        all in units of sum(a)
                 inherited      erased       waiting below the threshold, said too early, or clipped

with erased = sum(Q - theta S - V[T]), 0 for the other rules. Tables: reset_rule, the accuracy after every
step; reset_rule_layers, these parts and the relative error sqrt(sum (r - a)^2) / sqrt(sum a^2), by layer;
reset_rule_rates, the spikes a step, S/T, by what is received, Q/(theta T), in the first layer and in the
others together; reset_rule_biases, the last accuracy of the digits when the biases behind the first layer are
cut to a share of what they were.

Reference: neurons that receive a constant current z count floor(T z/theta) spikes when theta is subtracted
and floor(T / ceil(theta/z)) when V is set to zero; in the first layer `closed_form` is the share of neurons
that do. Rueckauer et al. 2017, Front. Neurosci. 11:682; Han, Srinivasan, Roy 2020, CVPR (RMP-SNN).

Run: python analysis/reset_rule.py [--quick --output DIR]; all but --quick needs MNIST, CIFAR-10 and their
weights, as analysis/mnist_if_loss.py and analysis/accuracy_against_steps.py do.
"""

import dataclasses
import sys
from collections.abc import Sequence
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
IMAGES = {"digits": 100, "mnist": 100, "cifar10": 20}
TRIED = {"digits": ("subtract", "zero"), "mnist": tuple(RULES), "cifar10": ("subtract", "zero")}
LEAKY = ("digits", "mnist")
BIASED, SHARES = "digits", (1.0, 0.8, 0.6, 0.4, 0.2)
SAMPLE, SEED = 256, 1  # of a layer's neurons are watched
LEAKS = (1.0, 0.98, 0.95, 0.9)
BINS = np.arange(-1, 45) / 32  # of Q / (theta T)

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Trial:
    """A specimen under one rule."""

    known: Specimen
    rule: str
    plain: Network
    steps: int

    @property
    def substeps(self) -> int:
        return RULES[self.rule][1]

    @property
    def names(self) -> list[str]:
        return [layer.name for layer in self.plain.neurons if layer.model.spiking]

    def network(self, leak: float = 1.0) -> Network:
        """Return the network with neurons of this reset."""
        network = self.plain
        for name in self.names:
            theta = network[name].neuron.threshold
            network = network.replace(name, LIF(theta, leak=leak, reset=RULES[self.rule][0]))
        return network

    def shrunk(self, share: float) -> Network:
        """Return the network with a share of the biases behind its first layer."""
        network = self.network()
        projections = [
            p
            if p.bias is None or p.source == network.input.name
            else dataclasses.replace(p, bias=share * p.bias)
            for p in network.projections
        ]
        return Network(network.layers, projections, network.classes)

    def run(self, device: Device, networks: Sequence[Network]) -> list[Recording]:
        """Show every network the images; keep counts, and the potentials of the sample."""
        images = self.known.images
        record = {name: ("counts", Potential(tuple(self.sample(name).tolist()))) for name in self.names}
        extras = (Substeps(self.substeps),)
        with Simulation(self.network(), device, self.steps, record=record, extras=extras) as simulation:
            return [
                simulation.run(images.images, images.labels, network=network, progress=False)
                for network in networks
            ]

    def sample(self, name: str) -> np.ndarray:
        """Return the neurons of a layer that are watched, in ascending order."""
        size = self.plain[name].size
        chosen = np.random.default_rng(SEED).permutation(size)[:SAMPLE]
        return np.sort(chosen)

    def row(self, **found: Any) -> Row:
        return {"data": self.known.data, "reset": self.rule} | found


@dataclass(frozen=True, eq=False)
class Watched:
    """What the sampled neurons of a network without leak did, in units of activation, (images, sampled)."""

    trial: Trial
    recording: Recording

    def theta(self, name: str) -> float:
        return float(self.trial.plain[name].neuron.threshold)

    def sampled(self, values: np.ndarray, name: str) -> np.ndarray:
        """Return the values (images, *shape) of the neurons that are watched."""
        return values.reshape(len(values), -1)[:, self.trial.sample(name)].astype(np.float64)

    def said(self, name: str) -> np.ndarray:
        """Return theta S/T."""
        return self.sampled(self.theta(name) * self.recording.counts(name) / self.trial.steps, name)

    def received(self, name: str) -> np.ndarray:
        """Return Q/T."""
        network, shape = self.trial.plain, self.trial.plain[name].shape
        charge = np.zeros((self.recording.images, *shape))
        for projection in network.into(name):
            if projection.source == network.input.name:
                source = network.input.neuron.normalise(self.trial.known.images.images)
            else:
                source = self.recording.counts(projection.source) / self.trial.steps
            project(projection.ops, source, charge)
        return self.sampled(charge + broadcast(network.bias(name), shape), name)

    def left(self, name: str) -> np.ndarray:
        """Return V[T]/T."""
        return self.recording.potential(name)[:, -1] / self.trial.steps


def measure(quick: bool) -> Answer:
    """Return the accuracy of every rule after every step, and where it is lost."""
    data, steps, leaks = (("digits",), 8, (1.0, 0.9)) if quick else (tuple(TRIED), STEPS, LEAKS)
    device = Reference() if quick else CppStandalone()  # equal to the bit, and compiles nothing
    rows: list[Row] = []
    parts: dict[str, list[Row]] = {"layers": [], "rates": [], "biases": []}
    about = []
    for known in (specimen(name, 3 if quick else IMAGES[name]) for name in data):
        plain, activations = known.convert(RECIPE), known.activations(known.images.images)
        for rule in TRIED[known.data]:
            trial = Trial(known, rule, plain, steps)
            tried = leaks if known.data in LEAKY and trial.substeps == 1 else leaks[:1]
            shares = SHARES if known.data == BIASED else ()
            networks = [*map(trial.network, tried), *map(trial.shrunk, shares)]
            recordings = trial.run(device, networks)
            for leak, recording in zip(tried, recordings, strict=False):
                rows += accuracy(trial, leak, recording)
            for share, recording in zip(shares, recordings[len(tried) :], strict=True):
                parts["biases"].append(trial.row(share=share, accuracy=recording.accuracy()[-1]))
            if rule != "delayed":  # without leak it is the reset by subtraction
                watched = Watched(trial, recordings[0])
                parts["layers"] += [layer(watched, name, activations[name]) for name in trial.names]
                parts["rates"] += binned(watched, "first", trial.names[:1])
                parts["rates"] += binned(watched, "deeper", trial.names[1:])
        about.append(known.about({"IF": plain}))
    settings = {"precision": "double", "recipe": repr(RECIPE), "steps": steps, "sample": SAMPLE, "seed": SEED}
    return Answer(rows, settings | {"specimens": about}, parts)


def accuracy(trial: Trial, leak: float, recording: Recording) -> list[Row]:
    """Return a row for every step."""
    spikes = sum(float(recording.totals(name).mean()) for name in trial.names)
    shares = recording.accuracy()[trial.substeps - 1 :: trial.substeps]
    rest = {"accuracy_ann": trial.known.accuracy, "spikes_in_window": spikes}
    return [
        trial.row(leak=leak, steps=step, accuracy=share, **rest)
        for step, share in enumerate(shares.tolist(), start=1)
    ]


def layer(watched: Watched, name: str, activations: np.ndarray) -> Row:
    """Return where the total of a layer comes from."""
    said, received = watched.said(name), watched.received(name)
    activation = watched.sampled(activations, name)
    whole = activation.sum()
    total = (said - activation).sum() / whole
    inherited = (np.maximum(received, 0) - activation).sum() / whole
    erased = -(received - said - watched.left(name)).sum() / whole
    return watched.trial.row(
        layer=name,
        latency=watched.trial.plain.latency[name],
        error=readout_error(said, activation),
        total=total,
        inherited=inherited,
        erased=erased,
        rest=total - inherited - erased,
        closed_form=closed_form(watched, name, received),
    )


def closed_form(watched: Watched, name: str, received: np.ndarray) -> float:
    """Return the share of neurons that count what a constant current makes them; NaN where it is none."""
    trial = watched.trial
    if trial.plain.latency[name] > 1:
        return float("nan")
    steps, drive = trial.steps * trial.substeps, received / trial.substeps / watched.theta(name)
    with np.errstate(divide="ignore"):
        period = np.ceil(1 / np.maximum(drive, 0))
    counts = np.clip(np.floor(steps * drive), 0, steps) if trial.rule == "subtract" else steps // period
    return float((counts == watched.sampled(watched.recording.counts(name), name)).mean())


def binned(watched: Watched, which: str, names: list[str]) -> list[Row]:
    """Return a row for every bin of what the neurons of some layers receive."""
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
