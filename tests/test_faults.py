"""Planted faults are named with their layer; sound conversions have none."""

from dataclasses import replace

import numpy as np
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
    convert,
)
from neurosim.devices import Reference
from neurosim.diagnosis import diagnose
from neurosim.neurons import BurstIF, Input
from neurosim.stimuli import Latency, Phase, Poisson
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


@pytest.mark.parametrize("name", planted.NETS)
def test_a_threshold_of_unlimited_strength_is_held_against_the_others(name):
    module = planted.module_of(planted.NETS[name], 0)
    for place in PLACES:
        network, layer = planted.plant_threshold(8.0)(module, AugMapping(), place)
        found = examined(module, network)
        assert (found.culprits[0], len(found.faults)) == ((layer, "threshold too high"), 1)


def test_more_strength_than_the_others_have_is_no_fault():
    module = planted.module_of(planted.NETS["chain"], 0)
    network = planted.convert(module, RECIPE)
    for layer in ("conv1", "conv2", "conv3"):
        for strength in (5, np.inf):
            changed = network.replace(layer, BurstIF(network[layer].neuron.threshold, strength))
            assert examined(module, changed).faults == ()


@pytest.mark.parametrize(("factor", "cause"), [(3.0, "threshold too high"), (0.5, "threshold too low")])
@pytest.mark.parametrize("recipe", [DataNorm(), DataNorm(scope="channel")], ids=["layer", "channel"])
@pytest.mark.parametrize("name", planted.NETS)
def test_a_threshold_that_normalised_weights_know_nothing_of(name, recipe, factor, cause):
    """All that arrives, biases too, then counts for a third or for twice as much."""
    module = planted.module_of(planted.NETS[name], 0)
    network = planted.convert(module, recipe)
    for layer in ("conv1", "conv2", "conv3"):
        neuron = network[layer].neuron
        changed = network.replace(layer, replace(neuron, threshold=factor * neuron.threshold))
        assert examined(module, changed).faults == ((layer, cause),)


@pytest.mark.parametrize("code", [lambda pixels: Poisson(pixels, seed=1), Phase, Latency])
def test_coded_pixels_are_no_wrong_normalisation(code):
    """Mean frames of such codes are not the pixels; what they do to layers is inherited."""
    module, plain = planted.module_of(planted.NETS["chain"], 3), Input()
    pixels = planted.images(8) / 16
    network = convert(module, RECIPE, pixels, input=plain)
    found = diagnose(module, network, code(pixels), steps=8, device=Reference(), injection=False)
    assert found.faults == ()
    assert found["conv1"].relative("inherited") > 0


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
    network = planted.convert(stairs, QCFS())
    for steps in (2, 16):
        found = examined(stairs, network, steps)
        assert found.faults == ()
        assert found["conv1"].relative("timing") == 0  # pixels drive evenly, whatever L is
        assert found["conv1"].relative("quantisation") > 0
