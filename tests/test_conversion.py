"""Conversion: the weights that arrive, worked out by hand, and the layers and names that result."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch_nets import IMAGES, RECIPE, Functional, double, fold, network, normalised, thresholds

from neurosim import ann, conversion, neurons
from neurosim.errors import Unsupported
from neurosim.neurons import Accumulate
from neurosim.ops import AdaptiveAvgPool, AvgPool, Conv, Identity, Linear, Scale

# ---- weights, by hand


def test_linear_layers_take_the_threshold_of_their_source():
    torch.manual_seed(1)
    module = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3)).eval()
    images = np.random.default_rng(1).random((20, 6))
    net = conversion.convert(module, conversion.BMIF(strength=8), images, classes="abc")
    with torch.no_grad():
        theta = float(module[:2](torch.tensor(images, dtype=torch.float32)).max()) / 8
    first, second = net.projections
    assert [(layer.name, layer.shape) for layer in net.layers] == [("input", (6,)), ("0", (5,)), ("2", (3,))]
    assert net["0"].neuron == neurons.BMIF(threshold=theta, strength=8)
    assert net["2"].neuron == Accumulate()
    assert net.classes == ("a", "b", "c")
    assert first.ops == (Linear(double(module[0].weight)),)
    assert second.ops == (Linear(double(module[2].weight) * theta),)
    np.testing.assert_array_equal(first.bias, double(module[0].bias))
    np.testing.assert_array_equal(second.bias, double(module[2].bias))


def test_batch_norm_folds_into_the_convolution_before_it():
    norm = normalised(4)
    net = network(lambda s, x: s.fc(F.relu(s.norm(s.conv(x))).flatten(1)), norm=norm)
    module = Functional(None)
    scale, shift = fold(norm)
    (conv,) = net.into("conv")[0].ops
    np.testing.assert_array_equal(conv.weight, double(module.conv.weight) * scale[:, None, None, None])
    np.testing.assert_allclose(net.bias("conv"), double(module.conv.bias) * scale + shift, rtol=1e-14)
    assert net.bias("conv").shape == (4,)
    assert conv == Conv(conv.weight, padding=1)


def test_batch_norm_without_weights_before_it_waits_for_those_behind():
    """norm, then conv: the scale goes into the input channels; the shift meets the zeros of the padding."""
    norm = normalised(2)
    net = network(lambda s, x: s.fc(F.relu(s.conv(s.norm(x))).flatten(1)), norm=norm)
    module = Functional(None)
    scale, shift = fold(norm)
    (conv,) = net.into("conv")[0].ops
    np.testing.assert_array_equal(conv.weight, double(module.conv.weight) * scale[None, :, None, None])
    constant = torch.tensor(shift)[None, :, None, None].expand(1, 2, 4, 4)
    with torch.no_grad():
        expected = copy.deepcopy(module.conv).double()(constant)[0].numpy()
    np.testing.assert_allclose(net.bias("conv"), expected, rtol=1e-12)
    assert net.bias("conv").shape == (4, 4, 4)


def test_batch_norm_after_a_shortcut_becomes_a_scale():
    norm = normalised(4)
    net = network(lambda s, x: s.fc(F.relu(s.norm(F.relu(s.conv(x)))).flatten(1)), norm=norm)
    theta = thresholds(net)["conv"]
    scale, shift = fold(norm)
    (projection,) = net.into("relu_1")
    assert projection.ops == (Scale(theta * scale),)
    np.testing.assert_allclose(projection.bias, shift, rtol=1e-14)


def test_grouped_and_dilated_convolutions_keep_their_geometry():
    """The factor of a source channel reaches the right group: batch norm first, then two groups."""
    grouped = nn.Conv2d(4, 6, 3, stride=2, padding=(2, 1), dilation=(2, 1), groups=2)
    norm = normalised(4)
    net = network(
        lambda s, x: F.relu(s.grouped(s.norm(F.relu(s.conv(x))))).flatten(1), grouped=grouped, norm=norm
    )
    (conv,) = net.into("grouped")[0].ops
    factor = (thresholds(net)["conv"] * fold(norm)[0]).reshape(2, 1, 2, 1, 1)
    expected = double(grouped.weight).reshape(2, 3, 2, 3, 3) * factor
    np.testing.assert_allclose(conv.weight, expected.reshape(6, 2, 3, 3), rtol=1e-15)
    assert conv == Conv(conv.weight, stride=2, padding=(2, 1), dilation=(2, 1), groups=2)


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize(
    ("padding", "expected"), [("valid", 0), ("same", ((0, 1), (1, 1))), ((1, 0), ((1, 1), (0, 0)))]
)
def test_paddings(padding, expected):
    conv = nn.Conv2d(2, 3, (2, 3), padding=padding)
    net = network(lambda s, x: F.relu(s.other(x)), other=conv)
    assert net.into("other")[0].ops == (Conv(double(conv.weight), padding=expected),)


def test_strengths_stay_integers_through_pools_and_shortcuts():
    """Averages and strides come first, the threshold after them: in the weights, or as a Scale."""
    net = network(
        lambda s, x: s.fc(F.adaptive_avg_pool2d(F.relu(s.tail(s.pool(F.relu(s.conv(x))))), 1).flatten(1)),
        pool=nn.AvgPool2d(2),
        tail=nn.Conv2d(4, 64, 1),
    )
    pool, conv = net.into("tail")[0].ops
    assert pool == AvgPool(2, 2)
    assert isinstance(conv, Conv)
    pool, linear = net.into("fc")[0].ops
    assert pool == AdaptiveAvgPool(1)
    assert isinstance(linear, Linear)


def test_linear_after_flatten_repeats_the_factor_over_the_places_of_a_channel():
    norm = normalised(4)
    net = network(lambda s, x: s.fc(s.norm(F.relu(s.conv(x))).flatten(1)), norm=norm)
    scale = thresholds(net)["conv"] * fold(norm)[0]
    (linear,) = net.into("fc")[0].ops
    expected = double(Functional(None).fc.weight) * np.repeat(scale, 16)
    np.testing.assert_allclose(linear.weight, expected, rtol=1e-15)


def test_option_a_shortcut_is_one_identity_with_the_threshold_behind():
    module = ann.architecture("resnet20").build().eval()
    images = np.random.default_rng(0).random((2, 3, 32, 32))
    net = conversion.convert(module, RECIPE, images)
    branch, shortcut = net.into("layer2.0.conv2")
    assert (branch.source, shortcut.source) == ("layer2.0.conv1", "layer1.2.conv2")
    theta = thresholds(net)["layer1.2.conv2"]
    identity, scale = shortcut.ops
    assert identity == Identity(stride=2, pad_channels=(8, 8))
    np.testing.assert_array_equal(scale.factor, np.r_[np.ones(8), np.full(16, theta), np.ones(8)])


def test_a_network_without_relu_is_one_accumulating_layer():
    net = network(lambda s, x: s.fc(s.conv(x).flatten(1)))
    assert [layer.name for layer in net.layers] == ["input", "fc"]
    assert [type(op) for op in net.projections[0].ops] == [Conv, Linear]


def test_the_output_may_be_a_rectified_layer():
    net = network(lambda s, x: F.relu(s.conv(x)))
    assert [(layer.name, type(layer.neuron).__name__) for layer in net.layers] == [
        ("input", "Input"),
        ("conv", "BMIF"),
        ("output", "Accumulate"),
    ]
    assert net.into("output")[0].ops == (Scale(thresholds(net)["conv"]),)


# ---- structure and names


RESNET20 = (
    ["conv1"] + [f"layer{s}.{b}.conv{c}" for s in (1, 2, 3) for b in (0, 1, 2) for c in (1, 2)] + ["linear"]
)


def test_resnet20_has_twenty_layers_named_after_their_weights():
    module = ann.architecture("resnet20").build().eval()
    net = conversion.convert(module, RECIPE, np.random.default_rng(0).random((1, 3, 32, 32)))
    assert [layer.name for layer in net.neurons] == RESNET20
    assert net.latency == {name: index for index, name in enumerate(["input", *RESNET20])}
    assert str(net).splitlines()[-1].split()[:2] == ["total", "191,498"]
    print(net)


def test_digits_resnet_names_a_block_after_its_longer_branch():
    module = ann.architecture("digits_resnet").build().eval()
    net = conversion.convert(module, RECIPE, np.random.default_rng(0).random((1, 1, 8, 8)))
    assert [p.source for p in net.into("layer2.0.conv2")] == ["layer2.0.conv1", "layer1.1.conv2"]
    assert len(net.neurons) == 10


def test_one_module_may_feed_two_layers():
    """relu(conv) and relu(conv + input's image): the second takes the name of its own ReLU."""
    net = network(
        lambda s, x: s.fc((s.act(s.conv(x)) + s.other(s.conv2(x) + s.conv3(x))).flatten(1)),
        act=nn.ReLU(),
        other=nn.ReLU(),
        conv2=nn.Conv2d(2, 4, 1),
        conv3=nn.Conv2d(2, 4, 1),
    )
    assert [layer.name for layer in net.neurons] == ["conv", "conv2", "fc"]
    net = network(lambda s, x: (lambda z: s.fc((F.relu(z) + s.act(z)).flatten(1)))(s.conv(x)), act=nn.ReLU())
    assert [layer.name for layer in net.neurons] == ["conv", "act", "fc"]


def test_a_relu_may_be_used_again_but_not_a_module_with_weights():
    net = network(
        lambda s, x: s.fc(s.act(s.mid(s.act(s.conv(x)))).flatten(1)), act=nn.ReLU(), mid=nn.Conv2d(4, 4, 1)
    )
    assert [layer.name for layer in net.neurons] == ["conv", "mid", "fc"]
    with pytest.raises(Unsupported) as raised:
        network(lambda s, x: s.fc(s.mid(F.relu(s.mid(s.conv(x)))).flatten(1)), mid=nn.Conv2d(4, 4, 1))
    assert str(raised.value) == (
        "convert: module 'mid' is used 2 times (nodes mid, mid_1): give each use a module of its own"
    )


FORMS = {
    "modules": lambda s, x: s.fc(s.flat(s.pool(s.act2(s.mid(s.drop(s.act(s.conv(x)))))))),
    "functions": lambda s, x: s.fc(
        torch.flatten(
            F.avg_pool2d(F.relu(s.mid(F.dropout(torch.relu(s.conv(x)), training=s.training))), 2), 1
        )
    ),
    "methods": lambda s, x: s.fc(F.avg_pool2d(s.mid(s.conv(x).relu()).relu_(), 2).flatten(1)),
    "view": lambda s, x: (lambda y: s.fc(y.view(y.size(0), -1)))(
        F.avg_pool2d(F.relu(s.mid(F.relu(s.conv(x)))), 2)
    ),
    "reshape": lambda s, x: (lambda y: s.fc(torch.reshape(y, (y.shape[0], y.size()[1] * 4))))(
        F.avg_pool2d(F.relu_(s.mid(F.relu(s.conv(x), inplace=True))), kernel_size=(2, 2), stride=2)
    ),
    "size": lambda s, x: s.fc(
        (lambda y: F.avg_pool2d(y, y.size(3) // 2))(F.relu(s.mid(F.relu(s.conv(x))))).view(-1, 16)
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_of_an_operation_give_the_same_network(form):
    def build(function):
        torch.manual_seed(4)
        modules = {
            "mid": nn.Conv2d(4, 4, 1),
            "act": nn.ReLU(),
            "act2": nn.ReLU(inplace=True),
            "drop": nn.Dropout(0.3),
            "pool": nn.AvgPool2d(2),
            "flat": nn.Flatten(),
            "fc": nn.Linear(16, 3),
        }
        module = Functional(function, **modules)
        torch.manual_seed(5)
        for parameter in module.parameters():
            nn.init.normal_(parameter)
        return conversion.convert(module.eval(), RECIPE, IMAGES)

    assert build(FORMS[form]) == build(FORMS["modules"])
