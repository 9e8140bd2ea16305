"""Data sets: the grammar of their names, the set itself, and the digits."""

import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from neurosim.datasets import Dataset, load
from neurosim.datasets.naming import Name, parse
from neurosim.errors import FileError, InputError


def message(raised):
    """The text of an error, which must be one line."""
    text = str(raised.value)
    assert "\n" not in text
    return text


# ---- names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("digits", ("digits", None, None, slice(None))),
        ("mnist:test", ("mnist", None, "test", slice(None))),
        ("mnist:test[:100]", ("mnist", None, "test", slice(None, 100))),
        ("mnist[10:20]", ("mnist", None, None, slice(10, 20))),
        ("cifar10:train[-5:]", ("cifar10", None, "train", slice(-5, None))),
        ("folder:/a/b:c:train[1:]", ("folder", "/a/b:c", "train", slice(1, None))),
        ("npz:x y.npz[:3]", ("npz", "x y.npz", None, slice(None, 3))),
    ],
)
def test_parse(text, expected):
    name = parse(text)
    path = None if name.path is None else str(name.path)
    assert (name.text, name.kind, path, name.split, name.part) == (text, *expected)
    assert isinstance(name, Name)


@pytest.mark.parametrize(
    "text",
    ["", "folder", "folder:", "npz", "mnist:", "mnist:valid", "mnist[5]", "mnist[a:b]", "MNIST", "mnist[-:]"],
)
def test_parse_refuses(text):
    with pytest.raises(InputError) as raised:
        parse(text)
    assert message(raised) == (
        f"data name {text!r} is not understood: write NAME, folder:PATH or npz:PATH, then :train or :test "
        "and a slice where wanted, as in 'mnist:test[:100]'"
    )


def test_unknown_set_names_the_nearest():
    with pytest.raises(InputError) as raised:
        load("mnits")
    assert message(raised) == "data: unknown set 'mnits': did you mean 'mnist'?"
    with pytest.raises(
        InputError,
        match="known are cifar10, digits, fashion-mnist, folder, indian-pines, indian-pines-pca, mnist, npz",
    ):
        load("weather")


# ---- the data set itself


def dataset(**changes):
    values = {
        "name": "toy",
        "images": np.full((4, 1, 2, 2), 0.5, np.float32),
        "labels": np.array([0, 1, 1, 0]),
        "classes": ("a", "b"),
    }
    return Dataset(**(values | changes))


def test_slicing_gives_a_dataset():
    part = dataset()[1:3]
    assert (part.name, len(part), part.classes) == ("toy[1:3]", 2, ("a", "b"))
    assert part.labels.tolist() == [1, 1]
    assert dataset()[::2].name == "toy[::2]"
    with pytest.raises(InputError, match=r"^data 'toy': slice \[4:\] of 4 images is empty$"):
        dataset()[4:]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"images": np.zeros((4, 2, 2), np.float32)},
            "images: found float32 (4, 2, 2), expected float32 (N, C, H, W) or (N, C, D, H, W), "
            "none of them 0",
        ),
        ({"labels": np.array([0, 1])}, "labels: found int64 (2,), expected int64 (4,), one label an image"),
        (
            {"labels": np.array([0, 1, 2, 0])},
            "labels: found 0 to 2, expected 0 to 1, one of the classes",
        ),
        (
            {"images": np.full((4, 1, 2, 2), 1.5, np.float32)},
            "images: found pixels from 1.5 to 1.5, expected values in [0, 1]",
        ),
        (
            {"images": np.full((4, 1, 2, 2), np.nan, np.float32)},
            "images: found pixels from nan to nan, expected values in [0, 1]",
        ),
    ],
)
def test_dataset_refuses(changes, expected):
    with pytest.raises(InputError) as raised:
        dataset(**changes)
    assert message(raised) == f"data 'toy': {expected}"


# ---- digits


def test_digits_are_those_of_scikit_learn_in_sixteenths():
    digits, raw = load("digits"), load_digits()
    assert digits.images.shape == (1797, 1, 8, 8)
    assert digits.images.dtype == np.float32
    np.testing.assert_array_equal(digits.images[:, 0] * 16, raw.images)
    np.testing.assert_array_equal(digits.labels, raw.target)
    assert digits.classes == tuple("0123456789")


def test_digits_splits_part_the_whole():
    whole, train, test = load("digits"), load("digits:train"), load("digits:test")
    assert (len(train), len(test)) == (1297, 500)
    np.testing.assert_array_equal(np.concatenate([train.images, test.images]), whole.images)
    np.testing.assert_array_equal(load("digits:test[10:20]").labels, test.labels[10:20])


def test_digits_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(FileError) as raised:
        load("digits")
    assert message(raised) == (
        "data 'digits': it comes with scikit-learn, which is not installed: "
        "pip install 'neurosim-brian2[data]'"
    )


def test_empty_slice_is_refused():
    with pytest.raises(InputError) as raised:
        load("digits:test[500:]")
    assert message(raised) == "data 'digits:test[500:]': the slice is empty: there are 500 images"
