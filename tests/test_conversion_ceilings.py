"""Conversion of activations that stop rising: ReLU6, Hardtanh, clamp."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch_nets import IMAGES, RECIPE, Functional, network
from torch_spiking import check

from neurosim import conversion
from neurosim.errors import NeurosimError
from neurosim.reference import simulate

STOPPED = {
    "module": lambda s, x: s.act(x),
    "F.hardtanh": lambda s, x: F.hardtanh(x, 0, 1.5),
    "F.hardtanh, named": lambda s, x: F.hardtanh(x, min_val=0.0, max_val=1.5, inplace=True),
    "F.hardtanh_": lambda s, x: F.hardtanh_(x, 0.0, 1.5),
    "torch.clamp": lambda s, x: torch.clamp(x, 0, 1.5),
    "torch.clip": lambda s, x: torch.clip(x, min=0, max=1.5),
    "clamp": lambda s, x: x.clamp(min=0, max=1.5),
    "clamp_": lambda s, x: x.clamp_(0.0, 1.5),
    "clip": lambda s, x: x.clip(0, 1.5),
}
UNLIMITED = {
    "relu": lambda s, x: F.relu(x),
    "clamp": lambda s, x: x.clamp(min=0),
    "clamp_": lambda s, x: x.clamp_(0),
    "clamp_min": lambda s, x: torch.clamp_min(x, 0),
    "clamp_min_": lambda s, x: x.clamp_min_(0.0),
}
SIX = {
    "ReLU6": lambda s, x: s.six(4 * x),
    "F.relu6": lambda s, x: F.relu6(4 * x),
    "Hardtanh": lambda s, x: F.hardtanh(4 * x, 0, 6),
}


def build(rectify):
    """The name of the layer is that of the weights before it, whatever the rectifier."""
    modules = {"act": nn.Hardtanh(0, 1.5), "six": nn.ReLU6()}
    module = Functional(lambda s, x: s.fc(rectify(s, 2 * s.conv(x)).flatten(1)), **modules).eval()
    return module, conversion.convert(module, RECIPE, IMAGES)


@pytest.mark.parametrize("forms", [STOPPED, UNLIMITED, SIX])
def test_all_forms_of_a_rectifier_give_the_same_network(forms):
    first, *others = (build(rectify)[1] for rectify in forms.values())
    assert [layer.name for layer in first.layers] == ["input", "conv", "fc"]
    assert all(other == first for other in others)


@pytest.mark.parametrize("rectify", [STOPPED["module"], SIX["ReLU6"]])
def test_the_network_is_the_module(rectify):
    module, net = build(rectify)
    assert check(module, net, IMAGES.astype(np.float64)) > 100


def test_a_ceiling_above_a_relu_is_a_layer_of_its_own():
    module = Functional(
        lambda s, x: s.fc(F.relu(s.conv(x)).clamp(max=0.4).flatten(1)),
    ).eval()
    net = conversion.convert(module, RECIPE, IMAGES)
    assert [layer.name for layer in net.layers] == ["input", "conv", "clamp", "fc"]
    assert net["clamp"].neuron.threshold == 0.1
    assert check(module, net, IMAGES.astype(np.float64)) > 100


@pytest.mark.parametrize("recipe", [conversion.BMIF(4), conversion.ThresholdBalance(100.0)])
def test_neurons_never_say_more_than_the_ceiling(recipe):
    """All calibration images reach it: K theta is the ceiling, even one that float32 rounds up."""
    module = nn.Sequential(nn.Linear(3, 5), nn.Hardtanh(0, 0.1), nn.Linear(5, 2)).eval()
    module[0].bias.data.fill_(3.0)
    images = np.random.default_rng(0).random((4, 3))
    net = conversion.convert(module, recipe, images)
    neuron = net["0"].neuron
    assert neuron.threshold * neuron.largest_strength == 0.1
    counts = sum(made["0"].strength for made in simulate(net, images[:, None], 50))
    np.testing.assert_array_equal(counts, 50 * neuron.largest_strength)


def test_rates_approach_the_module_below_and_at_the_ceiling():
    module = nn.Sequential(nn.Linear(4, 40), nn.ReLU6(), nn.Linear(40, 2)).eval()
    module[0].weight.data *= 20
    images = np.random.default_rng(1).random((30, 4))
    net = conversion.convert(module, RECIPE, images)
    activation = conversion.activations(module, images, dtype=np.float64)["0"]
    assert 0.05 < (activation == 6).mean() < 0.5
    theta, steps = net["0"].neuron.threshold, 20
    assert theta == 1.5
    rate = theta / steps * sum(made["0"].strength for made in simulate(net, images[:, None], steps))
    assert np.abs(rate - activation).max() <= theta / steps / 2 + 1e-9


def test_where_calibration_stays_below_the_ceiling_so_do_the_neurons():
    """What new images say above the largest activation is lost, as without a ceiling."""
    module, net = build(lambda s, x: F.hardtanh(x, 0, 100.0))
    assert net == build(UNLIMITED["relu"])[1]
    assert check(module, net, IMAGES.astype(np.float64))


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (
            lambda s, x: s.act(s.conv(x)),
            "node 'act', Hardtanh in module 'act': it cuts off below -1: only below 0 is convertible, as a "
            "ReLU does",
        ),
        (
            lambda s, x: F.hardtanh(s.conv(x)),
            "node 'hardtanh', torch.nn.functional.hardtanh in the top module: it cuts off below -1: only "
            "below 0 is convertible, as a ReLU does",
        ),
        (
            lambda s, x: s.conv(x).clamp(max=6),
            "node 'clamp', Tensor.clamp in the top module: it cuts off below nothing: only below 0 is "
            "convertible, as a ReLU does",
        ),
        (
            lambda s, x: torch.clamp(s.conv(x), 0, x),
            "node 'clamp', torch.clamp in the top module: it cuts off above something else than "
            "a number: give a number above 0",
        ),
        (
            lambda s, x: s.conv(x).clamp(0, -1),
            "node 'clamp', Tensor.clamp in the top module: it cuts off above -1: give a number above 0",
        ),
    ],
)
def test_other_cuts_are_refused(function, expected):
    with pytest.raises(NeurosimError) as raised:
        network(function, act=nn.Hardtanh())
    assert str(raised.value) == f"convert: {expected}"
