"""What is the conversion error of every layer made of, and how does the kind of neuron change it?

Method: the residual network for digits becomes IF neurons (threshold A, V starts at 0 or, `shifted`, at A/2)
and BM-IF neurons with K = 4 (threshold A/K), A the largest activation of each layer over digits:train. 100
images of digits:test run for T = 16 steps in Brian2 C++, in double precision. `neurosim.diagnose` splits the
error of each layer, read-out less activation, into what it inherits and what clipping, quantisation and
timing add; the share of a cause is sum(cause total) / sum(total^2), so that the shares of a layer sum to 1.

Reference: the terms sum to the error exactly, neuron by neuron (docs/diagnosis.md); their parts of the bars
are share times total, total = sqrt(sum total^2) / sqrt(sum a^2) over images and neurons.

Run: python analysis/error_budget.py [--quick --output DIR]
"""

import sys
from importlib.resources import files
from typing import Any

import torch

from neurosim import CppStandalone, Reference, ann, convert, diagnose
from neurosim.conversion import BMIF, Shift, ThresholdBalance
from neurosim.datasets import load
from neurosim.workflows.studies import Answer, identity, run_study

NAME, STEPS, IMAGES = "digits_resnet", 16, 100
RECIPES: dict[str, Any] = {
    "IF": ThresholdBalance(percentile=100.0),
    "IF, shifted": Shift(ThresholdBalance(percentile=100.0)),
    "BMIF(4)": BMIF(4),
}
KEPT = ("layer", "total", "mapping", "inherited", "clipping", "quantisation", "timing")


def measure(quick: bool) -> Answer:
    """Diagnose every kind of neuron."""
    torch.set_num_threads(1)  # the order of sums, so the last bits of the thresholds, may depend on it
    module, known = (
        ann.load_weights(files("neurosim") / "data" / f"{NAME}.safetensors", NAME),
        ann.architecture(NAME),
    )
    calibration, test = load("digits:train").images, load(f"digits:test[:{10 if quick else IMAGES}]")
    steps, device = (2, Reference()) if quick else (STEPS, CppStandalone())
    rows, networks, accuracy = [], {}, {}
    for neuron, recipe in RECIPES.items():
        network = convert(module, recipe, calibration, input=known.input, classes=known.classes)
        networks[neuron] = identity(network)
        found = diagnose(
            module,
            network,
            test.images,
            test.labels,
            steps=steps,
            device=device,
            input=known.input,
            keep=(),
            injection=False,
        )
        accuracy[neuron] = found.accuracy_snn
        shares = [f"share_{cause}" for cause in KEPT[2:]]
        rows += [{"neuron": neuron, **{key: row[key] for key in (*KEPT, *shares)}} for row in found.table()]
    settings = {"data": test.name, "steps": steps, "accuracy_ann": found.accuracy_ann}
    return Answer(rows, {**settings, "accuracy_snn": accuracy, "networks": networks})


if __name__ == "__main__":
    sys.exit(run_study(__file__, __doc__, measure))
