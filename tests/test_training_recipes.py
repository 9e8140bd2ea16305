"""Recipes of trainings: what they may say, and what comes of one, by the command line."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import neurosim as ns
from neurosim import cli, datasets, training
from neurosim.ann import accuracy, architecture, load_weights
from neurosim.errors import FileError, InputError
from neurosim.files import read_safetensors
from neurosim.neurons import LIF
from neurosim.training import Unrolled, following, quantise, read_recipe, spiking_body
from neurosim.workflows.train import train

BASE = {"architecture": "digits_cnn", "data": "digits:train[:128]", "weights": "w.safetensors"}
ANN = {"epochs": 2, "rate": 0.01}
SNN = {"epochs": 1, "rate": 0.003, "bits": 5, "steps": 3, "observed": 4, "scale": 0.6}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def written(keys=BASE, **sections):
    """Write a recipe; JSON's values are TOML's."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    for name, section in sections.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in section.items())]
    path = Path("r.toml")
    path.write_text("\n".join(lines))
    return path


def test_a_recipe_is_followed_into_brian2(capsys):
    path = written(BASE | {"validation": "digits:test[:40]", "network": "n.safetensors"}, ann=ANN, snn=SNN)
    assert cli.main(["train", str(path), "--json", "--device", "cpu"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [row["stage"] for row in result["stages"]] == ["ann", "snn"]
    assert sorted(entry.name for entry in Path().iterdir()) == ["n.safetensors", "r.toml", "w.safetensors"]

    network = ns.Network.load("n.safetensors")
    data = datasets.load("digits:test[:40]")
    with ns.Simulation(network, ns.Reference(), SNN["steps"]) as simulation:
        recording = simulation.run(data.images, data.labels, progress=False)
    assert recording.accuracy()[-1] == pytest.approx(result["stages"][1]["validation"])

    tensors, header = read_safetensors("w.safetensors")
    assert header["architecture"] == "digits_cnn"
    neurons = [layer.neuron for layer in network.neurons if isinstance(layer.neuron, LIF)]
    module = load_weights("w.safetensors", "digits_cnn", adapt=spiking_form)
    assert (
        accuracy(module, data.images, data.labels, architecture("digits_cnn").input)
        == recording.accuracy()[-1]
    )
    saved = [tensors[f"body.rectifiers.{name}.threshold"] for name in ("relu", "relu_1")]
    assert [neuron.threshold for neuron in neurons] == [float(threshold) for threshold in saved]


def spiking_form(module):
    return Unrolled(spiking_body(quantise(module, SNN["bits"])), SNN["steps"])


class Kill(BaseException):
    """What a killed process would be, as far as Python sees it."""


def test_a_killed_recipe_ends_with_the_same_bytes(monkeypatch):
    path = written(ann=ANN, snn=SNN)
    recipe = read_recipe(path)
    train(recipe, progress=False)
    expected = Path("w.safetensors").read_bytes()
    Path("w.safetensors").unlink()

    calls = iter(range(1))

    def fit_once(*args, **settings):
        if next(calls, None) is None:
            raise Kill
        return training.fit(*args, **settings)

    with monkeypatch.context() as patched:
        patched.setattr(following, "fit", fit_once)
        with pytest.raises(Kill):
            train(recipe, progress=False)
    assert Path("w.safetensors.ann").exists()
    with pytest.raises(InputError) as raised:
        train(recipe, progress=False)
    assert str(raised.value) == (
        "train: checkpoint w.safetensors.ann exists: --resume goes on from it, or delete it"
    )
    other = replace(recipe, ann=replace(recipe.ann, rate=0.02))
    with pytest.raises(
        FileError, match=r"w.safetensors.ann: identity: found \d+, expected \d+: resume with the "
    ):
        train(other, progress=False, resume=True)
    train(recipe, progress=False, resume=True)
    assert Path("w.safetensors").read_bytes() == expected


def test_a_recipe_without_a_spiking_network_trains_the_plain_one():
    trained = train(read_recipe(written(ann=ANN | {"bits": 4, "optimiser": "sgd"})), progress=False)
    assert trained.network is None
    assert all(len(trained.module.get_submodule(name).weight.unique()) <= 16 for name in ("conv1", "fc"))


def test_a_recipe_may_begin_with_trained_weights():
    train(read_recipe(written(ann=ANN)), progress=False)
    begun = BASE | {"start": "w.safetensors", "weights": "s.safetensors"}
    trained = train(read_recipe(written(begun, snn=SNN)), progress=False)
    assert list(trained.histories) == ["snn"]
    assert trained.network is not None


def test_images_must_fit_the_architecture():
    np.savez("x.npz", images=np.zeros((4, 1, 9, 9), np.uint8), labels=np.arange(4))
    with pytest.raises(InputError, match=r"train: data 'npz:x.npz' has images \(1, 9, 9\) of 4 classes: "):
        train(read_recipe(written(BASE | {"data": "npz:x.npz"}, ann=ANN)))


def test_defaults():
    recipe = read_recipe(written(ann={"epochs": 1}, snn={"epochs": 1}))
    assert (recipe.seed, recipe.snn.steps, recipe.snn.percentile, recipe.ann.bits) == (0, 5, 99.7, None)
    assert repr(recipe.snn.neuron().surrogate) == "Triangle(gamma=0.3)"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"sed": 1}, "sed: found an unknown key, expected perhaps 'seed'"),
        ({"zzz": 1}, "zzz: found an unknown key, expected one of architecture, data, weights, validation, "),
        ({"seed": "1"}, "seed: found '1', expected a whole number in 0..4294967295"),
        ({"seed": True}, "seed: found True, expected a whole number in 0..4294967295"),
        ({"seed": -1}, "seed: found -1, expected a whole number in 0..4294967295"),
        ({"data": ""}, "data: found '', expected a text"),
        ({"data": 3}, "data: found 3, expected a text"),
        ({"snn": 3}, "snn: found 3, expected a table [snn]"),
        (
            {"snn": {"epochs": 1, "step": 5}},
            "[snn] step: found an unknown key, expected perhaps 'steps'",
        ),
        ({"snn": {"steps": 5}}, "[snn] epochs: found nothing, expected a whole number of at least 1"),
        ({"snn": {"epochs": 1.5}}, "[snn] epochs: found 1.5, expected a whole number of at least 1"),
        (
            {"snn": {"epochs": 1, "steps": 0}},
            "[snn] steps: found 0, expected a whole number in 1..2147483647",
        ),
        ({"snn": {"epochs": 1, "bits": 1}}, "[snn] bits: found 1, expected a whole number in 2..16"),
        ({"snn": {"epochs": 1, "bits": 17}}, "[snn] bits: found 17, expected a whole number in 2..16"),
        (
            {"snn": {"epochs": 1, "leak": 1.1}},
            "[snn] leak: found 1.1, expected a number of at least 0, at most 1",
        ),
        ({"snn": {"epochs": 1, "rate": 0}}, "[snn] rate: found 0, expected a number above 0"),
        ({"snn": {"epochs": 1, "rate": "0.1"}}, "[snn] rate: found '0.1', expected a number above 0"),
        ({"snn": {"epochs": 1, "rate": float("nan")}}, "[snn] rate: found nan, expected a number above 0"),
        ({"snn": {"epochs": 1, "rate": float("inf")}}, "[snn] rate: found inf, expected a number above 0"),
        (
            {"snn": {"epochs": 1, "surrogate": "relu"}},
            "[snn] surrogate: found 'relu', expected one of atan, rectangle, triangle",
        ),
        (
            {"ann": {"epochs": 1, "leak": 1}},
            "[ann] leak: found an unknown key, expected one of epochs, batch, ",
        ),
        ({"start": "x"}, "[ann]: found it and start, expected either [ann] or start = FILE"),
        ({"ann": None}, "[ann]: found nothing, expected either [ann] or start = FILE"),
        (
            {"network": "n"},
            "[snn]: found nothing, expected a table [snn], without which no spiking network is made",
        ),
        (
            {"ann": {"epochs": 1, "bits": 6}, "snn": {"epochs": 1, "bits": 4}},
            "[snn] bits: found 4, expected 6, as in [ann], or nothing",
        ),
    ],
)
def test_what_a_recipe_may_not_say(change, expected):
    keys = BASE | {"ann": {"epochs": 1}} | change
    plain = {key: value for key, value in keys.items() if not isinstance(value, dict) and value is not None}
    sections = {key: value for key, value in keys.items() if isinstance(value, dict)}
    path = written(plain, **sections)
    path.write_text(path.read_text().replace("NaN", "nan").replace("Infinity", "inf"))
    with pytest.raises(FileError) as raised:
        read_recipe(path)
    assert str(raised.value).startswith(f"r.toml: {expected}")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        (b"#" * 1_000_001, "r.toml: size: found 1000001 bytes, expected at most 1000000"),
        (b'data = "\xff"', "r.toml: encoding: found byte 0xff at 8, expected UTF-8"),
        (b"seed = ", "r.toml: contents: found a mistake ("),
        (b"seed = 1\nseed = 2", "r.toml: contents: found a mistake ("),
        (b"seed = 1 # \0", "r.toml: contents: found a mistake ("),
        (b"", "r.toml: file: found 0 bytes, expected a file with contents"),
        (b"x = " + b"[" * 100_000, "r.toml: contents: found a mistake ("),
    ],
)
def test_hostile_files(contents, expected, capsys):
    Path("r.toml").write_bytes(contents)
    assert cli.main(["train", "r.toml"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"neurosim: {expected}")
    assert said.count("\n") == 1


def test_a_missing_file_is_one_line(capsys):
    assert cli.main(["train", "none.toml"]) == 2
    assert capsys.readouterr().err == (
        "neurosim: none.toml: file: found No such file or directory, expected a file that can be read\n"
    )


def test_the_digits_of_the_example_fit():
    assert architecture("digits_cnn").input_shape == datasets.load("digits:test[:1]").images.shape[1:]
