"""Files and data that cannot be trusted, through the command line: status 2, one line, nothing written.

The readers' own refusals are tested with the readers; here is what a user meets first.
"""

import json
import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from commands import network
from PIL import Image

import neurosim
from neurosim import cli
from neurosim.files import read_safetensors, write_safetensors

WEIGHTS = Path(neurosim.__file__).parent / "data" / "digits_resnet.safetensors"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEUROSIM_DATA", raising=False)
    network().save("net.safetensors")
    return tmp_path


@pytest.fixture
def refused(capsys, here):
    """The command line ends with status 2 and one line that holds the text, and writes nothing."""

    def check(words: tuple[str, ...], text: str) -> None:
        before = sorted(here.rglob("*"))
        status = cli.main(list(words))
        said = capsys.readouterr()
        assert (status, said.out) == (2, "")
        assert said.err.startswith("neurosim: ")
        assert said.err.count("\n") == 1
        assert text in said.err
        assert sorted(here.rglob("*")) == before

    return check


# ---- files of weights


class Hostile:
    """Would leave a file behind if it were ever unpickled."""

    def __reduce__(self):
        return os.mkdir, ("unpickled",)


def _tensors() -> dict[str, np.ndarray]:
    return dict(read_safetensors(WEIGHTS)[0])


def _torch_module(path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), path)


def _pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps(Hostile(), protocol=2))


def _hostile_torch(path: Path) -> None:
    torch.save({"state_dict": Hostile()}, path)


def _truncated(path: Path) -> None:
    path.write_bytes(WEIGHTS.read_bytes()[:5000])


def _trailing(path: Path) -> None:
    path.write_bytes(WEIGHTS.read_bytes() + b"more")


def _not_a_number(path: Path) -> None:
    tensors = {name: torch.from_numpy(tensor.copy()) for name, tensor in _tensors().items()}
    tensors["linear.bias"][3] = torch.nan
    torch.save(tensors, path)


def _extra(path: Path) -> None:
    write_safetensors(path, _tensors() | {"surplus": np.zeros(1, np.float32)}, {})


def _other_shape(path: Path) -> None:
    write_safetensors(path, _tensors() | {"linear.bias": np.zeros(11, np.float32)}, {})


UNSAFE = "x.pt: contents: found something torch cannot read safely (UnpicklingError), expected a state dict"
WEIGHT_FILES = {
    "a pickled module": ("x.pt", _torch_module, UNSAFE),
    "a pickle": ("x.pt", _pickle, UNSAFE),
    "a call inside a checkpoint": ("x.pt", _hostile_torch, UNSAFE),
    "truncated": ("x.safetensors", _truncated, "header length: found 5176, expected at most 4992 bytes"),
    "trailing bytes": (
        "x.safetensors",
        _trailing,
        "data: found 173756 bytes, expected 173752 as the header says",
    ),
    "NaN": ("x.pt", _not_a_number, "values NaN or infinite, expected finite values"),
    "a tensor too many": (
        "x.safetensors",
        _extra,
        "x.safetensors: surplus: found a tensor, expected none: digits_resnet has no such tensor",
    ),
    "another shape": (
        "x.safetensors",
        _other_shape,
        "x.safetensors: linear.bias: found shape (11,), expected (10,)",
    ),
    "empty": ("x.safetensors", Path.touch, "x.safetensors: file: found 0 bytes"),
    "a folder": ("x.safetensors", Path.mkdir, "x.safetensors: file: found a folder"),
    "a pipe": ("x.safetensors", os.mkfifo, "x.safetensors: file: found a device or pipe"),
    "a link to itself": (
        "x.safetensors",
        lambda path: path.symlink_to(path),
        "Too many levels of symbolic links",
    ),
    "an archive under another name": ("x.safetensors", np.savez, "bytes in a safetensors file"),
    "an unknown suffix": (
        "x.pkl",
        _pickle,
        "x.pkl: suffix: found '.pkl', expected one of .safetensors, .pt, .pth, .th",
    ),
}


@pytest.mark.parametrize("kind", WEIGHT_FILES)
def test_weights_that_cannot_be_trusted(kind, refused):
    name, make, text = WEIGHT_FILES[kind]
    make(Path(name))
    if not Path(name).exists() and Path(f"{name}.npz").exists():
        shutil.move(f"{name}.npz", name)  # numpy adds its suffix
    words = ("--architecture", "digits_resnet", "--recipe", "bmif", "--calibration", "digits:train[:9]")
    refused(("convert", name, *words, "-o", "out.safetensors"), text)
    assert not Path("unpickled").exists()


# ---- network files


def _edited(change) -> None:
    """Write net.safetensors anew with its manifest and tensors changed in place."""
    tensors, metadata = read_safetensors("net.safetensors")
    tensors, manifest = dict(tensors), json.loads(metadata["neurosim"])
    change(manifest, tensors)
    write_safetensors("net.safetensors", tensors, dict(metadata) | {"neurosim": json.dumps(manifest)})


def _neuron(**changes):
    return lambda manifest, tensors: manifest["layers"][1]["neuron"].update(changes)


def _weight(change):
    def changed(manifest, tensors):
        name = max(tensors, key=lambda key: tensors[key].size)
        tensors[name] = change(tensors[name])

    return changed


NETWORKS = {
    "newer": (
        lambda m, t: m.update(version=99),
        "manifest version is 99 and this neurosim reads 1: upgrade it",
    ),
    "without layers": (
        lambda m, t: m.pop("layers"),
        "the manifest holds ['classes', 'projections', 'version'], expected",
    ),
    "without a tensor": (lambda m, t: t.pop(max(t)), "ops/0/weight' is not in the file, or is used twice"),
    "with a tensor too many": (
        lambda m, t: t.update(zzz=np.zeros(1)),
        "tensor 'zzz' is not named in the manifest: remove it",
    ),
    "with another weight": (_weight(lambda w: w * 2), "the content does not match its SHA-256"),
    "with weights of another shape": (
        _weight(lambda w: w[:, :-1].copy()),
        "Linear expects 63 inputs and the source of shape (1, 8, 8) has 64",
    ),
    "of an unknown model": (
        _neuron(type="Quantum"),
        "layers/1/neuron: type 'Quantum' is not one of ALIF, Accumulate, ",
    ),
    "with a code string": (_neuron(equations="v = 1"), "layers/1/neuron: fields are ['equations', "),
    "with a threshold of zero": (_neuron(threshold=0.0), "IF.threshold is 0.0"),
    "with a text for a number": (
        _neuron(threshold="1"),
        "IF.threshold is '1': give a number or an array of numbers in",
    ),
    "with a projection to nowhere": (
        lambda m, t: m["projections"][0].update(target="nowhere"),
        "there is no layer 'nowhere'",
    ),
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_networks_that_cannot_be_trusted(kind, refused):
    change, text = NETWORKS[kind]
    _edited(change)
    refused(("describe", "net.safetensors"), text)


# ---- data


def _npz(images, labels=None) -> None:
    np.savez("data.npz", images=images, labels=np.zeros(len(images), int) if labels is None else labels)


def _folder(*sizes) -> None:
    Path("pictures/one").mkdir(parents=True)
    for number, size in enumerate(sizes):
        Image.new("L", size).save(f"pictures/one/{number}.png")


BYTES = np.zeros((3, 1, 8, 8), np.uint8)
DATA = {
    "colours for a grey network": (
        lambda: _npz(np.zeros((2, 3, 8, 8), np.uint8)),
        "npz:data.npz",
        "images have shape (3, 8, 8) and the input layer (1, 8, 8): resize them",
    ),
    "larger images": (
        lambda: _npz(np.zeros((2, 1, 28, 28), np.uint8)),
        "npz:data.npz",
        "images have shape (1, 28, 28) and the input layer (1, 8, 8)",
    ),
    "pixels above one": (
        lambda: _npz(np.full((2, 1, 8, 8), 1.5, np.float32)),
        "npz:data.npz",
        "found pixels from 1.5 to 1.5, expected float32 pixels in [0, 1]",
    ),
    "NaN pixels": (
        lambda: _npz(np.full((2, 1, 8, 8), np.nan, np.float32)),
        "npz:data.npz",
        "images: found pixels from nan to nan",
    ),
    "a class the network has not": (
        lambda: _npz(BYTES, np.array([0, 10, 1])),
        "npz:data.npz",
        "labels span [0, 10]: the output has 10 neurons, so give 0 to 9",
    ),
    "a label too few": (lambda: _npz(BYTES, np.zeros(2, int)), "npz:data.npz", "labels: found int64 (2,)"),
    "images of several sizes": (
        lambda: _folder((8, 8), (9, 8)),
        "folder:pictures",
        "expected (1, 8, 8) as 0.png (images of several sizes: ask for resize)",
    ),
    "a folder without classes": (
        lambda: Path("pictures").mkdir(),
        "folder:pictures",
        "found no class folders in it, expected PATH/<class>/*.png|jpg",
    ),
    "objects": (
        lambda: _npz(np.array([[Hostile()]], object)),
        "npz:data.npz",
        "data.npz: 'images.npy': found dtype object",
    ),
}


@pytest.mark.parametrize("kind", DATA)
def test_data_that_do_not_fit(kind, refused):
    make, name, text = DATA[kind]
    make()
    refused(("run", "net.safetensors", name, "--device", "reference", "-o", "out.h5"), text)
    assert not Path("unpickled").exists()


def test_resize_brings_images_to_one_size():
    _folder((8, 8), (9, 8))
    words = ("run", "net.safetensors", "folder:pictures", "--device", "reference", "-o", "out.h5")
    assert cli.main([*words, "--resize"]) == 0
