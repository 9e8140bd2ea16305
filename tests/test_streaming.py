"""One run takes any number of images: nothing is lost at its end, nothing passes from image to image."""

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from neurosim import ann
from neurosim.conversion import BMIF, convert
from neurosim.datasets import load
from neurosim.devices import CppStandalone
from neurosim.simulation import Simulation
from neurosim.workflows.studies import read_table

RESULTS = Path(__file__).resolve().parents[1] / "analysis" / "results"
CUTS = [1, 2, 100, 101, 700]


def test_a_run_in_pieces_gives_the_same_bits():
    """All digits, at once and in six uneven pieces: totals of every layer, outputs after every step."""
    known, digits = ann.architecture("digits_resnet"), load("digits")
    module = ann.load_weights(files("neurosim") / "data" / "digits_resnet.safetensors", "digits_resnet")
    network = convert(module, BMIF(4), digits.images[:200], input=known.input)
    with Simulation(network, CppStandalone(), 3) as simulation:
        whole = simulation.run(digits.images, progress=False)
        parts = [simulation.run(part, progress=False) for part in np.split(digits.images, CUTS)]
    for layer in whole.layers:
        totals = np.concatenate([part.totals(layer) for part in parts])
        np.testing.assert_array_equal(totals, whole.totals(layer))
    assert np.concatenate([part.output() for part in parts]).tobytes() == whole.output().tobytes()
    assert whole.output()[-1].any()


def test_twenty_thousand_images_streamed_through_one_process():
    """What analysis/streaming.py measured: the memory of 20,000 images is that of 2,000 [MB]."""
    rows = {(row["runs"], row["images"]): row for row in read_table(RESULTS / "streaming.csv")}
    assert json.loads((RESULTS / "streaming.json").read_text())["data"] == "mnist:train[:20000]"
    whole, tenth, pieces = (rows[key] for key in ((1, 20_000), (1, 2_000), (20, 20_000)))
    assert (whole["processes"], tenth["processes"], pieces["processes"]) == (1, 1, 20)
    assert whole["memory_peak_mb"] == pytest.approx(tenth["memory_peak_mb"], abs=1)
    assert abs(whole["memory_growth_mb"]) < 1
    assert tenth["equal"] == pieces["equal"] == "True"
