"""Specimens: what a study is about, and what it says of it."""

import json

import numpy as np
import pytest

from neurosim import ann
from neurosim.conversion import BMIF, activations
from neurosim.datasets import load
from neurosim.errors import FileError, InputError
from neurosim.files import verify_sha256
from neurosim.workflows.specimens import specimen


def test_the_digits_come_with_the_package():
    found = specimen("digits", 5, 20)
    test, train, known = load("digits:test"), load("digits:train"), ann.architecture("digits_resnet")
    assert np.array_equal(found.images.images, test.images[:5])
    assert np.array_equal(found.calibration.images, train.images[:20])
    right = ann.predict(found.module, test.images[:5], known.input).argmax(axis=1) == test.labels[:5]
    assert found.accuracy == right.mean()
    network = found.convert(BMIF(4))
    largest = activations(found.module, train.images[:20], input=known.input, dtype=np.float64)["conv1"].max()
    assert network["conv1"].neuron.threshold == pytest.approx(largest / 4)
    said = found.activations(test.images[:5])
    assert np.array_equal(
        said["linear"].argmax(axis=1), ann.predict(found.module, test.images[:5], known.input).argmax(axis=1)
    )
    assert list(said) == [layer.name for layer in network.neurons]
    about = json.loads(json.dumps(found.about({"BMIF(4)": network})))
    assert (about["data"], about["calibration"]) == ("digits:test[:5]", "digits:train[:20]")
    assert about["networks"]["BMIF(4)"]["fingerprint"] == network.fingerprint()
    assert about["accuracy_ann"] == found.accuracy


@pytest.mark.parametrize(
    ("data", "file"), [("mnist", "mnist_params.pt"), ("cifar10", "resnet20-12fca82f.th")]
)
def test_published_weights_are_those_of_the_file(data_dir, data, file):
    found = specimen(data, 3, 10)
    verify_sha256(data_dir / "weights" / file, found.sha256)
    assert (len(found.images), len(found.calibration)) == (3, 10)


def test_refusals(monkeypatch):
    with pytest.raises(InputError) as refusal:
        specimen("digit", 5)
    assert str(refusal.value) == "specimen: data is 'digit': give one of 'digits', 'mnist', 'cifar10'"
    monkeypatch.delenv("NEUROSIM_DATA", raising=False)
    with pytest.raises(
        FileError, match=r"data 'weights': no data folder is named: put mnist_params\.pt into"
    ):
        specimen("mnist", 5)
