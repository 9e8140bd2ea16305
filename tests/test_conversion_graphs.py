"""Conversion of torch graphs: every operation computes, and its network spikes, as the module itself does."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch_nets import RECIPE
from torch_spiking import check

from neurosim import CppStandalone, Reference, conversion
from neurosim.ops import AdaptiveAvgPool, Conv, Identity, Linear, MaxPool, Reshape, Scale
from neurosim.workflows.verify import verify

SHAPES = {1: (2, 12), 2: (2, 8, 6), 3: (2, 4, 6, 4)}
CONV = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
NORM = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
AVG = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}
ADAPTIVE = {1: nn.AdaptiveAvgPool1d, 2: nn.AdaptiveAvgPool2d, 3: nn.AdaptiveAvgPool3d}
MAX = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}
ADAPTIVE_MAX = {1: nn.AdaptiveMaxPool1d, 2: nn.AdaptiveMaxPool2d, 3: nn.AdaptiveMaxPool3d}
ZEROS = {1: nn.ZeroPad1d, 2: nn.ZeroPad2d, 3: nn.ZeroPad3d}
DROP = {1: nn.Dropout1d, 2: nn.Dropout2d, 3: nn.Dropout3d}


class Net(nn.Module):
    """stem, ReLU, a given body, a last linear layer of 3 outputs."""

    def __init__(self, axes, body, **modules):
        super().__init__()
        self.axes, self.body = axes, body
        self.stem = CONV[axes](2, 4, 3, padding=1)
        for name, module in modules.items():
            setattr(self, name, module)
        with torch.no_grad():
            self.eval()
            width = body(self, F.relu(self.stem(torch.zeros(1, *SHAPES[axes])))).numel()
        self.fc = nn.Linear(width, 3)

    def forward(self, x):
        return self.fc(self.body(self, F.relu(self.stem(x))).flatten(1))


def built(axes, body, **modules):
    """A net with random weights and statistics, and the network that it becomes."""
    torch.manual_seed(7)
    module = Net(axes, body, **modules)
    for part in module.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            part.running_mean.normal_(0, 0.3)
            part.running_var.uniform_(0.5, 2)
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, 0, 0.3)
    module.eval()
    images = np.random.default_rng(5).random((3, *SHAPES[axes]))
    return module, conversion.convert(module, RECIPE, images), images


def every_nth(n, axes):
    return (slice(None), slice(None), *(slice(None, None, n),) * axes)


def spatial(axes):
    return tuple(range(2, 2 + axes))


def branches(s, x):
    """Three values, one, two and three layers from the input."""
    y = F.relu(s.one(x))
    return F.relu(s.tail(torch.cat([x, F.relu(s.two(y)), y], 1)))


BODIES = {
    "plain": (lambda a: {}, lambda s, x: x),
    "geometry": (
        lambda a: {"conv": CONV[a](4, 6, 2, stride=2, padding=1, dilation=2, groups=2)},
        lambda s, x: F.relu(s.conv(x)),
    ),
    "norm before": (
        lambda a: {"norm": NORM[a](4), "conv": CONV[a](4, 4, 3, padding=1, bias=False)},
        lambda s, x: F.relu(s.conv(s.norm(x))),
    ),
    "norm after": (
        lambda a: {"norm": NORM[a](4), "conv": CONV[a](4, 4, 3, padding=1, bias=False)},
        lambda s, x: F.relu(s.norm(s.conv(x))),
    ),
    "norm of vectors": (
        lambda a: {"norm": nn.BatchNorm1d(4)},
        lambda s, x: F.relu(s.norm(x.mean(spatial(s.axes)))),
    ),
    "average": (
        lambda a: {"pool": AVG[a](3, 2, 1, ceil_mode=True, count_include_pad=False)},
        lambda s, x: F.relu(s.pool(x)),
    ),
    "adaptive average": (lambda a: {"pool": ADAPTIVE[a](3)}, lambda s, x: F.relu(s.pool(x))),
    "maximum": (
        lambda a: {"pool": MAX[a](3, 2, 1), "conv": CONV[a](4, 4, 1)},
        lambda s, x: F.relu(s.conv(s.pool(x))),
    ),
    "maximum, no window stands out": (lambda a: {"pool": MAX[a](2, ceil_mode=True)}, lambda s, x: s.pool(x)),
    "adaptive maximum": (lambda a: {"pool": ADAPTIVE_MAX[a](2)}, lambda s, x: s.pool(x)),
    "global maximum": (lambda a: {"pool": ADAPTIVE_MAX[a](1)}, lambda s, x: s.pool(x)),
    "mean": (lambda a: {}, lambda s, x: x.mean(spatial(s.axes))),
    "mean by torch, axes kept": (lambda a: {}, lambda s, x: torch.mean(x, dim=-1, keepdim=True)),
    "mean over one axis": (lambda a: {}, lambda s, x: x.mean([2])),
    "concatenation of unequal depth": (
        lambda a: {"one": CONV[a](4, 3, 1), "two": CONV[a](3, 5, 3, padding=1), "tail": CONV[a](12, 4, 1)},
        branches,
    ),
    "concatenation of vectors": (
        lambda a: {"one": CONV[a](4, 3, 1), "norm": nn.BatchNorm1d(4 + 3), "hidden": nn.Linear(7, 6)},
        lambda s, x: F.relu(
            s.hidden(s.norm(torch.concat((x.mean(spatial(s.axes)), s.one(x).mean(spatial(s.axes))), dim=-1)))
        ),
    ),
    "concatenation, then pooled": (
        lambda a: {"one": CONV[a](4, 3, 1), "pool": AVG[a](2), "norm": NORM[a](7)},
        lambda s, x: F.relu(s.norm(s.pool(torch.cat((x, s.one(x)), 1)))),
    ),
    "zeros around, taken over": (
        lambda a: {"zeros": ZEROS[a]((1, 2) * a), "conv": CONV[a](4, 4, 3, padding=1)},
        lambda s, x: F.relu(s.conv(s.zeros(x))),
    ),
    "zeros after a norm": (
        lambda a: {"zeros": ZEROS[a](1), "norm": NORM[a](4), "conv": CONV[a](4, 4, 3)},
        lambda s, x: F.relu(s.conv(s.zeros(s.norm(x)))),
    ),
    "zeros on one axis, pooled": (
        lambda a: {"pool": AVG[a](2)},
        lambda s, x: F.relu(s.pool(F.pad(x, (0, 2)))),
    ),
    "zeros around and as channels": (
        lambda a: {},
        lambda s, x: F.relu(F.pad(x, ((1, 0) * s.axes) + (2, 1))),
    ),
    "shortcut": (
        lambda a: {"conv": CONV[a](4, 8, 3, stride=2, padding=1)},
        lambda s, x: F.relu(s.conv(x) + F.pad(x[every_nth(2, s.axes)], (0, 0) * s.axes + (2, 2))),
    ),
    "ellipsis": (lambda a: {}, lambda s, x: x[(..., *(slice(None, None, 2),) * s.axes)]),
    "the same value twice": (lambda a: {}, lambda s, x: F.relu(torch.cat([x, x], 1) + torch.cat([x, x], 1))),
    "ReLU of a ReLU": (lambda a: {"act": nn.ReLU()}, lambda s, x: s.act(s.act(x))),
    "dropouts": (
        lambda a: {
            "drops": nn.Sequential(DROP[a](), nn.AlphaDropout(), nn.FeatureAlphaDropout(), nn.Identity())
        },
        lambda s, x: F.alpha_dropout(F.dropout(s.drops(x), 0.5, False), training=False),
    ),
    "constants": (
        lambda a: {
            "shift": nn.Parameter(torch.randn(4, *(1,) * a)),
            "scale": nn.Parameter(torch.randn(4, *(1,) * a)),
        },
        lambda s, x: F.relu(-(1 - (x - s.shift) / s.scale * 2) + s.shift.abs()),
    ),
    "a constant of every place": (
        lambda a: {"map": nn.Parameter(torch.randn(1, 4, *SHAPES[a][1:]))},
        lambda s, x: F.relu((x + s.map).flatten(1) - s.map.flatten()),
    ),
    "difference": (lambda a: {"conv": CONV[a](4, 4, 1)}, lambda s, x: F.relu(x - s.conv(x))),
    "sum of a flattened value and a vector": (
        lambda a: {"hidden": nn.Linear(4, 4)},
        lambda s, x: F.relu(x.mean(spatial(s.axes)) + s.hidden(x.mean(spatial(s.axes)))),
    ),
    "sequences": (
        lambda a: {"conv": nn.Conv1d(4, 5, 3), "norm": nn.BatchNorm1d(5)},
        lambda s, x: F.relu(s.norm(s.conv(x.flatten(2)))).mean(2),
    ),
    "and back from a vector": (
        lambda a: {"hidden": nn.Linear(4, 12), "norm": nn.BatchNorm1d(12), "conv": nn.Conv2d(3, 4, 2)},
        lambda s, x: F.relu(
            s.conv(s.norm(F.relu(s.hidden(x.mean(spatial(s.axes))))).unflatten(1, (3, 2, 2)))
        ),
    ),
    "squeezed": (
        lambda a: {"pool": ADAPTIVE[a](1), "hidden": nn.Linear(4, 4)},
        lambda s, x: F.relu(s.hidden(s.pool(x).squeeze(tuple(range(3, 2 + s.axes))).squeeze(-1))),
    ),
}


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("body", BODIES)
def test_the_network_is_the_module(axes, body):
    modules, function = BODIES[body]
    module, net, images = built(axes, function, **modules(axes))
    assert check(module, net, images) > 20


# ---- what arrives, by hand


def test_zeros_around_go_into_the_convolution_behind_them():
    modules, body = BODIES["zeros around, taken over"]
    module, net, _ = built(2, body, **modules(2))
    (conv,) = net.into("conv")[0].ops
    assert conv.padding == ((2, 3), (2, 3))
    theta = net["stem"].neuron.threshold
    np.testing.assert_array_equal(conv.weight, module.conv.weight.detach().double().numpy() * theta)


def test_zeros_that_no_convolution_takes_over_are_one():
    _, net, _ = built(2, lambda s, x: F.relu(F.pad(x, (1, 0, 2, 3))))
    zeros, scale = net.into("relu_1")[0].ops
    assert zeros == Conv(np.ones((4, 1, 1, 1)), padding=((2, 3), (1, 0)), groups=4)
    assert scale == Scale(net["stem"].neuron.threshold)


def test_concatenation_shifts_channels_and_aligns_branches():
    modules, body = BODIES["concatenation of unequal depth"]
    _, net, _ = built(2, body, **modules(2))
    assert net.latency == {"input": 0, "stem": 1, "one": 2, "two": 3, "tail": 4, "fc": 5}
    shifts = {p.source: p.ops[0] for p in net.into("tail")}
    assert shifts == {
        "stem": Identity(pad_channels=(0, 8)),
        "two": Identity(pad_channels=(4, 3)),
        "one": Identity(pad_channels=(9, 0)),
    }
    assert all(isinstance(p.ops[1], Conv) and len(p.ops) == 2 for p in net.into("tail"))
    assert [p.bias is None for p in net.into("tail")] == [False, True, True]


def test_the_factor_of_a_concatenated_channel_is_its_sources():
    _, net, _ = built(1, lambda s, x: F.relu(torch.cat([x, F.relu(s.one(x))], 1)), one=nn.Conv1d(4, 3, 1))
    thetas = [net[name].neuron.threshold for name in ("stem", "one")]
    first, second = (p.ops[-1].factor for p in net.into("relu_2"))
    np.testing.assert_array_equal(first, [thetas[0]] * 4 + [1] * 3)
    np.testing.assert_array_equal(second, [1] * 4 + [thetas[1]] * 3)


def test_means_are_adaptive_averages():
    _, net, _ = built(2, lambda s, x: x.mean((2, 3)))
    average, linear = net.into("fc")[0].ops
    assert average == AdaptiveAvgPool(1)
    assert isinstance(linear, Linear)
    _, net, _ = built(2, lambda s, x: F.relu(x.mean(3)))
    average, reshape, _ = net.into("relu_1")[0].ops
    assert (average, reshape) == (AdaptiveAvgPool((8, 1)), Reshape((4, 8)))


def test_an_adaptive_maximum_is_the_maximum_with_its_windows():
    """8x6 to 4x2: windows of 2x3 side by side. 5 to 2: windows from 0 to 2 and from 2 to 4."""
    _, net, _ = built(2, lambda s, x: s.pool(x), pool=nn.AdaptiveMaxPool2d((4, 2)))
    assert net.into("pool")[0].ops == (MaxPool((2, 3), (2, 3)),)
    modules = {"five": nn.MaxPool1d(3, 2), "pool": nn.AdaptiveMaxPool1d(2)}
    _, net, _ = built(1, lambda s, x: s.pool(s.five(x)), **modules)
    assert net.into("pool")[0].ops == (MaxPool(3, 2),)


def test_a_factor_that_would_differ_within_a_channel_comes_before_the_reshaping():
    norm = nn.BatchNorm1d(4)
    module, net, images = built(1, lambda s, x: F.relu(s.norm(x.mean(2)).unsqueeze(1)), norm=norm)
    average, vector, scale, reshape = net.into("relu_1")[0].ops
    gain = (module.norm.weight / torch.sqrt(module.norm.running_var + norm.eps)).detach().double().numpy()
    np.testing.assert_allclose(scale.factor, gain * net["stem"].neuron.threshold, rtol=1e-6)
    assert (average, vector, reshape) == (AdaptiveAvgPool(1), Reshape((4,)), Reshape((1, 4)))
    check(module, net, images)


class Nested(nn.Module):
    """Blocks within blocks, lists and dicts of modules."""

    def __init__(self):
        super().__init__()
        self.stages = nn.ModuleList(
            nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU6()) for _ in range(2)
        )
        self.head = nn.ModuleDict(
            {"drop": nn.Dropout2d(), "out": nn.Sequential(nn.Flatten(), nn.Linear(96, 3))}
        )

    def forward(self, x):
        for stage in self.stages:
            x = stage(x) + x
        return self.head["out"](self.head["drop"](x))


def test_layers_keep_the_names_of_nested_modules():
    torch.manual_seed(2)
    module, images = Nested().eval(), np.random.default_rng(5).random((3, 2, 8, 6))
    net = conversion.convert(module, RECIPE, images)
    assert [layer.name for layer in net.layers] == ["input", "stages.0.0", "stages.1.0", "head.out.1"]
    assert check(module, net, images) > 20


def test_a_relu_on_the_raw_input():
    torch.manual_seed(2)
    module = nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Linear(96, 3)).eval()
    images = np.random.default_rng(5).normal(size=(3, 2, 8, 6))
    net = conversion.convert(module, RECIPE, images)
    assert net.into("0")[0].ops == (Identity(),)
    assert check(module, net, images) > 20


# ---- on a device


def test_new_combinations_of_ops_run_compiled():
    """Concatenated branches, zeros that stay, reshaped sums, signs: one network, one program."""

    def body(s, x):
        joined = torch.cat([F.pad(s.one(x), (0, 1, 1, 0)), F.pad(-x, (0, 1, 1, 0)), s.two(x)], 1)
        rows = F.relu(F.relu(joined)[:, :, ::2, ::2].mean(3))
        return F.relu6(s.three(rows)).flatten(1)

    modules = {"one": nn.Conv2d(4, 3, 1), "two": nn.Conv2d(4, 2, 2, padding=1), "three": nn.Conv1d(9, 4, 3)}
    _, net, images = built(2, body, **modules)
    agreement = verify(net, images, [Reference(), CppStandalone()], 4)
    assert agreement.equal
    assert agreement.spikes > 100
