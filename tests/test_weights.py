"""The shipped weights are what their card says, and their maker runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from neurosim import ann
from neurosim.datasets import load
from neurosim.files import read_safetensors, sha256

ROOT = Path(__file__).resolve().parent.parent
CARD = ROOT / "weights" / "digits.md"
FILE = ROOT / "neurosim" / "data" / "digits_resnet.safetensors"
MAKER = ROOT / "weights" / "make_digits.py"


@pytest.fixture(scope="module")
def card():
    """The rows of the card."""
    rows = re.findall(r"^\| ([a-z0-9 ]+) \| (.+) \|$", CARD.read_text(), re.MULTILINE)
    return dict(rows)


def test_the_card_says_everything(card):
    wanted = {
        "file",
        "what",
        "architecture",
        "input",
        "made by",
        "training data",
        "accuracy",
        "sha256",
        "licence",
    }
    assert wanted <= card.keys()
    assert "seed 1" in card["made by"]


def test_the_file_is_the_one_on_the_card(card):
    assert sha256(FILE) == card["sha256"]
    tensors, metadata = read_safetensors(FILE)
    parameters = sum(tensor.size for name, tensor in tensors.items() if name.endswith((".weight", ".bias")))
    assert f"{parameters:,} parameters" in card["what"]
    assert metadata == {"architecture": "digits_resnet"}
    assert FILE.stat().st_size < 1_000_000


def test_the_accuracy_is_the_one_on_the_card(card):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    module, data = ann.load_weights(FILE, "digits_resnet"), load("digits:test")
    accuracy = ann.accuracy(module, data.images, data.labels, ann.architecture("digits_resnet").input)
    torch.set_num_threads(threads)
    assert f"{accuracy:.2%}".replace("%", " %") == card["accuracy"]
    assert accuracy >= 0.98


def run(*arguments):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, str(MAKER), *arguments], capture_output=True, text=True, check=False, env=environment
    )


def test_the_maker_runs_quickly_and_leaves_the_shipped_file_alone(tmp_path):
    before = sha256(FILE)
    done = run("--quick", "--output", str(tmp_path))
    path = tmp_path / "digits_resnet.safetensors"
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == str(path)
    assert done.stdout.splitlines()[2] == f"sha256 {sha256(path)}"
    assert sha256(FILE) == before
    made, shipped = read_safetensors(path)[0], read_safetensors(FILE)[0]
    assert {k: v.shape for k, v in made.items()} == {k: v.shape for k, v in shipped.items()}
    assert not np.array_equal(made["linear.weight"], shipped["linear.weight"])


def test_quick_weights_are_never_shipped():
    done = run("--quick")
    assert done.returncode == 2
    assert "--quick makes no weights worth shipping: give --output DIR" in done.stderr
