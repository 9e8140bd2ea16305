"""Conversion of torch graphs: what is close to something convertible is refused with a way around."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch_nets import IMAGES, RECIPE, network

from neurosim import conversion
from neurosim.errors import InputError, Unsupported

UPSAMPLING = (
    "it makes more places than its input has: end the module before it, or use a convolution with stride 1"
)
CUTTING = "it cuts channels apart: let a convolution of its own make each part"
PROBABILITIES = "it does not change which output is the largest: take it out of the module"
ATTENTION = "it depends on its input by more than sums and ReLUs: end the module before it"
STATISTICS = "it normalises by the image at hand: train the module with BatchNorm in its place"
WEIGHTS = "its weights are not those of a module: use a module of torch.nn in its place"
PART = "it takes a part: only every n-th place along all spatial axes, as x[:, :, ::n, ::n], is convertible"
AXES = "only over spatial ones, as x.mean((2, 3))"

# every function is given what the ReLU behind the first convolution says, (4, 4, 4)
MODULES = [
    (nn.ConvTranspose1d(4, 2, 2), UPSAMPLING),
    (nn.ConvTranspose2d(4, 2, 2), UPSAMPLING),
    (nn.ConvTranspose3d(4, 2, 2), UPSAMPLING),
    (nn.Upsample(scale_factor=2), UPSAMPLING),
    (nn.LogSoftmax(1), PROBABILITIES),
    (nn.MultiheadAttention(4, 2), ATTENTION),
    (nn.GroupNorm(2, 4), STATISTICS),
    (nn.BatchNorm1d(4), "it does not take shape (4, 4, 4): use the BatchNorm of its dimension"),
    (nn.BatchNorm3d(4), "it does not take shape (4, 4, 4): use the BatchNorm of its dimension"),
    (nn.Conv1d(4, 4, 1), "it takes shape (4, 4, 4): only sequences (C, L) are convertible"),
    (nn.Conv3d(4, 4, 1), "it takes shape (4, 4, 4): only volumes (C, D, H, W) are convertible"),
    (nn.AvgPool1d(2), "it takes shape (4, 4, 4): only sequences (C, L) are convertible"),
    (nn.MaxPool3d(2), "it takes shape (4, 4, 4): only volumes (C, D, H, W) are convertible"),
    (
        nn.AdaptiveMaxPool2d(2, return_indices=True),
        "it sets return_indices: only kernel_size, stride and padding are convertible",
    ),
]

FUNCTIONS = [
    ("conv2d", "torch.conv2d", lambda s, x: F.conv2d(x, s.weight), WEIGHTS),
    ("chunk", "Tensor.chunk", lambda s, x: x.chunk(2, 1)[0], CUTTING),
    ("split", "torch.functional.split", lambda s, x: torch.split(x, 2, 1)[0], CUTTING),
    ("getitem", "operator.getitem", lambda s, x: x[:, :2], PART),
    ("getitem", "operator.getitem", lambda s, x: x[:, ::2], PART),
    ("getitem", "operator.getitem", lambda s, x: x[0], PART),
    ("getitem", "operator.getitem", lambda s, x: x[:, :, 0, 0], PART),
    (
        "mul",
        "operator.mul",
        lambda s, x: x * s.other(x),
        "it multiplies two values of the network: only a constant factor is convertible",
    ),
    (
        "mul",
        "operator.mul",
        lambda s, x: x * s.weight[0, :, 0, 0],
        "its factor differs within a channel: only one a channel is convertible",
    ),
    (
        "truediv",
        "operator.truediv",
        lambda s, x: 1 / x,
        "it divides by a value of the network: only by a constant is convertible",
    ),
    (
        "add",
        "operator.add",
        lambda s, x: x + s.weight,
        "its constant has shape (2, 4, 1, 1) and the value (1, 4, 4, 4): only one that broadcasts to it, "
        "alike for all images, is convertible",
    ),
    (
        "cat",
        "torch.cat",
        lambda s, x: torch.cat([x, s.weight], 1),
        "it joins a constant: only values of the network are convertible",
    ),
    (
        "cat",
        "torch.cat",
        lambda s, x: torch.cat([x, x], 2),
        "it joins along axis 2: only along channels, axis 1, is convertible",
    ),
    ("mean", "Tensor.mean", lambda s, x: x.mean(1), f"it averages over axes 1: {AXES}"),
    ("mean", "torch.mean", lambda s, x: torch.mean(x, (0, 2)), f"it averages over axes (0, 2): {AXES}"),
    ("mean", "Tensor.mean", lambda s, x: x.mean(), f"it averages over axes None: {AXES}"),
    (
        "squeeze",
        "Tensor.squeeze",
        lambda s, x: x.mean((2, 3), keepdim=True).squeeze(),
        "without axes it also drops that of a single image: name them, as x.squeeze((2, 3))",
    ),
    (
        "flatten",
        "Tensor.flatten",
        lambda s, x: x.flatten(),
        "it mixes images or leaves no axis: only within an image, as x.flatten(1), is convertible",
    ),
    (
        "adaptive_max_pool2d",
        "torch.nn.functional.adaptive_max_pool2d",
        lambda s, x: F.adaptive_max_pool2d(F.relu(s.five(x)), 3),
        "it pools (5, 5) to (3, 3) by windows of unequal size or distance: give a size that divides its "
        "input's",
    ),
    (
        "pad",
        "torch.nn.functional.pad",
        lambda s, x: F.pad(x, (-1, 0)),
        "it crops: only added zeros are convertible",
    ),
    (
        "output",
        "the result",
        lambda s, x: [x, x],
        "forward returns a list: return one tensor",
    ),
]


@pytest.mark.parametrize(("module", "reason"), MODULES)
def test_modules_without_spiking_form_are_refused(module, reason):
    with pytest.raises(Unsupported) as raised:
        network(lambda s, x: s.part(F.relu(s.conv(x))), part=module)
    assert str(raised.value) == f"convert: node 'part', {type(module).__name__} in module 'part': {reason}"


@pytest.mark.parametrize(("node", "operation", "function", "reason"), FUNCTIONS)
def test_functions_without_spiking_form_are_refused(node, operation, function, reason):
    modules = {"weight": nn.Parameter(torch.rand(2, 4, 1, 1)), "other": nn.Conv2d(4, 4, 1)}
    with pytest.raises(Unsupported) as raised:
        network(lambda s, x: function(s, F.relu(s.conv(x))), five=nn.Conv2d(4, 4, 2, padding=1), **modules)
    assert str(raised.value) == f"convert: node '{node}', {operation} in the top module: {reason}"


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (
            lambda s, x: s.norm(s.conv(x)),
            "node 'norm', BatchNorm2d in module 'norm': it normalises 1 channels and its input has 4",
        ),
        (
            lambda s, x: s.conv(x) / s.zero,
            "node 'truediv', operator.truediv in the top module: it divides by 0",
        ),
        (
            lambda s, x: s.conv(x) + torch.inf,
            "node 'add', operator.add in the top module: its constant contains NaN or infinity: give finite "
            "values",
        ),
        (
            lambda s, x: torch.cat([s.conv(x), x[:, :, ::2, ::2]], 1),
            "node 'cat', torch.cat in the top module: it does not fit its input: Sizes of tensors must match "
            "except in dimension 1. Expected size 4 but got size 2 for tensor number 1 in the list.",
        ),
    ],
)
def test_what_does_not_fit_is_refused(function, expected):
    with pytest.raises(InputError) as raised:
        network(function, norm=nn.BatchNorm2d(1), zero=nn.Parameter(torch.zeros(1)))
    assert str(raised.value) == f"convert: {expected}"


class Exponential(nn.Module):
    def forward(self, x):
        return torch.exp(x)


def test_refusals_come_before_the_module_runs():
    """The last operation is not convertible: no calibration image has gone through the first by then."""
    seen = []
    module = nn.Sequential(nn.Flatten(), nn.Linear(32, 3), Exponential()).eval()
    module[1].register_forward_pre_hook(lambda *_: seen.append(1))
    with pytest.raises(Unsupported, match=r"node 'exp', torch\.exp in module '2'"):
        conversion.convert(module, RECIPE, IMAGES)
    assert not seen
