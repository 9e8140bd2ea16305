"""Networks that others trained and published: their spiking forms, and the tables that the studies made."""

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
import torch

from neurosim import ann
from neurosim.comparison import compare
from neurosim.conversion import BMIF, ThresholdBalance, convert
from neurosim.datasets import load
from neurosim.devices import CppStandalone, Reference
from neurosim.simulation import Simulation
from neurosim.workflows.studies import identity, read_table

RESULTS = Path(__file__).resolve().parents[1] / "analysis" / "results"
NETS = {"resnet20": ("resnet20-12fca82f.th", "cifar10"), "mnist_cnn": ("mnist_params.pt", "mnist")}


def converted(data_dir, name, recipe, calibration=1000):
    """The published network as the studies convert it."""
    torch.set_num_threads(1)
    file, data = NETS[name]
    module, known = ann.load_weights(data_dir / "weights" / file, name), ann.architecture(name)
    train = load(f"{data}:train[:{calibration}]", data_dir=data_dir)
    return convert(module, recipe, train.images, input=known.input, classes=known.classes)


def run(network, device, images, steps, record="totals"):
    with Simulation(network, device, steps, record=record) as simulation:
        return simulation.run(images.images, images.labels, progress=False)


def told(stem):
    """A study's table, and what it says of itself."""
    return read_table(RESULTS / f"{stem}.csv"), json.loads((RESULTS / f"{stem}.json").read_text())


class Told:
    """A recipe with the very thresholds that a study tells, which must be its own but for the last bits.

    They come from single precision sums in torch, whose order depends on the processor.
    """

    def __init__(self, recipe, thresholds):
        self.recipe, self.sizes, self.thresholds = recipe, recipe.sizes, iter(thresholds.values())

    def rule(self, size):
        made, threshold = self.recipe.rule(size), next(self.thresholds)
        assert made.neuron.threshold == pytest.approx(threshold, rel=1e-5)
        return replace(made, neuron=replace(made.neuron, threshold=threshold))


def remade(data_dir, name, recipe, told):
    """The network that a study told of, converted anew."""
    network = converted(data_dir, name, Told(recipe, told["thresholds"]))
    assert identity(network) == told
    return network


# ---- ResNet20 on CIFAR-10


def test_resnet20_spikes_in_brian2_as_in_the_reference(data_dir):
    """Every spike of 19 layers and every bit of the output, in double precision."""
    network = converted(data_dir, "resnet20", BMIF(16, 99.9), calibration=100)
    images = load("cifar10:test[:4]", data_dir=data_dir)
    runs = {
        str(device): run(network, device, images, 4, "spikes") for device in (Reference(), CppStandalone())
    }
    agreement = compare(runs)
    assert agreement, str(agreement.first)
    assert agreement.spikes > 1_000_000


@pytest.mark.parametrize(
    ("name", "recipe", "data"),
    [("resnet20", BMIF(8, 99.9), "cifar10:test[:3]"), ("mnist_cnn", ThresholdBalance(), "mnist:test[:20]")],
)
def test_a_step_of_a_long_window_is_the_end_of_a_short_one(data_dir, name, recipe, data):
    """So one run of T = 16 gives the accuracies of all shorter windows."""
    network = converted(data_dir, name, recipe, calibration=100)
    images = load(data, data_dir=data_dir)
    long = run(network, CppStandalone(), images, 8).output()
    for steps in (1, 3, 7):
        short = run(network, CppStandalone(), images, steps).output()
        assert short.tobytes() == long[:, :steps].tobytes()


def test_the_table_of_resnet20_is_complete():
    rows, about = told("accuracy_against_steps")
    grid = [(row["strength"], row["steps"]) for row in rows]
    assert grid == list(product((1, 2, 4, 8, 16), range(1, 17)))
    assert (about["data"], about["quick"]) == ("cifar10:test[:1000]", False)
    assert {row["accuracy_ann"] for row in rows} == {0.915}


@pytest.mark.parametrize(("strength", "steps"), [(8, 8), (16, 4)])
def test_resnet20_keeps_its_accuracy(strength, steps):
    """Within 0.5 points of the network on the same 1,000 images."""
    rows, _ = told("accuracy_against_steps")
    (row,) = [row for row in rows if (row["strength"], row["steps"]) == (strength, steps)]
    assert abs(row["accuracy"] - row["accuracy_ann"]) <= 0.005


@pytest.mark.parametrize(("strength", "steps"), [(8, 8), (16, 4)])
def test_the_table_of_resnet20_is_of_todays_network(data_dir, strength, steps):
    """The network is made anew, and its spikes on the watched images are those of the table."""
    rows, about = told("accuracy_against_steps")
    network = remade(data_dir, "resnet20", BMIF(strength, 99.9), about["networks"][str(strength)])
    images = load(f"cifar10:test[:{about['watched_images']}]", data_dir=data_dir)
    recording = run(network, CppStandalone(), images, steps)
    spikes = sum(int(recording.totals(layer).sum()) for layer in recording.layers) / len(images)
    (row,) = [row for row in rows if (row["strength"], row["steps"]) == (strength, steps)]
    assert row["spikes_per_image"] == pytest.approx(spikes, rel=1e-12)


# ---- the MNIST network


@pytest.mark.parametrize(("name", "recipe"), [("IF", ThresholdBalance(99.9)), ("BMIF(4)", BMIF(4, 99.9))])
def test_the_table_of_mnist_is_of_todays_network(data_dir, name, recipe):
    _, about = told("mnist_if_loss")
    remade(data_dir, "mnist_cnn", recipe, about["networks"][name])


def test_the_loss_of_plain_neurons_shrinks_with_time():
    rows, about = told("mnist_if_loss")
    loss = {(row["neuron"], row["steps"]): row["loss"] for row in rows}
    assert list(loss) == list(product(("IF", "BMIF(4)"), range(1, 65)))
    assert (about["data"], about["quick"]) == ("mnist:test[:10000]", False)
    assert {row["accuracy_ann"] for row in rows} == {0.9788}
    assert loss["IF", 4] > loss["IF", 8] > loss["IF", 16] > loss["IF", 64]
    assert abs(loss["IF", 64]) < 0.005
    assert abs(loss["BMIF(4)", 8]) < 0.005
