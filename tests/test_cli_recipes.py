"""neurosim convert: every recipe by its name, with the options that are its own."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import neurosim
from neurosim import ann, cli, conversion, training
from neurosim.cli.convert import NAMES
from neurosim.conversion.recipes import RECIPES
from neurosim.datasets import load
from neurosim.files import write_safetensors
from neurosim.network import Network

WEIGHTS = Path(neurosim.__file__).parent / "data" / "digits_resnet.safetensors"
IMAGES = "digits:train[:20]"
DIGITS = ann.architecture("digits_resnet")


def convert(*words, weights=WEIGHTS):
    words = (*words, "--calibration", IMAGES, "-o", "made.safetensors", "--json")
    return cli.main(("convert", str(weights), "--architecture", "digits_resnet", "--recipe", *words))


def expected(recipe, module):
    return conversion.convert(module, recipe, load(IMAGES).images, input=DIGITS.input, classes=DIGITS.classes)


def test_the_command_line_knows_every_recipe():
    assert set(NAMES) == RECIPES.keys()
    assert list(NAMES) == sorted(NAMES)


CALLS = {
    "aug-mapping --gate off": conversion.AugMapping(gate=False),
    "bmif --scope channel": conversion.BMIF(8, scope="channel"),
    "burst --strength 3 --shift": conversion.Shift(conversion.Burst(3)),
    "data-norm --percentile 99 --scope channel": conversion.DataNorm(99.0, "channel"),
    "neuron-norm": conversion.NeuronNorm(),
    "snm --scope layer": conversion.SNM(scope="layer"),
    "ter-mapping --gate on": conversion.TerMapping(),
    "threshold-balance --scale 0.5": conversion.ThresholdBalance(scale=0.5),
}


@pytest.mark.parametrize("words", CALLS)
def test_recipes_on_the_command_line_are_those_of_the_library(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert convert(*words.split()) == 0
    assert json.loads(capsys.readouterr().out)["network"] == "made.safetensors"
    assert Network.load("made.safetensors") == expected(
        CALLS[words], ann.load_weights(WEIGHTS, "digits_resnet")
    )


def tuned():
    module = training.with_qcfs(
        ann.load_weights(WEIGHTS, "digits_resnet"), load(IMAGES).images, input=DIGITS.input, levels=4
    )
    tensors = {name: np.asarray(tensor) for name, tensor in module.state_dict().items()}
    write_safetensors("tuned.safetensors", tensors, {})
    return module


def test_qcfs_reads_its_thresholds_with_the_weights(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    module = tuned()
    assert convert("qcfs", weights="tuned.safetensors") == 0
    assert Network.load("made.safetensors") == expected(conversion.QCFS(), module)
    capsys.readouterr()
    assert convert("qcfs") == 2
    assert capsys.readouterr().err == (
        "neurosim: convert: layer 'conv1': its activation has no learned threshold: put QCFS in by "
        "training.with_qcfs and train it, or choose another recipe\n"
    )


def test_diagnose_reads_learned_thresholds_too(tmp_path, monkeypatch, capsys):
    """And leaves injection out where it is told to: one layer speaks of itself."""
    monkeypatch.chdir(tmp_path)
    tuned()
    assert convert("qcfs", weights="tuned.safetensors") == 0
    network = Network.load("made.safetensors")
    early = replace(network["conv1"].neuron, initial=2 * network["conv1"].neuron.threshold)
    network.replace("conv1", early).save("early.safetensors")
    capsys.readouterr()
    words = ("diagnose", "tuned.safetensors", "--architecture", "digits_resnet", "early.safetensors")
    words += ("digits:test[:2]", "--steps", "2", "--device", "reference", "--json")
    assert cli.main(words) == 2
    assert capsys.readouterr().err.endswith(
        "neurosim: diagnose: layer 'conv1' speaks though it is told nothing, so nothing exact can take "
        "its place: give injection=False, --no-injection on the command line\n"
    )
    assert cli.main((*words, "--no-injection")) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["faults"] == []
    assert found["layers"][0]["accuracy_if_exact"] is None


SCOPED = "aug-mapping or bmif or burst or data-norm or "
REST = "snm or ter-mapping or threshold-balance: leave it out"
FOREIGN = {
    "snm --strength 4": "--strength 4 belongs to --recipe bmif or burst: leave it out",
    "qcfs --percentile 99": f"--percentile 99.0 belongs to --recipe {SCOPED}neuron-norm or {REST}",
    "bmif --scale 0.5": "--scale 0.5 belongs to --recipe threshold-balance: leave it out",
    "burst --gate off": "--gate off belongs to --recipe aug-mapping or ter-mapping: leave it out",
    "neuron-norm --scope layer": f"--scope layer belongs to --recipe {SCOPED}{REST}",
    "data-norm --scope neuron": "DataNorm.scope is 'neuron': give 'layer' or 'channel'",
    "bmif --shift": "Shift.recipe is BMIF(strength=8, percentile=100.0, scope='layer'): its neurons start at "
    "theta / 2 already",
}


@pytest.mark.parametrize("words", FOREIGN)
def test_an_option_of_another_recipe_is_refused(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert convert(*words.split()) == 2
    assert capsys.readouterr().err == f"neurosim: {FOREIGN[words]}\n"
    assert not Path("made.safetensors").exists()
