"""Every weight file in weights/ is what its card says, small enough, and has its maker beside it."""

import re
from pathlib import Path

import pytest
import torch

from neurosim import ann, training
from neurosim.datasets import load
from neurosim.files import read_safetensors, sha256

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "weights").glob("*.safetensors"))
ROWS = {"file", "what", "architecture", "input", "made by", "training data", "test data", "accuracy"}
ROWS |= {"sha256", "licence"}
MNIST = [path for path in FILES if path.stem.startswith("diehl_mnist")]


def card(path):
    """The rows of a file's card."""
    rows = re.findall(r"^\| ([a-z0-9 ]+) \| (.+) \|$", path.with_suffix(".md").read_text(), re.MULTILINE)
    return dict(rows)


def module(path):
    """The network, with QCFS activations where the name says so."""
    name = path.stem.removesuffix("_qcfs")
    change = (training.qcfs_module,) if path.stem.endswith("_qcfs") else ()
    return ann.load_weights(path, name, *change), ann.architecture(name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_file_is_the_one_on_the_card(path):
    rows = card(path)
    assert rows.keys() >= ROWS
    assert sha256(path) == rows["sha256"]
    assert f"`weights/{path.name}`" in rows["file"]
    assert path.with_name(f"make_{path.stem}.py").is_file()
    assert f"`python weights/make_{path.stem}.py`" in rows["made by"]
    assert path.stat().st_size < 10_000_000
    tensors, metadata = read_safetensors(path)
    parameters = sum(
        tensor.size
        for name, tensor in tensors.items()
        if name.endswith((".weight", ".bias", ".threshold")) and tensor.ndim > 0
    )
    assert f"{parameters:,} parameters" in rows["what"]
    assert metadata == {"architecture": path.stem.removesuffix("_qcfs")}
    assert module(path)[1].name in rows["architecture"]


@pytest.mark.parametrize("path", MNIST, ids=lambda path: path.stem)
def test_the_accuracy_is_the_one_on_the_card(path, data_dir):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    images = load("mnist:test", data_dir=data_dir)
    network, known = module(path)
    accuracy = ann.accuracy(network, images.images, images.labels, known.input)
    torch.set_num_threads(threads)
    assert f"{accuracy:.2%}".replace("%", " %") == card(path)["accuracy"]
