"""How many steps does a converted ResNet20 need, and does a larger strength per step replace them?

Method: the published CIFAR-10 ResNet20 is converted to BM-IF neurons with K = 1, 2, 4, 8 and 16, theta = A/K
and A the 99.9th percentile of each layer's activation over the first 1,000 training images. The first 1,000
test images run for 16 steps in Brian2 C++, in double precision. As nothing in the dynamics depends on T, the
output after step T of that window is the output of a window of T steps. Beside the accuracy: the spikes of an
image, and the share of neurons and steps at +-K, where a neuron may have wanted more, of the first 20 images.

Reference: weights resnet20-12fca82f.th of github.com/akamaster/pytorch_resnet_cifar10 (91.73 % on all 10,000
test images); BM-IF after Niu, Wei, Zhao, Hu 2025, Eng. Appl. Artif. Intell. 142:109873. Without a step at +-K
the network equals its quantisation to A/(K T), so that accuracy should depend on the product K T alone.

Run: python analysis/accuracy_against_steps.py [--quick --output DIR]; NEUROSIM_DATA names the folder of data.
"""

import os
import sys

import numpy as np
import torch

from neurosim import ann
from neurosim.conversion import BMIF, convert
from neurosim.datasets import Dataset, load
from neurosim.datasets.sources import locate
from neurosim.devices import CppStandalone
from neurosim.files import sha256
from neurosim.network import Network
from neurosim.recording import Recording
from neurosim.simulation import Simulation
from neurosim.workflows.studies import Answer, identity, run_study

WEIGHTS, ARCHITECTURE = "resnet20-12fca82f.th", "resnet20"
STRENGTHS, STEPS, PERCENTILE = (1, 2, 4, 8, 16), 16, 99.9
CALIBRATION, IMAGES, WATCHED = 1000, 1000, 20


def measure(quick: bool) -> Answer:
    """Return one row for every K and T."""
    strengths, calibration, count = ((2, 8), 20, 4) if quick else (STRENGTHS, CALIBRATION, IMAGES)
    weights = locate("weights", [WEIGHTS], None) / WEIGHTS
    module, known = ann.load_weights(weights, ARCHITECTURE), ann.architecture(ARCHITECTURE)
    images = load(f"cifar10:test[:{count}]")
    train = load(f"cifar10:train[:{calibration}]")
    networks = {
        strength: convert(
            module, BMIF(strength, PERCENTILE), train.images, input=known.input, classes=known.classes
        )
        for strength in strengths
    }
    accuracy = ann.accuracy(module, images.images, images.labels, known.input)
    rows = [row for strength, network in networks.items() for row in simulate(strength, network, images)]
    settings = {
        "data": images.name,
        "calibration": train.name,
        "percentile": PERCENTILE,
        "precision": "double",
        "weights_sha256": sha256(weights),
        "networks": {str(strength): identity(network) for strength, network in networks.items()},
        "watched_images": min(WATCHED, count),
    }
    return Answer([row | {"accuracy_ann": accuracy} for row in rows], settings)


def simulate(strength: int, network: Network, images: Dataset) -> list[dict[str, float]]:
    """Return a row for every T of one network."""
    jobs = min(len(os.sched_getaffinity(0)), len(images))
    watched = images[:WATCHED]
    with Simulation(network, CppStandalone(), STEPS) as simulation:
        accuracy = simulation.run(images.images, images.labels, jobs=jobs).accuracy()
    with Simulation(network, CppStandalone(), STEPS, record="spikes") as simulation:
        spikes, saturated = activity(network, simulation.run(watched.images, progress=False), strength)
    return [
        {
            "strength": strength,
            "steps": step + 1,
            "accuracy": accuracy[step],
            "spikes_per_image": spikes[step],
            "saturated": saturated[step],
        }
        for step in range(STEPS)
    ]


def activity(network: Network, recording: Recording, strength: int) -> tuple[np.ndarray, np.ndarray]:
    """Return, for windows of every length, the spikes an image and the share of neurons and steps at +-K."""
    spikes, saturated = np.zeros(recording.steps), np.zeros(recording.steps)
    neurons = 0
    for layer in network.neurons:
        if layer.neuron.spiking:
            sent = recording.spikes(layer.name)
            neurons += layer.size
            spikes += np.bincount(sent.step, minlength=recording.steps)
            saturated += np.bincount(sent.step[np.abs(sent.strength) == strength], minlength=recording.steps)
    windows = recording.images * neurons * np.arange(1, recording.steps + 1)
    return spikes.cumsum() / recording.images, saturated.cumsum() / windows


if __name__ == "__main__":
    torch.set_num_threads(1)  # the order of sums, so the last bits of the thresholds, may depend on it
    sys.exit(run_study(__file__, __doc__, measure))
