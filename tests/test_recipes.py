"""Recipes: thresholds and weights as the formulas say, and which images' activations set them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch_nets import IMAGES, Functional, double, fold, normalised

from neurosim import conversion, neurons
from neurosim.comparison import quantum
from neurosim.conversion.calibration import UpperTails
from neurosim.errors import InputError
from neurosim.neurons import IF
from neurosim.ops import AvgPool, Conv, Linear, Scale

# ---- how large activations get


@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=5),
    st.integers(1, 4),
    st.integers(0, 99),
    st.floats(0.5, 100),
)
def test_percentiles_of_streams_are_those_of_the_whole(parts, streams, seed, percentile):
    whole = np.random.default_rng(seed).normal(size=(streams, sum(parts))).astype(np.float32).clip(0)
    tails = UpperTails(sum(parts), percentile)
    for part in np.split(whole, np.cumsum(parts)[:-1], axis=1):
        tails.add(torch.tensor(part))
    expected = np.percentile(whole.astype(np.float64), percentile, axis=1)
    np.testing.assert_allclose(tails.value(), expected, rtol=1e-9, atol=1e-12)


CONVOLVED = Functional(lambda s, x: s.fc(F.relu(s.conv(x)).flatten(1))).eval()
MANY = np.random.default_rng(1).random((300, 2, 4, 4))


@pytest.fixture(scope="module")
def activation():
    return conversion.activations(CONVOLVED, MANY)["conv"].astype(np.float64)


def test_a_channel_or_neuron_has_its_own_percentile(activation):
    """Over images and, for a channel, its pixels; 300 images come in three batches."""
    axes = {"layer": None, "channel": (0, 2, 3)}
    for scope, axis in axes.items():
        for percentile in (100.0, 90.0):
            net = conversion.convert(CONVOLVED, conversion.ThresholdBalance(percentile, scope), MANY)
            expected = np.percentile(activation, percentile, axis=axis)
            np.testing.assert_allclose(net["conv"].neuron.threshold, expected, rtol=1e-9)
            assert np.shape(net["conv"].neuron.threshold) == ({"layer": (), "channel": (4,)}[scope])
    for percentile in (100.0, 90.0):
        net = conversion.convert(CONVOLVED, conversion.NeuronNorm(percentile), MANY)
        own, whole = np.percentile(activation, percentile, axis=0), np.percentile(activation, percentile)
        np.testing.assert_allclose(net["conv"].neuron.threshold, np.where(own > 0, own, whole), rtol=1e-9)


def test_what_is_silent_takes_the_layers_size():
    module = Functional(CONVOLVED.function).eval()
    module.conv.bias.data[1] = -100
    largest = conversion.activations(module, IMAGES)["conv"].max()
    by_channel = conversion.convert(module, conversion.ThresholdBalance(100, "channel"), IMAGES)
    assert by_channel["conv"].neuron.threshold[1] == by_channel["conv"].neuron.threshold.max() == largest
    by_neuron = conversion.convert(module, conversion.NeuronNorm(), IMAGES)
    assert (by_neuron["conv"].neuron.threshold[1] == largest).all()
    module.conv.bias.data.fill_(-100)
    with pytest.raises(InputError, match="layer 'conv': percentile 100 of its activation is 0 over 5"):
        conversion.convert(module, conversion.NeuronNorm(), IMAGES)


def test_a_layer_seen_flattened_has_its_channels():
    module = Functional(lambda s, x: s.fc(F.relu(s.conv(x).flatten(1)))).eval()
    for recipe in (conversion.ThresholdBalance(90.0, "channel"), conversion.NeuronNorm()):
        assert conversion.convert(module, recipe, MANY)["conv"].neuron == (
            conversion.convert(CONVOLVED, recipe, MANY)["conv"].neuron
        )


# ---- neurons

RULES = {
    "threshold balance": (conversion.ThresholdBalance(scale=0.5), IF(1.5)),
    "data norm": (conversion.DataNorm(), IF(1.0)),
    "neuron norm": (conversion.NeuronNorm(), IF(3.0)),
    "ter": (conversion.TerMapping(), neurons.TerIF(3.0)),
    "ter without gate": (conversion.TerMapping(gate=False), neurons.TerIF(3.0, gate=False)),
    "aug": (conversion.AugMapping(), neurons.AugIF(3.0)),
    "burst": (conversion.Burst(), neurons.BurstIF(3.0, 5)),
    "snm": (conversion.SNM(), neurons.SNM(3.0)),
    "bmif": (conversion.BMIF(4), neurons.BMIF(0.75, strength=4)),
    "qcfs": (conversion.QCFS(), IF(3.0, initial=1.5)),
    "shift": (conversion.Shift(conversion.SNM()), neurons.SNM(3.0, initial=1.5)),
    "shifted data norm": (conversion.Shift(conversion.DataNorm()), IF(1.0, initial=0.5)),
}


@pytest.mark.parametrize(("recipe", "neuron"), RULES.values(), ids=RULES)
def test_recipes_make_their_neurons(recipe, neuron):
    rule = recipe.rule(3.0)
    assert rule.neuron == neuron
    assert (rule.quantum, rule.unit) == (
        (3.0, 3.0) if "DataNorm" in repr(recipe) else (None, neuron.threshold)
    )
    assert eval(repr(recipe), vars(conversion)) == recipe
    each = recipe.rule(np.array([3.0, 6.0]))
    assert (np.broadcast_to(each.unit, 2) / rule.unit).tolist() == [1, 2]


# ---- weights by hand: W a_prev / a, b / a


def residual():
    """A convolution with batch norm, a pooled branch with a shortcut, and a linear layer."""

    def forward(s, x):
        x = F.relu(s.norm(s.conv(x)))
        x = F.avg_pool2d(F.relu(s.branch(F.dropout(x, 0.5, s.training)) + x), 2)
        return s.head(x.flatten(1))

    return Functional(
        forward, norm=normalised(4), branch=nn.Conv2d(4, 4, 3, padding=1), head=nn.Linear(16, 3)
    ).eval()


def sizes(activation, axis):
    """The maxima of four channels, the layer's for a silent one."""
    largest = activation.max(axis=axis).astype(float)
    return np.broadcast_to(np.where(largest > 0, largest, activation.max()), 4)


@pytest.mark.parametrize("scope", ["layer", "channel"])
def test_data_norm_divides_weights_and_biases_by_activations(scope):
    module = residual()
    a = {
        name: sizes(value, (0, 2, 3) if scope == "channel" else None)
        for name, value in conversion.activations(module, IMAGES).items()
        if name != "head"
    }
    net = conversion.convert(module, conversion.DataNorm(100.0, scope), IMAGES)
    column = (slice(None), None, None, None)
    scale, shift = fold(module.norm)
    (conv,) = net.into("conv")[0].ops
    folded = double(module.conv.weight) * scale[column]
    np.testing.assert_allclose(conv.weight, folded / a["conv"][column], rtol=1e-14)
    bias = double(module.conv.bias) * scale + shift
    np.testing.assert_allclose(net.bias("conv"), bias / a["conv"], rtol=1e-13)
    branch, shortcut = net.into("branch")
    factors = a["conv"][None, :, None, None] / a["branch"][column]
    np.testing.assert_allclose(branch.ops[0].weight, double(module.branch.weight) * factors, rtol=1e-14)
    np.testing.assert_allclose(net.bias("branch"), double(module.branch.bias) / a["branch"], rtol=1e-14)
    (between,) = shortcut.ops
    assert isinstance(between, Scale)
    np.testing.assert_allclose(np.broadcast_to(between.factor, 4), a["conv"] / a["branch"], rtol=1e-14)
    pool, linear = net.into("head")[0].ops
    assert pool == AvgPool(2, 2)
    expected = double(module.head.weight) * np.repeat(a["branch"], 4)
    np.testing.assert_allclose(linear.weight, expected, rtol=1e-14)
    np.testing.assert_array_equal(net.bias("head"), double(module.head.bias))
    for name, size in a.items():
        assert net[name].neuron == IF()
        np.testing.assert_array_equal(np.broadcast_to(quantum(net, name), 4), size)


def test_a_chain_worked_out_in_the_head():
    """Pixels 1 and 2: the first layer says 3 and 8 at most, the second 11."""
    module = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1), nn.ReLU(), nn.Linear(1, 1)).eval()
    values = ([[1.0, 1.0], [2.0, 3.0]], [0.0, 0.0], [[1.0, 1.0]], [0.0], [[2.0]], [1.0])
    for parameter, value in zip(module.parameters(), values, strict=True):
        parameter.data = torch.tensor(value)
    images = np.array([[1.0, 2.0], [0.5, 0.5]])
    net = conversion.convert(module, conversion.DataNorm(100, "channel"), images)
    expected = [[[1 / 3, 1 / 3], [2 / 8, 3 / 8]], [[3 / 11, 8 / 11]], [[22.0]]]
    for projection, weight in zip(net.projections, expected, strict=True):
        np.testing.assert_allclose(projection.ops[0].weight, weight, rtol=1e-15)
    assert (net.bias("4"), [quantum(net, n).tolist() for n in ("0", "2")]) == (1, [[3, 8], [11]])
    whole = conversion.convert(module, conversion.ThresholdBalance(100, scale=0.5), images)
    assert [whole[name].neuron.threshold for name in ("0", "2")] == [4, 5.5]
    assert [p.ops[0].weight.tolist() for p in whole.projections] == [values[0], [[4, 4]], [[11]]]


def test_neuron_norm_scales_before_the_shared_kernel():
    module = residual()
    largest = {name: value.max(axis=0) for name, value in conversion.activations(module, IMAGES).items()}
    net = conversion.convert(module, conversion.NeuronNorm(), IMAGES)
    theta = net["conv"].neuron.threshold
    np.testing.assert_array_equal(
        theta, np.where(largest["conv"] > 0, largest["conv"], largest["conv"].max())
    )
    branch, shortcut = net.into("branch")
    assert branch.ops == (Scale(theta), Conv(double(module.branch.weight), padding=1))
    assert shortcut.ops == (Scale(theta),)
    assert net.into("head")[0].ops == (
        Scale(net["branch"].neuron.threshold),
        AvgPool(2, 2),
        Linear(double(module.head.weight)),
    )


def test_a_ceiling_bounds_the_sizes_of_data_norm():
    module = Functional(lambda s, x: s.fc(F.hardtanh(s.conv(x), 0, 0.25).flatten(1))).eval()
    net = conversion.convert(module, conversion.DataNorm(100), IMAGES)
    assert (net["conv"].quantum, net["conv"].neuron) == (0.25, IF())
    with pytest.raises(InputError, match=r"stops at 0\.25, and this recipe's BMIF neurons go up to 1\.25"):
        conversion.convert(module, conversion.Burst(), IMAGES)


# ---- refusals

REFUSALS = {
    "strength": (lambda: conversion.BMIF(0), "BMIF.strength is 0: give a whole number of at least 1"),
    "half": (lambda: conversion.Burst(2.5), "Burst.strength is 2.5: give a whole number of at least 1"),
    "truth": (lambda: conversion.BMIF(True), "BMIF.strength is True: give a whole number of at least 1"),
    "percentile": (lambda: conversion.BMIF(4, 0), "BMIF.percentile is 0: give a number in (0, 100]"),
    "NaN": (
        lambda: conversion.ThresholdBalance(percentile=float("nan")),
        "ThresholdBalance.percentile is nan: give a number in (0, 100]",
    ),
    "a word": (lambda: conversion.SNM("max"), "SNM.percentile is 'max': give a number in (0, 100]"),
    "scope": (
        lambda: conversion.DataNorm(scope="neuron"),
        "DataNorm.scope is 'neuron': give 'layer' or 'channel'",
    ),
    "scopes": (
        lambda: conversion.SNM(scope=1),
        "SNM.scope is 1: give 'layer' or 'channel' or 'neuron'",
    ),
    "scale": (
        lambda: conversion.ThresholdBalance(scale=0),
        "ThresholdBalance.scale is 0: give a positive number",
    ),
    "gate": (lambda: conversion.TerMapping(gate=1), "TerMapping.gate is 1: give True or False"),
    "no recipe": (
        lambda: conversion.Shift(3),
        "Shift.recipe is 3: give a recipe, as ThresholdBalance()",
    ),
    "shifted twice": (
        lambda: conversion.Shift(conversion.BMIF(4)),
        "Shift.recipe is BMIF(strength=4, percentile=100.0, scope='layer'): its neurons start at theta / 2 "
        "already",
    ),
    "maxima of neurons": (
        lambda: conversion.convert(
            Functional(lambda s, x: s.fc(F.max_pool2d(F.relu(s.conv(x)), 1).flatten(1))).eval(),
            conversion.SNM(),
            IMAGES,
        ),
        "convert: layer 'max_pool2d' takes maxima of layer 'conv', whose neurons have thresholds of their "
        "own: choose a recipe of one a channel or layer, as SNM(scope='channel')",
    ),
    "name": (
        lambda: conversion.named_recipe("rate"),
        "recipe 'rate' is unknown: give one of aug-mapping, bmif, burst, data-norm, neuron-norm, qcfs, snm, "
        "ter-mapping, threshold-balance",
    ),
    "foreign option": (
        lambda: conversion.named_recipe("snm", strength=4),
        "--strength 4 belongs to --recipe bmif or burst: leave it out",
    ),
}


@pytest.mark.parametrize(("make", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(make, message):
    with pytest.raises(InputError) as raised:
        make()
    assert str(raised.value) == message


def test_recipes_by_name():
    assert conversion.named_recipe("bmif", percentile=None) == conversion.BMIF(8)
    assert conversion.named_recipe("snm", scope="layer", shift=True) == (
        conversion.Shift(conversion.SNM(scope="layer"))
    )
    assert replace(conversion.named_recipe("burst"), strength=2) == conversion.named_recipe(
        "burst", strength=2
    )
