"""Conversion: recipes that say nonsense, and arguments that are none, are refused in one line."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch_nets import IMAGES, RECIPE, Functional

from neurosim import conversion, training
from neurosim.errors import InputError
from neurosim.neurons import IF

MODULE = Functional(lambda s, x: s.fc(F.relu(s.conv(x)).flatten(1))).eval()
STOPPED = Functional(lambda s, x: s.fc(F.relu6(s.conv(x)).flatten(1))).eval()


class Given:
    """A recipe that says what it was told to."""

    def __init__(self, sizes, rule=lambda size: conversion.Rule(IF(size))):
        self.sizes = lambda calibration: sizes
        self.rule = rule

    def __repr__(self):
        return "Given()"


def convert(recipe, images=IMAGES, module=MODULE, **options):
    return conversion.convert(module, recipe, images, **options)


def test_a_recipe_of_ones_own_that_names_every_layer_is_followed():
    assert convert(Given({"conv": 3}))["conv"].neuron == IF(3.0)


def test_numpy_numbers_are_numbers():
    assert conversion.BMIF(np.int64(4), np.int64(100)) == conversion.BMIF(4, 100)
    assert conversion.ThresholdBalance(scale=np.float32(0.5)).scale == 0.5
    expected = convert(conversion.BMIF(4))
    assert convert(conversion.BMIF(np.int64(4), percentile=np.float64(100))) == expected


WHERE = "convert: recipe Given(): sizes()"
NUMBERS = "give numbers (N, *shape)"
REFUSED = {
    "layer left out": (
        lambda: convert(Given({})),
        f"{WHERE} leaves out layer 'conv': give one size for each of 'conv'",
    ),
    "layer unknown": (
        lambda: convert(Given({"conv": 1.0, "fc": 1.0})),
        f"{WHERE} names 'fc', which is no layer of neurons: give 'conv'",
    ),
    "sizes in a list": (
        lambda: convert(Given([1.0])),
        f"{WHERE} gives [1.0]: give a dict with the size of every layer",
    ),
    "size of text": (
        lambda: convert(Given({"conv": "1"})),
        f"{WHERE} gives '1' for layer 'conv': give a positive number",
    ),
    "rule that is a neuron": (
        lambda: convert(Given({"conv": 1.0}, rule=IF)),
        "recipe Given(): rule() gives IF(): give Rule(neuron)",
    ),
    "shifted rule that is a neuron": (
        lambda: conversion.Shift(Given({}, rule=IF)),
        "recipe Given(): rule() gives IF(): give Rule(neuron)",
    ),
    "class": (
        lambda: convert(conversion.TerMapping),
        "convert: recipe is the class TerMapping: give TerMapping()",
    ),
    "class with a parameter": (
        lambda: convert(conversion.BMIF),
        "convert: recipe is the class BMIF: give BMIF(strength)",
    ),
    "shifted class": (
        lambda: conversion.Shift(conversion.TerMapping),
        "Shift.recipe is the class TerMapping: give TerMapping()",
    ),
    "numpy strength": (
        lambda: conversion.BMIF(np.int64(0)),
        "BMIF.strength is 0: give a whole number of at least 1",
    ),
    "numpy truth": (
        lambda: conversion.BMIF(np.True_),
        "BMIF.strength is True: give a whole number of at least 1",
    ),
    "no largest strength": (
        lambda: convert(conversion.AugMapping(), module=STOPPED),
        "convert: layer 'conv': the module's activation stops at 6, and this recipe's BMIF neurons have no "
        "largest strength: choose one that bounds them by the largest activation, as BMIF(8)",
    ),
    "input": (
        lambda: convert(RECIPE, input=0.5),
        "convert: input is 0.5: give Input(mean=..., std=...)",
    ),
    "module": (
        lambda: conversion.activations("a", IMAGES),
        "convert: module is a str: give a torch module",
    ),
    "dtype": (
        lambda: conversion.activations(MODULE, IMAGES, dtype=np.int32),
        "activations: dtype is <class 'numpy.int32'>: give np.float32 or np.float64",
    ),
    "dtype of torch": (
        lambda: conversion.activations(MODULE, IMAGES, dtype=torch.float64),
        "activations: dtype is torch.float64: give np.float32 or np.float64",
    ),
    "strings": (
        lambda: convert(RECIPE, np.array([["a", "b"]])),
        f"convert: images are a ndarray of <U1: {NUMBERS}",
    ),
    "a type": (
        lambda: training.with_qcfs(MODULE, list),
        f"convert: images are a type of object: {NUMBERS}",
    ),
    "ragged": (
        lambda: conversion.activation_functions(MODULE, [[1.0], [2.0, 3.0]]),
        f"convert: images are a list of object: {NUMBERS}",
    ),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_nonsense_is_refused_in_one_line(make, message):
    with pytest.raises(InputError) as raised:
        make()
    assert str(raised.value) == message


def test_precisions_by_any_of_their_names():
    for dtype in (np.float64, "float64", np.dtype("float64")):
        assert conversion.activations(MODULE, IMAGES, dtype=dtype)["conv"].dtype == np.float64
