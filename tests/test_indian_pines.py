"""Indian Pines as it comes with tensorly, as the field exchanges it, and by its names."""

import json
import sys

import numpy as np
import pytest

from neurosim import IF, Accumulate, Conv, Input, Layer, Linear, Network, Projection, cli
from neurosim.datasets import Patches, disjoint, indian_pines, load, principal_components, stratified
from neurosim.errors import FileError
from neurosim.files import read_matlab

COUNTS = [46, 1428, 830, 237, 483, 730, 28, 478, 20, 972, 2455, 593, 205, 1265, 386, 93]


@pytest.fixture(scope="module")
def scene():
    return indian_pines()


def test_the_scene(scene):
    assert (scene.cube.shape, scene.cube.dtype, scene.bands) == ((145, 145, 200), np.uint16, 200)
    assert (scene.counts.tolist(), len(scene.labelled), len(scene.classes)) == (COUNTS, 10_249, 16)
    assert (scene.cube.min(), scene.cube.max()) == (955, 9604)


def test_the_labels_are_those_the_field_exchanges(scene, data_dir):
    labels = read_matlab(data_dir / "indian_pines" / "Indian_pines_gt.mat", "indian_pines_gt")
    np.testing.assert_array_equal(scene.labels, labels)


def test_by_name(scene):
    train, test, last = load("indian-pines:train[:50]"), load("indian-pines:test"), load("indian-pines[-3:]")
    split = stratified(scene, 0.3, seed=0)
    assert (len(split.train), len(test)) == (3075, 7174)
    assert train.images.shape == (50, 1, 200, 5, 5)
    np.testing.assert_array_equal(test.labels, scene.targets(split.test))
    np.testing.assert_array_equal(test.images[-3:], last.images)
    spectra = scene.spectra(split.train).astype(float)
    expected = (scene.spectra(split.train[:50]) - spectra.mean(axis=0)) / spectra.std(axis=0)
    np.testing.assert_allclose(train.images[:, 0, :, 2, 2], expected, rtol=1e-5, atol=1e-6)


def test_components_by_name(scene):
    test = load("indian-pines-pca:test[:20]")
    split = stratified(scene, 0.3, seed=0)
    patches = Patches(principal_components(scene, split.train, 30)(scene), split.test, 25)
    assert test.images.shape == (20, 1, 30, 25, 25)
    np.testing.assert_array_equal(test.images, patches.images[:20])


def test_in_the_shell(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    layers = [
        Layer("input", (1, 200, 5, 5), Input()),
        Layer("conv", (2, 66, 2, 2), IF()),
        Layer("out", (16,), Accumulate()),
    ]
    kernel, weights = random.normal(size=(2, 1, 4, 3, 3)), random.normal(size=(16, 2 * 66 * 2 * 2))
    projections = [
        Projection("input", "conv", (Conv(kernel, stride=(3, 2, 2)),)),
        Projection("conv", "out", (Linear(weights),)),
    ]
    Network(layers, projections).save("net.safetensors")
    line = "run net.safetensors indian-pines:test[:5] --device reference --steps 3 -o rec.h5 --json"
    assert cli.main(line.split()) == 0
    assert len(json.loads(capsys.readouterr().out)["accuracy"]) == 3


def test_a_disjoint_split_keeps_fifteen_classes_on_both_sides(scene):
    split = disjoint(scene, 0.3, patch=5, block=8, seed=0)
    assert len(np.intersect1d(*(scene.targets(part) for part in split))) == 15
    assert len(split.train) + len(split.test) > 6000


def test_without_tensorly(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorly.datasets", None)
    with pytest.raises(FileError) as raised:
        load("indian-pines")
    assert str(raised.value) == (
        "data 'indian-pines': it comes with tensorly, which is not installed: "
        "pip install 'neurosim-brian2[data]'"
    )
