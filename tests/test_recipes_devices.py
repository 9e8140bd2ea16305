"""Every recipe in Brian2: spikes and outputs equal the reference's; and nets keep the module's accuracy."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch_nets import normalised

import neurosim
from neurosim import ann, conversion, training
from neurosim.comparison import compare
from neurosim.datasets import load
from neurosim.devices import CppStandalone, Reference
from neurosim.ops import Scale
from neurosim.reference import simulate
from neurosim.simulation import Simulation

SHIPPED = Path(neurosim.__file__).parent / "data" / "digits_resnet.safetensors"

RECIPES = {
    "stem": conversion.ThresholdBalance(),
    "convs.0": conversion.DataNorm(scope="channel"),
    "convs.1": conversion.NeuronNorm(),
    "convs.2": conversion.TerMapping(),
    "convs.3": conversion.AugMapping(scope="channel"),
    "convs.4": conversion.Burst(3),
    "convs.5": conversion.SNM(),
    "convs.6": conversion.BMIF(4),
    "convs.7": conversion.Shift(conversion.DataNorm()),
    "last": conversion.QCFS(),
}


class Mixed:
    """A recipe that gives every layer one of its own."""

    def sizes(self, calibration):
        found = {}
        for name, node in calibration.nodes.items():
            found |= RECIPES[name].sizes(replace(calibration, nodes={name: node}))
        self.names = iter(found)
        return found

    def rule(self, size):
        return RECIPES[next(self.names)].rule(size)


class Everything(nn.Module):
    """Batch norms, both kinds of pooling, dropout, and a shortcut around every second layer."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.stem, self.last = nn.Conv2d(1, 6, 3, padding=1), nn.Conv2d(6, 6, 3)
        self.convs = nn.ModuleList(nn.Conv2d(6, 6, 3, padding=1) for _ in range(8))
        self.norms = nn.ModuleList(normalised(6, seed) for seed in range(8))
        self.staircase, self.dropout, self.fc = training.QCFS(4, 1.5), nn.Dropout(), nn.Linear(96, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.stem(x)), 2, 1)
        for number, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            made = norm(conv(x))
            x = F.relu(made + x if number % 2 else made)
            x = F.avg_pool2d(x, 2, 1) if number == 5 else x
        return self.fc(self.dropout(self.staircase(self.last(x))).flatten(1))


def test_brian2_is_the_reference_spike_for_spike_whatever_the_recipe():
    images = np.random.default_rng(2).random((12, 1, 8, 8))
    network = conversion.convert(Everything().eval(), Mixed(), images)
    factors = [op.factor for p in network.projections for op in p.ops if isinstance(op, Scale)]
    assert {np.ndim(factor) for factor in factors} >= {1, 3}
    runs = {}
    for device in (Reference(), CppStandalone()):
        with Simulation(network, device, 12, record="spikes") as simulation:
            runs[str(device)] = simulation.run(images[:4], progress=False)
    agreement = compare(runs)
    assert agreement, str(agreement.first)
    assert all(runs[str(CppStandalone())].totals(name).sum() > 20 for name in RECIPES)


ENOUGH = {
    "bmif": (conversion.BMIF(8), 8),
    "snm": (conversion.SNM(scope="channel"), 40),
    "data norm": (conversion.Shift(conversion.DataNorm(scope="channel")), 40),
}


@pytest.mark.parametrize(("recipe", "steps"), ENOUGH.values(), ids=ENOUGH)
def test_with_enough_steps_the_digits_are_those_of_the_module(recipe, steps):
    known, digits = ann.architecture("digits_resnet"), load("digits:test[:10]")
    module = ann.load_weights(SHIPPED, known.name)
    network = conversion.convert(module, recipe, load("digits:train[:300]").images, input=known.input)
    *_, last = simulate(network, known.input.normalise(digits.images)[:, None], steps)
    expected = ann.predict(module, digits.images, known.input).argmax(axis=1)
    np.testing.assert_array_equal(last["linear"].potential.argmax(axis=1), expected)
