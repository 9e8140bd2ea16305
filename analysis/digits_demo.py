"""What does a small trained network look like as spikes, and which of its layers loses how much?

Method: the residual network for digits that ships with neurosim becomes BM-IF neurons with K = 4, theta = A/K
and A the largest activation of each layer over digits:train. The first 100 images of digits:test run for
T = 8 steps in Brian2 C++, in double precision. The table has a row a layer: its size, its spikes, and the
relative conversion error sqrt(sum (theta S[T] / T - a)^2) / sqrt(sum a^2) against the activations a in torch.
The recording keeps every spike of the first two images, for the raster, and the network lies beside it.

Reference: neurosim's `make demo` computes the same table and proves the spikes equal to the numpy reference.

Run: python analysis/digits_demo.py [--quick --output DIR]
"""

import argparse
import json
import sys
from importlib.resources import files
from pathlib import Path

import torch

from neurosim import ann, provenance, tables
from neurosim.conversion import BMIF, activations, convert
from neurosim.datasets import load
from neurosim.devices import CppStandalone
from neurosim.files import atomic
from neurosim.simulation import Simulation
from neurosim.workflows.conversion_report import layer_report

NAME, STRENGTH, STEPS, IMAGES, SHOWN = "digits_resnet", 4, 8, 100, 2
STEM = Path(__file__).stem
RESULTS = Path(__file__).resolve().parent / "results"


def measure(images: int, recording: Path) -> tuple[list[dict], dict]:
    """Return the table and what made it; write the network and the recording of the first images."""
    weights = files("neurosim") / "data" / f"{NAME}.safetensors"
    module, known = ann.load_weights(weights, NAME), ann.architecture(NAME)
    calibration, test = load("digits:train").images, load(f"digits:test[:{images}]")
    network = convert(module, BMIF(STRENGTH), calibration, input=known.input, classes=known.classes)
    with Simulation(network, CppStandalone(), STEPS, record="spikes") as simulation:
        run = simulation.run(test.images, test.labels)
        simulation.run(test.images[:SHOWN], test.labels[:SHOWN], progress=False).save(recording)
    network.save(recording.with_suffix(".safetensors"))
    rows = layer_report(network, run, activations(module, test.images, input=known.input))
    return rows, {
        "data": test.name,
        "strength": STRENGTH,
        "steps": STEPS,
        "precision": "double",
        "fingerprint": network.fingerprint(),
        "accuracy_ann": ann.accuracy(module, test.images, test.labels, known.input),
        "accuracy_snn": run.accuracy().tolist(),
    }


def main(arguments: list[str]) -> None:
    """Write digits_demo.h5, .safetensors, .csv and .json into the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few images, to test this script")
    parser.add_argument("--output", type=Path, help="folder for the files; default: results/ beside it")
    options = parser.parse_args(arguments)
    if options.quick and options.output is None:
        parser.error("--quick makes no table worth keeping: give --output DIR")
    stem = (options.output or RESULTS) / STEM
    torch.set_num_threads(1)  # the order of sums, so the last bits of the thresholds, may depend on it
    rows, settings = measure(4 if options.quick else IMAGES, stem.with_suffix(".h5"))
    about = {"question": __doc__.splitlines()[0]} | settings | {"quick": options.quick}
    about |= {"provenance": provenance.provenance(compiler=True)}
    for suffix, text in {".csv": tables.to_csv(rows), ".json": json.dumps(about, indent=1) + "\n"}.items():
        with atomic(stem.with_suffix(suffix)) as temporary:
            temporary.write_text(text)
    print(tables.to_text(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
