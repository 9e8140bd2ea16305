"""QCFS: the staircase and its gradient, put into trained modules, fine-tuned, and converted."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch_nets import IMAGES, trained

from neurosim import ann, conversion, training
from neurosim.conversion.proof import analogue
from neurosim.datasets import Dataset
from neurosim.errors import FileError, InputError
from neurosim.files import write_safetensors
from neurosim.neurons import IF, Input
from neurosim.reference import simulate

DIGITS = ann.architecture("digits_resnet")
QUANTISED = conversion.QCFS()


@pytest.mark.parametrize("levels", [1, 3, 4])
@pytest.mark.parametrize("theta", [1.5, 4.0])
def test_the_staircase(levels, theta):
    z = torch.linspace(-2, 6, 801, dtype=torch.float64)
    activation = training.QCFS(levels, theta).double()
    found = activation(z).detach().numpy()
    expected = theta * np.clip(np.floor(levels * z.numpy() / theta + 0.5) / levels, 0, 1)
    np.testing.assert_allclose(found, expected, rtol=1e-15)
    assert len(np.unique(found)) == levels + 1


def test_the_gradient_passes_straight_through_the_floor():
    """By hand, theta 2 and 4 levels: a = 0, 0.5, 1.5 and 2 at z = -1, 0.7, 1.6 and 3."""
    z = torch.tensor([-1, 0.7, 1.6, 3], dtype=torch.float64, requires_grad=True)
    activation = training.QCFS(4, 2.0).double()
    a = activation(z)
    assert a.tolist() == [0, 0.5, 1.5, 2]
    a.sum().backward()
    assert z.grad.tolist() == [0, 1, 1, 0]
    by_theta = [0, (0.5 - 0.7) / 2, (1.5 - 1.6) / 2, 1]
    assert activation.threshold.grad.item() == pytest.approx(sum(by_theta), rel=1e-12)


class Shared(nn.Module):
    """One ReLU module used twice, a function and a method."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.relu = nn.Conv2d(2, 4, 3, padding=1), nn.ReLU()
        self.other, self.fc = nn.Conv2d(4, 4, 1), nn.Linear(64, 3)

    def forward(self, x):
        x = self.relu(self.conv(x))
        x = F.relu(self.relu(self.other(x)) + x)
        return self.fc(x.relu().flatten(1))


@pytest.mark.parametrize(("module", "count"), [(Shared().eval(), 4), (trained(DIGITS), 9)])
def test_every_relu_is_replaced_whatever_its_form(module, count):
    images = np.random.default_rng(0).random((4, *((1, 8, 8) if count == 9 else (2, 4, 4))))
    before = copy.deepcopy(module.state_dict())
    made = training.with_qcfs(module, images, levels=10**7, percentile=100)
    own = [part for part in made.modules() if isinstance(part, training.QCFS)]
    assert len(own) == count
    assert not any(isinstance(part, nn.ReLU) for part in made.modules())
    assert made.state_dict().keys() - before.keys() == {
        f"rectifiers.{name}.{held}"
        for name, _ in made.rectifiers.named_children()
        for held in ("threshold", "levels")
    }
    x = torch.tensor(images, dtype=torch.float32)
    with torch.no_grad():
        np.testing.assert_allclose(made(x), module(x), rtol=1e-4, atol=1e-4)  # nothing is clipped yet
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())


def quantised(levels=4, seed=0):
    torch.manual_seed(seed)
    return training.with_qcfs(Shared().eval(), IMAGES, levels=levels, percentile=90)


def test_fine_tuning_learns_thresholds():
    random = np.random.default_rng(5)
    images = random.random((40, 2, 4, 4), dtype=np.float32)
    data = Dataset("halves", images, (images.mean(axis=(1, 2, 3)) > 0.5).astype(np.int64), ("dark", "bright"))
    module = quantised()
    before = {name: part.ceiling for name, part in module.rectifiers.named_children()}
    training.fit(module, data, epochs=2, seed=0, input=Input(), batch=10, progress=False)
    after = {name: part.ceiling for name, part in module.rectifiers.named_children()}
    assert all(before[name] != after[name] > 0 for name in before)
    net = conversion.convert(module, QUANTISED, images)
    assert [net[n].neuron for n in ("conv", "other")] == [
        IF(after[name], initial=after[name] / 2) for name in ("relu", "relu_1")
    ]


def test_activations_are_the_modules_own_and_its_functions_make_them():
    module = quantised()
    found = conversion.activations(module, IMAGES, dtype=np.float64)
    functions = conversion.activation_functions(module, IMAGES)
    for name, part in zip(("conv", "other"), module.rectifiers.children(), strict=False):
        step = part.ceiling / 4
        levels = found[name] / step
        np.testing.assert_allclose(levels, levels.round(), atol=1e-12)
        assert set(levels.round().ravel()) <= {0, 1, 2, 3, 4}
        z = np.linspace(-1, 8 * step, 200)
        with torch.no_grad():
            expected = copy.deepcopy(part).double()(torch.tensor(z)).numpy()
        assert functions[name](z).tobytes() == expected.tobytes()
    assert functions["fc"](-np.ones(3)).tolist() == [-1] * 3
    net = conversion.convert(module, QUANTISED, IMAGES)
    for name, value in analogue(net, IMAGES.astype(np.float64), functions).items():
        np.testing.assert_allclose(value, found[name], atol=1e-12)


@pytest.mark.parametrize("levels", [1, 4, 8])
def test_as_many_steps_as_levels_say_what_the_activation_says(levels):
    """A layer under constant drive, all numbers dyadic: rates equal the activation to the last bit."""
    module = nn.Sequential(nn.Linear(4, 50), training.QCFS(levels, 2.0), nn.Linear(50, 2)).eval()
    random = np.random.default_rng(levels)
    for parameter in (module[0].weight, module[0].bias):
        parameter.data = torch.tensor(random.integers(-16, 17, parameter.shape) / 8, dtype=torch.float32)
    images = random.integers(0, 17, (30, 4)) / 16
    net = conversion.convert(module, QUANTISED, images)
    counts = sum(made["0"].strength for made in simulate(net, images[:, None], levels))
    expected = conversion.activations(module, images, dtype=np.float64)["0"]
    np.testing.assert_array_equal(counts * 2.0 / levels, expected)
    assert set(np.unique(counts)) == set(range(levels + 1))


def test_weights_with_their_thresholds_come_back_from_a_file(tmp_path):
    module = training.with_qcfs(trained(DIGITS), np.ones((2, 1, 8, 8)), levels=6)
    tensors = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    write_safetensors(tmp_path / "net.safetensors", tensors, {})
    again = ann.load_weights(tmp_path / "net.safetensors", "digits_resnet", training.qcfs_module)
    assert all(torch.equal(again.state_dict()[name], tensor) for name, tensor in module.state_dict().items())
    with pytest.raises(FileError, match=r"rectifiers\..*: found a tensor, expected none"):
        ann.load_weights(tmp_path / "net.safetensors", "digits_resnet")


def with_threshold(value):
    module = quantised()
    module.rectifiers.relu.threshold.data.fill_(value)
    return module


REFUSALS = {
    "levels": (lambda: training.QCFS(0), "QCFS.levels is 0: give a whole number of at least 1"),
    "threshold": (lambda: training.QCFS(4, 0), "QCFS.threshold is 0: it must be positive"),
    "no relu": (
        lambda: training.with_qcfs(nn.Sequential(nn.Linear(2, 2)).eval(), np.ones((1, 2))),
        "Sequential has no ReLU that could be replaced",
    ),
    "a relu and QCFS()": (
        lambda: conversion.convert(Shared().eval(), QUANTISED, IMAGES),
        "convert: layer 'conv': its activation has no learned threshold: put QCFS in by training.with_qcfs "
        "and train it, or choose another recipe",
    ),
    "a QCFS and another recipe": (
        lambda: conversion.convert(quantised(), conversion.BMIF(4), IMAGES),
        "convert: layer 'conv': its activation is a QCFS with a learned threshold: give the recipe QCFS()",
    ),
    "a lost threshold": (
        lambda: conversion.convert(with_threshold(-1.0), QUANTISED, IMAGES),
        "convert: node 'rectifiers_relu', QCFS in module 'rectifiers.relu': QCFS.threshold is -1: it must be "
        "positive",
    ),
}


@pytest.mark.parametrize(("make", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(make, message):
    with pytest.raises(InputError) as raised:
        make()
    assert str(raised.value) == message
