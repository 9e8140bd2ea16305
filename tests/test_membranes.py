"""The parts of spiking networks in torch: dropout that is held, readouts, membranes that forget."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from neurosim import training
from neurosim.errors import InputError
from neurosim.training import HeldDropout, TrainableBMIF, TrainableLIF, Unrolled
from neurosim.training.membranes import restart


def test_a_dropout_mask_is_held_over_the_steps():
    net = Unrolled(nn.Sequential(nn.Flatten(), HeldDropout(0.4)), 6).train()
    x = torch.ones(50, 40)
    torch.manual_seed(0)
    steps = torch.stack(list(net.each(x)))
    assert torch.equal(steps, steps[:1].expand_as(steps))
    assert set(steps.unique().tolist()) == {0.0, 1 / np.float32(0.6)}
    assert 0.5 < (steps > 0).float().mean() < 0.7
    assert not torch.equal(steps[0], next(net.each(x)))
    assert torch.equal(next(net.eval().each(x)), x)


def test_whole_channels_are_dropped_where_the_module_did():
    module = nn.Sequential(nn.Conv2d(1, 8, 1), nn.ReLU(), nn.Dropout2d(0.5), nn.Flatten(), nn.Linear(72, 2))
    held = training.spiking_body(module.eval()).get_submodule("2").train()
    dropped = held(torch.ones(20, 8, 3, 3)).flatten(2)
    assert torch.equal(dropped, dropped[:, :, :1].expand_as(dropped))
    assert 0.3 < (dropped > 0).float().mean() < 0.7


@pytest.mark.parametrize("readout", ["sum", "mean", "steps"])
def test_readouts(readout):
    body = nn.Sequential(nn.Linear(3, 4), TrainableLIF(0.2, 0.9), nn.Linear(4, 2))
    net = Unrolled(body, 5, readout=readout).train()
    x, labels = torch.rand(7, 3), torch.randint(2, (7,))
    each = list(net.each(x))
    logits = {"sum": sum(each), "mean": sum(each) / 5, "steps": torch.stack(each, 2)}[readout]
    torch.testing.assert_close(net(x), logits)
    cross_entropy = nn.functional.cross_entropy
    expected = {
        "sum": lambda: cross_entropy(sum(each), labels),
        "mean": lambda: cross_entropy(sum(each) / 5, labels),
        "steps": lambda: sum(cross_entropy(said, labels) for said in each) / 5,
    }[readout]()
    torch.testing.assert_close(training.LOSSES[readout](net(x), labels), expected)
    assert net.eval()(x).shape == (7, 2)


def test_membranes_are_at_rest_before_and_after_an_image():
    net = Unrolled(nn.Sequential(nn.Linear(3, 4), TrainableLIF(0.2), nn.Linear(4, 2)), 3)
    x = torch.rand(7, 3)
    net.body(x)  # leaves membranes charged
    first = net(x)
    assert torch.equal(first, net(x))
    copy.deepcopy(net)  # no graph of gradients is left behind
    restart(net)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: TrainableLIF(0.0), "TrainableLIF.threshold is 0: give a positive number"),
        (lambda: TrainableLIF(leak=1.5), "TrainableLIF.leak is 1.5: give a number in [0, 1]"),
        (
            lambda: TrainableLIF(reset="soft"),
            "TrainableLIF.reset is 'soft': give one of subtract, zero, delayed",
        ),
        (
            lambda: TrainableBMIF(strength=1.5),
            "TrainableBMIF.strength is 1.5: give a whole number >= 1, or inf",
        ),
        (
            lambda: TrainableBMIF(initial=1),
            "TrainableBMIF.initial is 1: give a share of the threshold in [0, 1)",
        ),
        (lambda: HeldDropout(1.0), "HeldDropout.p is 1: give a number in [0, 1)"),
        (lambda: Unrolled(nn.ReLU(), 0), "Unrolled.steps is 0: give a whole number of at least 1"),
        (
            lambda: Unrolled(nn.ReLU(), readout="max"),
            "Unrolled.readout is 'max': give one of sum, mean, steps",
        ),
    ],
)
def test_settings_are_checked(make, expected):
    with pytest.raises(InputError) as raised:
        make()
    assert str(raised.value) == expected
