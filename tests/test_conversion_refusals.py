"""Conversion: everything that has no exact spiking form is refused, in one line that names it."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch_nets import IMAGES, RECIPE, Functional, network, normalised

from neurosim import conversion, neurons
from neurosim.errors import InputError, NeurosimError, Unsupported

CONVERTIBLE = (
    "it has no exact spiking form: convertible are ReLU, ReLU6, Hardtanh, QCFS, MaxPool1d/2d/3d, "
    "AdaptiveMaxPool1d/2d/3d, Conv1d/2d/3d, Linear, BatchNorm1d/2d/3d, AvgPool1d/2d/3d, "
    "AdaptiveAvgPool1d/2d/3d, ZeroPad1d/2d/3d, Flatten, Unflatten, Dropout, Dropout1d/2d/3d, AlphaDropout, "
    "FeatureAlphaDropout, Identity, concatenation of channels, means over spatial axes, +, constants and "
    "their functional forms"
)

ACTIVATION = "its neurons would have to say what a ReLU does not: train the module with ReLU in its place"

PART = "it takes a part: only every n-th place along all spatial axes, as x[:, :, ::n, ::n], is convertible"

ANOTHER = "it pools something else than what a ReLU says: put the ReLU right before it"


def twice(x):
    return x + x


def tail(s, x):
    return s.fc(torch.flatten(x, 1))


REFUSED = [
    (
        lambda s, x: tail(s, s.act(s.conv(x))),
        {"act": nn.Softshrink()},
        f"node 'act', Softshrink in module 'act': {CONVERTIBLE}",
    ),
    (
        lambda s, x: s.inner(s.conv(x)),
        {"inner": nn.Sequential(nn.ReLU(), nn.Sequential(nn.Sigmoid()))},
        f"node 'inner_1_0', Sigmoid in module 'inner.1.0': {ACTIVATION}",
    ),
    (
        lambda s, x: tail(s, F.gelu(s.conv(x))),
        {},
        f"node 'gelu', torch.nn.functional.gelu in the top module: {ACTIVATION}",
    ),
    (
        lambda s, x: tail(s, s.conv(x)).softmax(1),
        {},
        "node 'softmax', Tensor.softmax in the top module: it does not change which output is the largest: "
        "take it out of the module",
    ),
    (
        lambda s, x: tail(s, torch.exp(s.conv(x))),
        {},
        f"node 'exp', torch.exp in the top module: {CONVERTIBLE}",
    ),
    (
        lambda s, x: tail(s, F.relu(s.conv(x) + x)),
        {},
        "node 'add', operator.add in the top module: it adds shapes (4, 4, 4) and (2, 4, 4): "
        "only equal shapes "
        "are convertible",
    ),
    (
        lambda s, x: tail(s, torch.add(s.conv(x), s.other(x), alpha=2)),
        {"other": nn.Conv2d(2, 4, 1)},
        "node 'add', torch.add in the top module: it is called in a way that is not convertible "
        "(got an unexpected keyword argument 'alpha')",
    ),
    (
        lambda s, x: s.fc(torch.flatten(s.conv(x), 2)),
        {},
        "node 'fc', Linear in module 'fc': it takes a value of shape (4, 16): flatten it first, as by "
        "torch.flatten(x, 1)",
    ),
    (
        lambda s, x: s.fc(s.conv(x).view(-1)),
        {},
        "node 'view', Tensor.view in the top module: it mixes images or leaves no axis: only within an "
        "image, as x.flatten(1), is convertible",
    ),
    (
        lambda s, x: s.fc(s.conv(x).view(7, -1)),
        {},
        "node 'view', Tensor.view in the top module: it does not fit its input: "
        "shape '[7, -1]' is invalid for input of size 64",
    ),
    (
        lambda s, x: s.fc(s.conv(x)),
        {},
        "node 'fc', Linear in module 'fc': it takes a value of shape (4, 4, 4): flatten it first, "
        "as by torch.flatten(x, 1)",
    ),
    (
        lambda s, x: s.conv2(s.conv(x).flatten(1)),
        {"conv2": nn.Conv2d(4, 4, 1)},
        "node 'conv2', Conv2d in module 'conv2': it takes shape (64,): only images (C, H, W) are convertible",
    ),
    (
        lambda s, x: tail(s, s.conv(x)[:, :, 1:]),
        {},
        f"node 'getitem', operator.getitem in the top module: {PART}",
    ),
    (
        lambda s, x: tail(s, s.conv(x)[:, :, ::2, ::1]),
        {},
        f"node 'getitem', operator.getitem in the top module: {PART}",
    ),
    (
        lambda s, x: tail(s, s.conv(F.pad(x, (1, 1, 1, 1), value=0.5))),
        {},
        "node 'pad', torch.nn.functional.pad in the top module: it pads with something else than zeros: only "
        "zeros are convertible",
    ),
    (
        lambda s, x: tail(s, F.dropout(s.conv(x))),
        {},
        "node 'dropout', torch.nn.functional.dropout in the top module: it drops in evaluation too: "
        "pass training=self.training",
    ),
    (
        lambda s, x: F.avg_pool2d(s.conv(x), 2, divisor_override=3),
        {},
        "node 'avg_pool2d', torch.nn.functional.avg_pool2d in the top module: divisor_override is 3: "
        "only true averages are convertible",
    ),
    *(
        (
            function,
            {"pool": nn.MaxPool2d(2)},
            f"node 'pool', MaxPool2d in module 'pool': {ANOTHER}",
        )
        for function in (
            lambda s, x: s.pool(x),
            lambda s, x: s.pool(s.conv(x)),
            lambda s, x: s.pool(F.avg_pool2d(F.relu(s.conv(x)), 2)),
            lambda s, x: s.pool(twice(F.relu(s.conv(x)))),
        )
    ),
    *(
        (
            lambda s, x, options=options: F.max_pool2d(
                F.relu(s.conv(x)), 2 + ("ceil_mode" in options), **options
            ),
            {},
            f"node 'max_pool2d', torch.nn.functional.max_pool2d in the top module: it sets {name}: only "
            "kernel_size, stride and padding are convertible",
        )
        for name, options in (("dilation", {"dilation": 2}), ("ceil_mode", {"ceil_mode": True}))
    ),
    (
        lambda s, x: s.conv2(x),
        {"conv2": nn.Conv2d(2, 4, 3, padding=1, padding_mode="reflect")},
        "node 'conv2', Conv2d in module 'conv2': padding_mode is 'reflect': only 'zeros' is convertible",
    ),
    (
        lambda s, x: s.norm(s.conv(x)),
        {"norm": nn.BatchNorm2d(4, track_running_stats=False)},
        "node 'norm', BatchNorm2d in module 'norm': it keeps no running statistics: "
        "train it with track_running_stats=True",
    ),
    (
        lambda s, x: (s.conv(x), x),
        {},
        "node 'output', the result in the top module: forward returns a tuple: return one tensor",
    ),
    (
        lambda s, x: s.conv(x).T,
        {},
        "node 'getattr_1', builtins.getattr in the top module: it reads the attribute 'T': "
        "only .shape is convertible",
    ),
]


@pytest.mark.parametrize(("function", "modules", "expected"), REFUSED)
def test_everything_else_is_refused_by_name(function, modules, expected):
    with pytest.raises(NeurosimError) as raised:
        network(function, **modules)
    assert str(raised.value) == f"convert: {expected}"
    assert isinstance(raised.value, InputError if "does not fit" in expected else Unsupported)


def test_impossible_batch_norms_are_refused():
    def build(**changes):
        norm = normalised(4)
        for name, value in changes.items():
            setattr(norm, name, value)
        return network(lambda s, x: tail(s, s.norm(s.conv(x))), norm=norm)

    where = "convert: node 'norm', BatchNorm2d in module 'norm'"
    with pytest.raises(InputError) as raised:
        build(running_var=torch.tensor([1.0, -0.25, 1.0, 1.0]))
    assert str(raised.value) == f"{where}: running_var holds -0.25: variances must be >= 0"
    with pytest.raises(InputError) as raised:
        build(eps=0.0)
    assert str(raised.value) == f"{where}: eps is 0.0: it must be positive"


def test_training_mode_is_refused():
    module = Functional(lambda s, x: tail(s, s.conv(x))).eval()
    module.fc.train()
    with pytest.raises(InputError) as raised:
        conversion.convert(module, RECIPE, IMAGES)
    assert str(raised.value) == "convert: Functional is in training mode: call its eval() first"


def test_what_cannot_be_traced_is_refused():
    with pytest.raises(Unsupported) as raised:
        network(lambda s, x: s.conv(x) if x.sum() > 0 else x)
    assert str(raised.value) == (
        "convert: torch.fx cannot trace Functional (symbolically traced variables cannot be "
        "used as inputs to "
        "control flow): write forward without decisions that depend on values"
    )


class TwoInputs(nn.Module):
    def forward(self, x, y):
        return x + y


def test_several_inputs_are_refused():
    with pytest.raises(Unsupported) as raised:
        conversion.convert(TwoInputs().eval(), RECIPE, IMAGES)
    assert str(raised.value) == "convert: TwoInputs takes the inputs x, y: one is convertible"


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (
            np.zeros((3, 3, 4, 4)),
            "convert: node 'conv', Conv2d in module 'conv': it does not fit its input: Given "
            "groups=1, weight of "
            "size [4, 2, 3, 3], expected input[1, 3, 6, 6] to have 2 channels, but got 3 channels instead",
        ),
        (
            np.zeros((0, 2, 4, 4)),
            "convert: images have shape (0, 2, 4, 4): give (N, *shape), at least one",
        ),
        (np.full((1, 2, 4, 4), np.nan), "input pixels contain NaN or infinity: give finite values"),
    ],
)
def test_images_must_fit(images, expected):
    with pytest.raises(InputError) as raised:
        network(lambda s, x: tail(s, F.relu(s.conv(x))), images)
    assert str(raised.value) == expected


def in_place(s, x):
    z = s.conv(x)
    return tail(s, F.relu(z, inplace=True) + z)


def test_what_the_trace_does_not_show_is_caught():
    """An in-place ReLU whose input is read again, and a hook: both change values behind the trace."""
    refusal = (
        r"^convert: layer 'fc': the module says something else than its trace, by .*: remove hooks and .*$"
    )
    with pytest.raises(Unsupported, match=refusal):
        network(in_place)
    hooked = nn.Conv2d(4, 4, 1)
    hooked.register_forward_hook(lambda module, args, out: out + 1)
    with pytest.raises(Unsupported, match="layer 'hooked': the module says something else"):
        network(lambda s, x: tail(s, F.relu(s.hooked(s.conv(x)))), hooked=hooked)


def test_a_neuron_is_no_recipe():
    """neurosim.BMIF is the neuron, neurosim.conversion.BMIF the recipe: an easy slip."""
    with pytest.raises(InputError) as raised:
        conversion.convert(nn.Linear(2, 2).eval(), neurons.BMIF(), IMAGES)
    assert str(raised.value) == "convert: recipe is BMIF(): give a recipe of neurosim.conversion, as BMIF(8)"
    with pytest.raises(InputError, match="convert: module is a str: give a torch module"):
        conversion.convert("weights.pt", RECIPE, IMAGES)
