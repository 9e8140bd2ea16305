"""Planted faults are named with their layer; sound conversions have none."""

from dataclasses import replace

import planted
import pytest

from neurosim.conversion import (
    BMIF,
    QCFS,
    SNM,
    AugMapping,
    Burst,
    DataNorm,
    NeuronNorm,
    Shift,
    TerMapping,
    ThresholdBalance,
)
from neurosim.devices import Reference
from neurosim.diagnosis import diagnose
from neurosim.training import with_qcfs

SEEDS, PLACES = (0, 1, 2), (1, 2, 3)
RECIPE = ThresholdBalance()


def examined(module, network, steps=4):
    return diagnose(
        module,
        network,
        planted.images(16),
        steps=steps,
        device=Reference(),
        input=planted.INPUT,
        injection=False,
        keep=(),
    )


@pytest.mark.parametrize("cause", planted.FAULTS)
def test_cause_and_layer_are_named_first(cause):
    """Of 27: three networks, layers and seeds. Nothing else is named beside it."""
    nets, plant = planted.FAULTS[cause]
    wrong = []
    for name, make in nets.items():
        for seed in SEEDS:
            module = planted.module_of(make, seed)
            for place in PLACES:
                network, layer = plant(module, RECIPE, place)
                found = examined(module, network)
                if found.culprits[0] != (layer, cause) or len(found.faults) != 1:
                    wrong.append((name, seed, place, found.faults))
    assert len(wrong) <= 2, wrong


@pytest.mark.parametrize(("factor", "cause"), [(3.0, "threshold too high"), (0.5, "threshold too low")])
@pytest.mark.parametrize("name", planted.WITH_MAXIMA)
def test_a_threshold_that_the_weights_behind_know_nothing_of(name, factor, cause):
    """The strengths then stand for something else than the weights assume, seen where they are read."""
    module = planted.module_of(planted.WITH_MAXIMA[name], 0)
    network = planted.convert(module, RECIPE)
    for layer in ("conv1", "conv2", "conv3"):
        neuron = network[layer].neuron
        changed = network.replace(layer, replace(neuron, threshold=factor * neuron.threshold))
        found = examined(module, changed)
        assert found.culprits[0] == (layer, cause)
        assert len(found.faults) == 1


RECIPES = (
    RECIPE,
    ThresholdBalance(99),
    DataNorm(),
    NeuronNorm(),
    TerMapping(),
    AugMapping(),
    Burst(),
    SNM(),
    SNM(scope="channel"),
    BMIF(4),
    Shift(RECIPE),
)
ONE_A_NEURON = (NeuronNorm(), SNM())


@pytest.mark.parametrize("name", planted.NETS)
def test_a_sound_conversion_has_no_fault(name):
    module = planted.module_of(planted.NETS[name], 3)
    for recipe in RECIPES:
        if name == "pooled" and recipe in ONE_A_NEURON:
            continue  # maxima compare counts of one threshold
        network = planted.convert(module, recipe)
        for steps in (2, 16):
            assert examined(module, network, steps).faults == (), (recipe, steps)


def test_a_sound_qcfs_has_no_fault():
    module = planted.module_of(planted.NETS["residual"], 3)
    stairs = with_qcfs(module, planted.images(32), levels=4, input=planted.INPUT)
    for steps in (2, 16):
        assert examined(stairs, planted.convert(stairs, QCFS()), steps).faults == ()
