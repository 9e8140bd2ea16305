"""Few-bit weights: how many values, which ones, and the gradient behind them."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from neurosim.errors import InputError
from neurosim.training import FakeQuantised, quantise
from neurosim.training.quantisation import quantised_weights


def layers():
    torch.manual_seed(1)
    return [nn.Conv3d(1, 6, 3), nn.Conv2d(3, 8, 3), nn.Conv1d(3, 8, 5), nn.Linear(300, 40)]


@pytest.mark.parametrize("scheme", ["symmetric", "affine"])
@pytest.mark.parametrize("bits", [2, 4, 6, 16])
def test_a_layer_has_at_most_two_to_the_bits_values(bits, scheme):
    for plain in layers():
        full = plain.weight.detach().clone()
        layer = quantise(nn.Sequential(plain), bits, scheme)[0]
        whole, scale = quantised_weights(layer)[""]
        assert len(layer.weight.unique()) <= 2**bits
        assert torch.equal(layer.weight, (whole * scale).float())
        assert torch.equal(whole, whole.round())
        assert whole.max() - whole.min() <= 2**bits - 1
        assert (layer.weight - full).abs().max() <= scale * (0.5 + 1e-4 if bits < 16 else 0.51)


def test_the_formulas_by_hand():
    w = torch.tensor([[-1.0, -0.26, 0.0, 0.3, 0.75]])
    whole, scale, inside = FakeQuantised(3).levels(w)  # s = 1/3
    assert (whole.tolist(), scale.item()) == ([[-3, -1, 0, 1, 2]], float(np.float32(1 / 3)))
    assert inside.all()
    whole, scale, _ = FakeQuantised(3, "affine").levels(w)  # s = 1.75 / 7, Z = 4
    assert (whole.tolist(), scale.item()) == ([[-4, -1, 0, 1, 3]], 0.25)
    whole, scale, _ = FakeQuantised(3, "affine").levels(w.abs() + 1.1)  # the range is widened to 0..2.1
    assert whole.tolist() == [[7, 5, 4, 5, 6]]
    assert scale.item() == pytest.approx(0.3, rel=1e-6)


def test_the_gradient_passes_straight_through():
    layer = quantise(nn.Sequential(nn.Linear(3, 2, bias=False)), 2)[0]
    x = torch.tensor([[1.0, -2.0, 3.0]])
    layer(x).sum().backward()
    assert torch.equal(layer.parametrizations.weight.original.grad, x.expand(2, 3))


def test_clipped_weights_have_no_gradient():
    class Narrow(FakeQuantised):
        def levels(self, weight):
            whole, scale, _ = super().levels(weight)
            return whole.clamp(-1, 1), scale, whole.abs() <= 1

    w = torch.tensor([0.2, -1.0, 1.0], requires_grad=True)
    Narrow(4)(w).sum().backward()
    assert w.grad.tolist() == [1, 0, 0]


def test_whole_numbers_are_the_same_in_both_precisions():
    single = quantise(nn.Sequential(*layers()), 5)
    double = copy.deepcopy(single).double()
    one, two = quantised_weights(single), quantised_weights(double)
    for path in one:
        assert torch.equal(one[path][0], two[path][0])
        assert one[path][1] == two[path][1]
        weight = double.get_submodule(path).weight
        assert torch.equal(weight / one[path][1], one[path][0])  # the products are exact


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_stays(training):
    module = quantise(nn.Sequential(nn.Linear(2, 2)).train(training))
    assert {part.training for part in module.modules()} == {training}


def test_weights_of_zero_stay_zero():
    layer = nn.Linear(2, 2)
    nn.init.zeros_(layer.weight)
    assert not quantise(nn.Sequential(layer), 4)[0].weight.any()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda m: quantise(m, 1), "quantise: bits is 1: give a whole number in 2..16"),
        (lambda m: quantise(m, 17), "quantise: bits is 17: give a whole number in 2..16"),
        (lambda m: quantise(m, 6.0), "quantise: bits is 6.0: give a whole number in 2..16"),
        (lambda m: quantise(m, True), "quantise: bits is True: give a whole number in 2..16"),
        (
            lambda m: quantise(m, 6, "log"),
            "quantise: scheme is 'log': give one of symmetric, affine",
        ),
        (
            lambda m: quantise(nn.Sequential(nn.ReLU())),
            "quantise: Sequential has no convolution or linear layer",
        ),
        (
            lambda m: quantise(quantise(m)),
            "quantise: Sequential is quantised already: give it as it was before",
        ),
    ],
)
def test_nonsense_is_refused(change, expected):
    with pytest.raises(InputError) as raised:
        change(nn.Sequential(nn.Linear(2, 2)))
    assert str(raised.value) == expected
