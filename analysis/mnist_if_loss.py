"""What does a bias-free MNIST network lose as plain integrate-and-fire neurons, and how fast is it won back?

Method: the published network is converted by threshold balancing, theta the 99.9th percentile of each layer's
activation over the first 1,000 training images, into IF neurons of one spike a step that start at V = 0; and
beside it into BM-IF neurons with K = 4, theta = A/4, which start at theta/2. All 10,000 test images run for
64 steps in Brian2 C++, in double precision. As nothing in the dynamics depends on T, the output after step T
of that window is the output of a window of T steps. Loss: accuracy of the network in torch less that of its
spiking form; spikes: of an image, in the whole window of 64 steps.

Reference: weights mnist_params.pt of github.com/synsense/sinabs, 97.88 % as a network in torch; threshold
balancing after Diehl et al. 2015, IJCNN, and Rueckauer et al. 2017, Front. Neurosci. 11:682.

Run: python analysis/mnist_if_loss.py [--quick --output DIR]; NEUROSIM_DATA names the folder of data.
"""

import os
import sys

import torch

from neurosim import ann
from neurosim.conversion import BMIF, ThresholdBalance, convert
from neurosim.datasets import Dataset, load
from neurosim.datasets.sources import locate
from neurosim.devices import CppStandalone
from neurosim.files import sha256
from neurosim.network import Network
from neurosim.simulation import Simulation
from neurosim.workflows.studies import Answer, identity, run_study

WEIGHTS, ARCHITECTURE = "mnist_params.pt", "mnist_cnn"
RECIPES = {"IF": ThresholdBalance(99.9), "BMIF(4)": BMIF(4, 99.9)}
STEPS, CALIBRATION, IMAGES = 64, 1000, 10_000


def measure(quick: bool) -> Answer:
    """Return one row for every neuron and T."""
    count = 100 if quick else IMAGES
    weights = locate("weights", [WEIGHTS], None) / WEIGHTS
    module, known = ann.load_weights(weights, ARCHITECTURE), ann.architecture(ARCHITECTURE)
    images, train = load(f"mnist:test[:{count}]"), load(f"mnist:train[:{CALIBRATION}]")
    networks = {
        name: convert(module, recipe, train.images, input=known.input, classes=known.classes)
        for name, recipe in RECIPES.items()
    }
    accuracy = ann.accuracy(module, images.images, images.labels, known.input)
    rows = [row for name, network in networks.items() for row in simulate(name, network, images, accuracy)]
    settings = {
        "data": images.name,
        "calibration": train.name,
        "recipes": {name: repr(recipe) for name, recipe in RECIPES.items()},
        "precision": "double",
        "weights_sha256": sha256(weights),
        "networks": {name: identity(network) for name, network in networks.items()},
    }
    return Answer(rows, settings)


def simulate(name: str, network: Network, images: Dataset, reference: float) -> list[dict[str, float | str]]:
    """Return a row for every T of one network."""
    with Simulation(network, CppStandalone(), STEPS) as simulation:
        recording = simulation.run(images.images, images.labels, jobs=len(os.sched_getaffinity(0)))
    spikes = sum(float(recording.totals(layer).mean()) for layer in recording.layers)
    return [
        {
            "neuron": name,
            "steps": step,
            "accuracy": accuracy,
            "accuracy_ann": reference,
            "loss": round(reference - accuracy, 9),
            "spikes_in_window": spikes,
        }
        for step, accuracy in enumerate(recording.accuracy().tolist(), start=1)
    ]


if __name__ == "__main__":
    torch.set_num_threads(1)  # the order of sums, so the last bits of the thresholds, may depend on it
    sys.exit(run_study(__file__, __doc__, measure))
