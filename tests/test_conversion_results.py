"""Conversion: what the network computes, the activations of its layers, and where thresholds come from."""

import copy
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch_nets import IMAGES, RECIPE, Functional, thresholds, trained

import neurosim
from neurosim import ann, conversion, neurons
from neurosim.comparison import quantum
from neurosim.conversion.proof import analogue
from neurosim.datasets import load
from neurosim.errors import InputError
from neurosim.network import Network
from neurosim.neurons import Input
from neurosim.reference import simulate

# ---- what it computes


SHIPPED = Path(neurosim.__file__).parent / "data" / "digits_resnet.safetensors"
NETS = ("digits_resnet", "resnet20", "mnist_cnn")


@pytest.mark.parametrize("name", NETS)
def test_with_unlimited_resolution_the_network_is_the_module(name):
    architecture = ann.architecture(name)
    module = trained(architecture)
    images = np.random.default_rng(3).random((3, *architecture.input_shape), dtype=np.float32)
    net = conversion.convert(module, RECIPE, images, input=architecture.input)
    logits = ann.predict(module, images, architecture.input)
    found = analogue(net, architecture.input.normalise(images))
    np.testing.assert_allclose(found[net.outputs[0].name], logits, atol=1e-4 * np.abs(logits).max())


def test_the_module_and_the_random_state_are_left_alone():
    module = Functional(lambda s, x: s.fc(F.relu(s.conv(x)).flatten(1))).eval()
    before = copy.deepcopy(module.state_dict())
    torch.manual_seed(8)
    expected = torch.rand(1)
    torch.manual_seed(8)
    one = conversion.convert(module, RECIPE, IMAGES)
    assert torch.equal(torch.rand(1), expected)
    assert conversion.convert(module, RECIPE, IMAGES) == one
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    assert module.conv.weight.dtype == torch.float32


def test_a_converted_network_survives_its_file(tmp_path):
    module = trained(ann.architecture("digits_resnet"))
    given_input = Input(mean=0.25, std=0.5, low=0, high=1)
    images = np.random.default_rng(3).random((4, 1, 8, 8))
    net = conversion.convert(module, RECIPE, images, input=given_input, classes="0123456789")
    net.save(tmp_path / "n.safetensors")
    assert Network.load(tmp_path / "n.safetensors") == net
    assert net.input.neuron == given_input


def dyadic(tensor, generator, largest, grid):
    values = generator.integers(-largest, largest + 1, tensor.shape) / grid
    tensor.data = torch.tensor(values, dtype=torch.float32)


class DyadicResNet(nn.Module):
    """Residual, with pools, biases and a batch norm whose scale is exactly a half."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4, eps=2.0**-16)
        self.relu1 = nn.ReLU()
        self.branch = nn.Conv2d(4, 4, 3, padding=1)
        self.relu2 = nn.ReLU()
        self.pool = nn.AvgPool2d(2)
        self.relu3 = nn.ReLU()
        self.wide = nn.Conv2d(4, 8, 3, stride=2, padding=1)
        self.relu4 = nn.ReLU()
        self.head = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8, 3)

    def forward(self, x):
        x = self.relu1(self.norm(self.conv(x)))
        x = self.pool(self.relu2(self.branch(x) + x))
        short = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 2))
        x = self.relu3(self.wide(x) + short)
        return self.fc(torch.flatten(self.head(self.relu4(x)), 1))


def dyadic_resnet(seed):
    generator = np.random.default_rng(seed)
    module = DyadicResNet().eval()
    for name, parameter in module.named_parameters():
        if not name.startswith("norm"):
            dyadic(parameter, generator, 3, 8)
    module.norm.running_var.fill_(4 - 2.0**-16)  # + eps is 4, its root 2
    dyadic(module.norm.running_mean, generator, 3, 8)
    return module, generator.integers(0, 17, (6, 1, 8, 8)) / 16


class Quantise(nn.Module):
    """The ReLU that BM-IF neurons of unlimited strength realise: max(0, floor(T z / theta + 1/2))."""

    def __init__(self, theta, steps):
        super().__init__()
        self.theta, self.steps, self.counts = theta, steps, None

    def forward(self, z):
        self.counts = torch.clamp(torch.floor(self.steps * z / self.theta + 0.5), min=0)
        return self.theta / self.steps * self.counts


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("steps", [1, 4, 8])
def test_unlimited_strength_equals_the_quantised_network_exactly(seed, steps):
    """Dyadic weights and pixels: spike counts of every layer and the outputs agree to the last bit."""
    module, images = dyadic_resnet(seed)
    net = conversion.convert(module, RECIPE, images)
    quantised = copy.deepcopy(module).double()
    spiking = thresholds(net)
    relus = ["relu1", "relu2", "relu3", "relu4"]
    assert list(spiking) == ["conv", "branch", "wide", "relu4"]
    for relu, (name, theta) in zip(relus, spiking.items(), strict=True):
        net = net.replace(name, neurons.BMIF(threshold=theta))
        setattr(quantised, relu, Quantise(theta, steps))
    with torch.no_grad():
        outputs = quantised(torch.tensor(images)).numpy()
    *_, last = run = list(simulate(net, images[:, None], steps))
    for relu, name in zip(relus, spiking, strict=True):
        counts = sum(step[name].strength for step in run)
        np.testing.assert_array_equal(counts, getattr(quantised, relu).counts.numpy())
    np.testing.assert_array_equal(last["fc"].potential, steps * outputs)
    assert any(counts.any() for counts in (step["relu4"].strength for step in run))


class MaxPooled(nn.Module):
    """Maxima of overlapping, padded windows, of a sum of branches, and of maxima."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.relu1 = nn.ReLU()
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.branch = nn.Conv2d(4, 4, 3, padding=1)
        self.relu2 = nn.ReLU()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        x = self.pool(self.relu1(self.conv(x)))
        x = F.max_pool2d(self.relu2(self.branch(x) + x), 2)
        return self.fc(F.max_pool2d(x, 2).flatten(1))


@pytest.mark.parametrize("seed", range(3))
def test_maxima_of_counts_are_those_of_the_quantised_network_exactly(seed):
    """At every step, and whatever the recipe: a maximum of counts is exact where its counts are."""
    generator = np.random.default_rng(seed)
    module, images = MaxPooled().eval(), generator.integers(0, 17, (6, 1, 8, 8)) / 16
    for parameter in module.parameters():
        dyadic(parameter, generator, 3, 8)
    net = conversion.convert(module, RECIPE, images)
    assert [type(layer.neuron).__name__ for layer in net.layers] == (
        ["Input", "BMIF", "Relay", "BMIF", "Relay", "Relay", "Accumulate"]
    )
    quantised, theta = (
        copy.deepcopy(module).double(),
        {n: net[n].neuron.threshold for n in ("conv", "branch")},
    )
    for name in theta:
        net = net.replace(name, neurons.BMIF(threshold=theta[name]))
    run = list(simulate(net, images[:, None], 8))
    for steps in (1, 2, 4, 8):
        quantised.relu1, quantised.relu2 = (Quantise(unit, steps) for unit in theta.values())
        with torch.no_grad():
            x = torch.tensor(images)
            outputs = quantised(x).numpy()
            pooled = quantised.pool(quantised.relu1(quantised.conv(x))).numpy()
        counts = sum(made["pool"].strength for made in run[:steps])
        np.testing.assert_array_equal(counts * theta["conv"] / steps, pooled)
        np.testing.assert_array_equal(run[steps - 1]["fc"].potential, steps * outputs)


def test_relays_count_in_the_quanta_of_what_they_pool():
    module, images = MaxPooled().eval(), np.random.default_rng(0).random((3, 1, 8, 8))
    net = conversion.convert(module, RECIPE, images)
    units = {layer.name: quantum(net, layer.name) for layer in net.neurons}
    assert units["pool"] == units["conv"] == net["conv"].neuron.threshold
    assert units["max_pool2d_1"] == units["max_pool2d"] == units["branch"]
    found, expected = analogue(net, images), conversion.activations(module, images, dtype=np.float64)
    for name in net.latency.keys() - {"input"}:
        np.testing.assert_allclose(found[name], expected[name], atol=1e-12)
    different = net.replace("conv", neurons.BMIF(np.full(net["conv"].shape, 0.5)))
    with pytest.raises(InputError) as raised:
        quantum(different, "pool")
    assert str(raised.value) == (
        "layer 'pool' pools layer 'conv', where thresholds differ within a channel: give it one a channel"
    )


def test_error_shrinks_with_the_number_of_steps():
    module, images = dyadic_resnet(0)
    net = conversion.convert(module, RECIPE, images)
    with torch.no_grad():
        logits = module(torch.tensor(images, dtype=torch.float32)).numpy()
    run = list(simulate(net, images[:, None], 64))
    errors = [np.abs(run[t - 1]["fc"].potential / t - logits).mean() for t in (1, 4, 16, 64)]
    assert all(later < earlier for earlier, later in pairwise(errors))
    assert errors[-1] < errors[0] / 16


def test_the_shipped_digits_network_spikes_as_well_as_it_computes():
    """On 40 test images the decision after 8 steps is the module's own on all but one at most."""
    architecture = ann.architecture("digits_resnet")
    module = ann.load_weights(SHIPPED, "digits_resnet")
    calibration, test = load("digits:train[:200]"), load("digits:test[:40]")
    net = conversion.convert(module, conversion.BMIF(8), calibration.images, input=architecture.input)
    frames = architecture.input.normalise(test.images)[:, None]
    *_, last = simulate(net, frames, 8)
    decisions = ann.predict(module, test.images, architecture.input).argmax(axis=1)
    assert np.sum(last["linear"].potential.argmax(axis=1) != decisions) <= 1


def test_threshold_balance_counts_to_within_a_spike():
    """One layer, constant input: IF from 0 fires floor(T z / theta) times, at most once a step."""
    module = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 2)).eval()
    images = np.random.default_rng(2).random((50, 4))
    net = conversion.convert(module, conversion.ThresholdBalance(percentile=100.0), images)
    layer = net["0"].neuron
    activation = conversion.activations(module, images, dtype=np.float64)["0"]
    assert layer == neurons.IF(threshold=layer.threshold)
    counts = sum(step["0"].strength for step in simulate(net, images[:, None], 32))
    expected = np.minimum(32, 32 * activation / layer.threshold)
    assert np.all(np.abs(counts - expected) <= 1)


# ---- published weights


def test_published_resnet20_converts(data_dir):
    """Its outputs with unlimited resolution are those of the module on real images."""
    module = ann.load_weights(data_dir / "weights" / "resnet20-12fca82f.th", "resnet20")
    architecture, data = ann.architecture("resnet20"), load("cifar10:test[:8]", data_dir=data_dir)
    net = conversion.convert(module, RECIPE, data.images, input=architecture.input, classes=data.classes)
    assert len(net.neurons) == 20
    logits = ann.predict(module, data.images, architecture.input)
    found = analogue(net, architecture.input.normalise(data.images))["linear"]
    np.testing.assert_allclose(found, logits, atol=1e-4)


# ---- activations


def test_activations_are_the_modules_own():
    module = trained(ann.architecture("digits_resnet"))
    given_input = Input(mean=0.25, std=0.5)
    images = np.random.default_rng(3).random((130, 1, 8, 8))
    found = conversion.activations(module, images, input=given_input)
    x = torch.tensor((images - 0.25) / 0.5, dtype=torch.float32)
    with torch.no_grad():
        stem = F.relu(module.bn1(module.conv1(x)))
        hidden = F.relu(module.layer1[0].bn1(module.layer1[0].conv1(stem)))
        logits = module(x)
    np.testing.assert_allclose(found["conv1"], stem.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["layer1.0.conv1"], hidden.numpy(), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found["linear"], logits.numpy(), rtol=1e-4, atol=1e-5)
    assert {value.dtype for value in found.values()} == {np.dtype(np.float32)}
    net = conversion.convert(module, RECIPE, images[:2], input=given_input)
    assert {layer.name: (130, *layer.shape) for layer in net.neurons} == {
        k: v.shape for k, v in found.items()
    }


def test_activations_in_double_precision_are_those_of_the_network():
    module = trained(ann.architecture("digits_resnet"))
    images = np.random.default_rng(3).random((4, 1, 8, 8))
    found = conversion.activations(module, images, dtype=np.float64)
    expected = analogue(conversion.convert(module, RECIPE, images), images)
    for name, value in found.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-10, atol=1e-10)


def test_activations_are_copied_before_something_works_on_them_in_place():
    def forward(s, x):
        out = F.relu(s.conv(x))
        out += s.short(x)
        return s.fc(F.relu(out).flatten(1))

    module = Functional(forward, short=nn.Conv2d(2, 4, 1)).eval()
    found = conversion.activations(module, IMAGES)
    with torch.no_grad():
        expected = F.relu(module.conv(torch.tensor(IMAGES)))
    np.testing.assert_allclose(found["conv"], expected.numpy(), rtol=1e-6)


# ---- calibration and recipes


def test_a_silent_layer_is_refused():
    module = Functional(lambda s, x: s.fc(F.relu(s.conv(x)).flatten(1))).eval()
    module.conv.bias.data.fill_(-100)
    with pytest.raises(InputError) as raised:
        conversion.convert(module, RECIPE, IMAGES)
    assert str(raised.value) == (
        "convert: layer 'conv': percentile 100 of its activation is 0 over 5 calibration images: give more "
        "images or a higher percentile, or cut the branch of a dead layer from the module"
    )
