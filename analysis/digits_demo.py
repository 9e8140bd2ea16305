"""What does a small trained network look like as spikes, and which of its layers loses how much?

Method: the residual network for digits that ships with neurosim becomes BM-IF neurons with K = 4, theta = A/K
and A the largest activation of each layer over digits:train. The first 100 images of digits:test run for
T = 8 steps in Brian2 C++, in double precision. The table has a row a layer: its size, its spikes, and the
relative conversion error sqrt(sum (theta S[T] / T - a)^2) / sqrt(sum a^2) against the activations a in torch.
The recording keeps every spike of the first two images, for the raster, and the network lies beside it.

Reference: neurosim's `make demo` computes the same table and proves the spikes equal to the numpy reference.

Run: python analysis/digits_demo.py [--quick --output DIR]
"""

import sys
from importlib.resources import files

import torch

from neurosim import ann
from neurosim.conversion import BMIF, activations, convert
from neurosim.datasets import load
from neurosim.devices import CppStandalone
from neurosim.simulation import Simulation
from neurosim.workflows.conversion_report import layer_report
from neurosim.workflows.studies import Answer, run_study

NAME, STRENGTH, STEPS, IMAGES, QUICK, SHOWN = "digits_resnet", 4, 8, 100, 4, 2


def measure(quick: bool) -> Answer:
    """Return the table, the network, and the recording of the first images."""
    torch.set_num_threads(1)  # the order of sums, so the last bits of the thresholds, may depend on it
    weights = files("neurosim") / "data" / f"{NAME}.safetensors"
    module, known = ann.load_weights(weights, NAME), ann.architecture(NAME)
    calibration, test = load("digits:train").images, load(f"digits:test[:{QUICK if quick else IMAGES}]")
    network = convert(module, BMIF(STRENGTH), calibration, input=known.input, classes=known.classes)
    with Simulation(network, CppStandalone(), STEPS, record="spikes") as simulation:
        run = simulation.run(test.images, test.labels)
        shown = simulation.run(test.images[:SHOWN], test.labels[:SHOWN], progress=False)
    settings = {
        "data": test.name,
        "strength": STRENGTH,
        "steps": STEPS,
        "precision": "double",
        "fingerprint": network.fingerprint(),
        "accuracy_ann": ann.accuracy(module, test.images, test.labels, known.input),
        "accuracy_snn": run.accuracy().tolist(),
    }
    rows = layer_report(network, run, activations(module, test.images, input=known.input))
    return Answer(rows, settings, saved={".h5": shown, ".safetensors": network})


if __name__ == "__main__":
    sys.exit(run_study(__file__, __doc__, measure))
