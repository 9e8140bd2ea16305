"""Fashion-MNIST is read as MNIST is, from a folder of its own."""

import gzip
import struct

import numpy as np
import pytest

from neurosim.datasets import load
from neurosim.errors import FileError

HINT = "; Debian's package dataset-fashion-mnist has them in /usr/share/datasets/fashion-mnist"
FILES = "t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz"


def idx(array):
    """The gzipped IDX bytes of an array of unsigned bytes."""
    return gzip.compress(
        struct.pack(f">{array.ndim + 1}I", 0x0800 | array.ndim, *array.shape) + array.tobytes()
    )


def test_it_has_the_format_of_mnist(tmp_path):
    folder = tmp_path / "fashion-mnist"
    folder.mkdir()
    images = np.random.default_rng(0).integers(0, 256, (10, 5, 4), dtype=np.uint8)
    labels = np.arange(10, dtype=np.uint8)
    for stem, part in (("train", slice(6)), ("t10k", slice(6, 10))):
        (folder / f"{stem}-images-idx3-ubyte.gz").write_bytes(idx(images[part]))
        (folder / f"{stem}-labels-idx1-ubyte.gz").write_bytes(idx(labels[part]))
    whole = load("fashion-mnist", data_dir=tmp_path)
    np.testing.assert_array_equal(whole.images[:, 0], images.astype(np.float32) / np.float32(255))
    np.testing.assert_array_equal(whole.labels, labels)
    np.testing.assert_array_equal(load("fashion-mnist:test[1:]", data_dir=tmp_path).labels, labels[7:])
    assert (whole.classes[0], whole.classes[9]) == ("T-shirt/top", "ankle boot")


def test_missing_files_are_named_with_where_to_get_them(tmp_path, monkeypatch):
    with pytest.raises(FileError) as raised:
        load("fashion-mnist:test", data_dir=tmp_path)
    folder = tmp_path / "fashion-mnist"
    assert str(raised.value) == f"data 'fashion-mnist': files are missing: put {FILES} into {folder}{HINT}"
    monkeypatch.delenv("NEUROSIM_DATA", raising=False)
    with pytest.raises(FileError) as raised:
        load("fashion-mnist:test")
    assert str(raised.value) == (
        f"data 'fashion-mnist': no data folder is named: put {FILES} into FOLDER/fashion-mnist and give "
        f"FOLDER as data_dir (--data-dir) or NEUROSIM_DATA{HINT}"
    )
