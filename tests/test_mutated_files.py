"""Files with changed or missing bytes: every reader gives what the file says, or one line of refusal.

Readers of safetensors, npz, HDF5, recordings and NIR have this test beside their other ones.
"""

import gzip
import lzma

import numpy as np
import pytest
import torch
from hostile import mutate, mutations, outcome
from hypothesis import Phase, given, settings
from PIL import Image

from neurosim import ann
from neurosim.datasets import load
from neurosim.datasets.camera import read_events
from neurosim.datasets.cifar10 import RECORD
from neurosim.datasets.mnist import read_idx
from neurosim.training import read_recipe

ARCHITECTURE = "lenet5"


def state_dict(path):
    torch.manual_seed(0)
    torch.save(ann.architecture(ARCHITECTURE).build().state_dict(), path)


def idx(path):
    path.write_bytes(gzip.compress(b"\x00\x00\x08\x03" + np.array([2, 3, 3], ">i4").tobytes() + bytes(18)))


def batch(path):
    records = np.random.default_rng(0).integers(0, 256, (3, RECORD), np.uint8)
    records[:, 0] = 1, 5, 9
    path.write_bytes(lzma.compress(records.tobytes()))


def events(path):
    rows = [(x, 33 - x, (x % 2) << 7, 0, x) for x in range(34)]  # x, y, polarity and time in microseconds
    path.write_bytes(np.array(rows, np.uint8).tobytes())


def picture(path):
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)).save(path)


def recipe(path):
    path.write_text('architecture = "lenet5"\ndata = "mnist"\nweights = "w"\n[ann]\nepochs = 3\nrate = 0.1\n')


READERS = {
    "recipe.toml": (recipe, read_recipe),
    "state dict.pt": (state_dict, lambda path: ann.load_weights(path, ARCHITECTURE)),
    "idx.gz": (idx, lambda path: read_idx(path, 3)),
    "cifar10/test_batch.bin.xz": (batch, lambda path: load("cifar10:test", data_dir=path.parent.parent)),
    "recording.bs2": (events, read_events),
    "pictures/class/picture.png": (picture, lambda path: load(f"folder:{path.parent.parent}")),
}


@pytest.fixture(scope="module", params=READERS)
def written(request, tmp_path_factory):
    """A valid file, its bytes, and its reader."""
    write, read = READERS[request.param]
    path = tmp_path_factory.mktemp("files") / request.param
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path)
    assert read(path) is not None
    return path, path.read_bytes(), read


@settings(max_examples=60, phases=[Phase.generate])
@given(mutation=mutations())
def test_mutated_files_are_read_or_refused_in_one_line(written, mutation):
    path, contents, read = written
    path.write_bytes(contents)
    mutate(path, mutation)
    found = outcome(read, path)
    assert not isinstance(found, str) or found.isprintable()
