"""diagnose: the identity neuron by neuron, one cause at a time by hand, and the network behind a cut."""

import copy
from dataclasses import replace

import numpy as np
import planted
import pytest
import torch
from torch import nn

from neurosim import Direct, conversion
from neurosim.ann.qcfs import QCFS
from neurosim.devices import Reference
from neurosim.diagnosis import diagnose
from neurosim.diagnosis.injection import Injection
from neurosim.diagnosis.terms import CAUSES
from neurosim.errors import InputError
from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.neurons import BMIF, IF, LIF, Accumulate, AugIF, Input, TerIF
from neurosim.ops import Linear
from neurosim.simulation import Simulation

STEPS = 8
RUN = {"steps": STEPS, "device": Reference()}

# ---- the identity

NEURONS = {
    "IF": lambda theta: IF(theta),
    "IF, reset to zero, strict": lambda theta: IF(theta, "zero", initial=theta / 2, strict=True),
    "BM-IF": lambda theta: BMIF(theta / 4, strength=4),
    "Ter": lambda theta: TerIF(theta),
    "Aug": lambda theta: AugIF(theta),
    "LIF": lambda theta: LIF(theta, leak=0.9, lower_bound=-theta),
}


@pytest.fixture(scope="module")
def residual():
    module = planted.module_of(planted.WITH_MAXIMA["residual"], 0)
    return module, planted.convert(module, conversion.ThresholdBalance())


@pytest.mark.parametrize("neuron", NEURONS.values(), ids=NEURONS)
def test_terms_sum_to_the_error_of_every_neuron(residual, neuron):
    module, network = residual
    for layer in network.neurons:
        if isinstance(layer.neuron, IF):
            changed = neuron(layer.neuron.threshold)
            layer = replace(layer, neuron=changed, quantum=changed.threshold)
            factor = changed.threshold / network[layer.name].neuron.threshold
            network = planted.rescaled(network, layer, factor)
    images = planted.images(6)
    found = diagnose(module, network, images, steps=STEPS, device=Reference(), injection=False, chunk=4)
    with Simulation(network, Reference(), STEPS, record="counts") as simulation:
        run = simulation.run(images, progress=False)
    said = conversion.activations(module, images, input=planted.INPUT, dtype=np.float64)
    assert [error.name for error in found.layers] == list(said)
    for error in found.layers:
        pooled = network[error.name.replace("pool", "conv")].neuron
        read = (
            run.output(error.name)[:, -1] / STEPS
            if error.name == "fc"
            else run.counts(error.name) * pooled.threshold / STEPS
        )
        scale = np.abs(said[error.name]).max()
        np.testing.assert_allclose(error.total, read - said[error.name], rtol=0, atol=1e-9 * scale)
        four = error.inherited + error.clipping + error.quantisation + error.timing
        np.testing.assert_allclose(four, error.total, rtol=0, atol=1e-9 * scale)
        assert np.abs(error.mapping).max() <= 1e-9 * scale
        assert sum(error.shares.values()) == pytest.approx(1)
        np.testing.assert_allclose(error.rms["total"][0], np.sqrt(np.mean(error.total[:, 0] ** 2)))
        if error.name.startswith("pool"):
            assert not error.clipping.any()
            assert not error.quantisation.any()
            np.testing.assert_allclose(error.timing, 0, atol=1e-12 * scale)


def test_timing_is_exactly_zero_inside_the_lemma(residual):
    module, network = residual
    for layer in network.neurons:
        if isinstance(layer.neuron, IF):
            network = network.replace(layer.name, BMIF(layer.neuron.threshold))
    found = diagnose(module, network, planted.images(6), steps=STEPS, device=Reference(), injection=False)
    for name in ("conv1", "conv2", "conv3"):
        assert not found[name].timing.any()
        assert not found[name].clipping.any()
        assert found[name].quantisation.any()
        assert found[name].negative == 0


# ---- one cause at a time: a drive of z into one neuron, then its read-out


def single(z, neuron, steps=4, weights=None, bias=None):
    """The diagnosis of one hidden layer that receives z, with the module's numbers or others."""
    z = np.atleast_1d(z)
    module = nn.Sequential(nn.Linear(1, len(z)), nn.ReLU(), nn.Linear(len(z), 1, bias=False)).eval()
    with torch.no_grad():
        module[0].weight.copy_(torch.tensor(z)[:, None])
        module[0].bias.zero_()
        module[2].weight.fill_(1.0)
    theta = np.broadcast_to(neuron.threshold, z.shape)
    network = Network(
        [Layer("input", (1,), Input()), Layer("0", z.shape, neuron), Layer("2", (1,), Accumulate())],
        [
            Projection("input", "0", Linear(np.array(z if weights is None else weights)[:, None]), bias),
            Projection("0", "2", Linear(theta[None])),
        ],
    )
    return diagnose(module, network, np.ones((1, 1)), steps=steps, device=Reference(), injection=False)


def terms(found, layer="0"):
    return {cause: getattr(found[layer], cause).ravel().tolist() for cause in CAUSES}


NOTHING = {key: [0.0] for key in CAUSES}

PREDICTED = {
    "clipping": (1.5, IF(), -0.5),
    "clipping of a larger strength": (5.0, BMIF(1.0, strength=4), -1.0),
    "clipping of a bounded sum": (1.0, BMIF(1.0, total=2), -0.5),
    "quantisation from 0": (0.3125, IF(), 0.25 - 0.3125),
    "quantisation from theta / 2": (0.4375, IF(initial=0.5), 0.5 - 0.4375),
    "quantisation of a level that is just reached": (0.25, IF(strict=True), -0.25),
    "timing of a leak": (0.75, LIF(leak=0.5), 0.5 - 0.75),  # U = 0.75, 1.125, 0.8125, 1.15625
    "timing of a reset to zero": (0.75, IF(reset="zero"), 0.5 - 0.75),  # U = 0.75, 1.5, 0.75, 1.5
    "nothing": (0.5, IF(), 0.0),
}


@pytest.mark.parametrize("cause", PREDICTED)
def test_one_cause_has_the_predicted_value_and_all_others_are_zero(cause):
    z, neuron, value = PREDICTED[cause]
    found = single(z, neuron)
    expected = NOTHING | ({cause.split()[0]: [value]} if value else {})
    assert terms(found) == expected
    assert terms(found, "2") == NOTHING | {"inherited": [value]}
    assert [layer for layer, _ in found.culprits] == (["0"] if value else [])


def test_the_order_of_arrival_is_timing():
    """A fires at steps 1 and 3, B takes as much away again at 2 and 4: their target has fired by then."""
    module = nn.Sequential(nn.Linear(1, 2, bias=False), nn.ReLU(), nn.Linear(2, 1, bias=False), nn.ReLU())
    module.append(nn.Linear(1, 1, bias=False)).eval()
    with torch.no_grad():
        for layer, weight in zip(module[::2], ([[0.5], [0.5]], [[1.0, -1.0]], [[1.0]]), strict=True):
            layer.weight.copy_(torch.tensor(weight))
    neuron = {"0": IF(initial=np.array([0.5, 0.0])), "2": IF(), "4": Accumulate()}
    shapes = {"0": (2,), "2": (1,), "4": (1,)}
    chain = [("input", "0", [[0.5], [0.5]]), ("0", "2", [[1.0, -1.0]]), ("2", "4", [[1.0]])]
    network = Network(
        [Layer("input", (1,), Input()), *(Layer(name, shapes[name], neuron[name]) for name in shapes)],
        [Projection(source, target, Linear(np.array(weight))) for source, target, weight in chain],
    )
    found = diagnose(module, network, np.ones((1, 1)), steps=4, device=Reference(), injection=False)
    assert terms(found, "2") == NOTHING | {"timing": [0.25]}
    assert terms(found, "4") == NOTHING | {"inherited": [0.25]}
    assert (found["2"].negative, found["0"].saturated, found["0"].dead) == (0, 0, 0)


def test_a_weight_that_is_not_the_modules_is_mapping():
    found = single([0.5, 0.5], IF(), weights=[0.25, 0.5])
    assert terms(found) == {key: [0.0, 0.0] for key in CAUSES} | {"mapping": [-0.25, 0.0]}
    assert found.faults == found.culprits == (("0", "weights"),)
    assert found.advice == ("0: its weights are not the module's: convert the module again",)


def test_shares_of_saturated_dead_and_negative_neurons():
    found = single([1.5, 0.125, 0.5, -1.0], IF(initial=np.array([0.0, 0.0, 0.0, 2.0])))
    assert (found["0"].saturated, found["0"].dead, found["0"].negative) == (0.25, 0.25, 0.25)
    left = [2.0, 0.5, 0.0, -3.0]  # v0 + 4 z - what was sent: 4, 0, 2 and 1 spikes
    assert found["0"].residual == pytest.approx(np.sqrt(np.mean(np.square(left))))
    a, read = np.array([1.5, 0.125, 0.5, 0.0]), np.array([1.0, 0.0, 0.5, 0.25])
    assert found["0"].snr == pytest.approx(10 * np.log10((a**2).sum() / ((read - a) ** 2).sum()))
    assert found["0"].correlation == pytest.approx(np.corrcoef(a, read)[0, 1])


RUN4 = {"steps": 4, "device": Reference(), "injection": False}


@pytest.fixture
def stairs():
    """L = 2, z = 0.3, theta = 1."""
    module = nn.Sequential(nn.Linear(1, 1), QCFS(2, 1.0), nn.Linear(1, 1, bias=False)).eval()
    with torch.no_grad():
        module[0].weight.fill_(0.3)
        module[0].bias.zero_()
        module[2].weight.fill_(1.0)
    return module, conversion.convert(module, conversion.QCFS(), np.ones((1, 1)))


def test_a_staircase_of_other_levels_than_steps_is_quantisation(stairs):
    """Of z = 0.3 the module says 0.5, four steps from theta / 2 count 1: 0.25."""
    found = diagnose(*stairs, np.ones((1, 1)), **RUN4)
    assert terms(found) == NOTHING | {"quantisation": [-0.25]}
    assert found.culprits == (("0", "quantisation"),)


def test_unlimited_strength_loses_too():
    """AugIF charges to 0.625 and 1.25: one quantum in two steps, 0.5."""
    found = single(0.625, AugIF(), steps=2)
    assert terms(found) == NOTHING | {"quantisation": [0.5 - 0.625]}
    assert found.culprits == (("0", "quantisation"),)
    assert found["0"].saturated == 0


def test_however_many_chunks_the_module_is_copied_as_often(residual, monkeypatch):
    module, network = residual
    made, copied = copy.deepcopy, []
    monkeypatch.setattr(copy, "deepcopy", lambda value, *rest: copied.append(value) or made(value, *rest))
    for chunk in (8, 2):
        diagnose(module, network, planted.images(8), **RUN, injection=False, chunk=chunk)
    assert sum(value is module for value in copied) == 2


# ---- advice: what the network is already is not what to try next

STRONGER = "neurosim convert --recipe bmif --strength"
EVEN = "0: read-outs are rounded to multiples of theta / 4: take more steps, --steps 8"
ADVICE = {
    "IF": (0.4, IF(initial=0.5), f"{EVEN}, or smaller quanta, {STRONGER} 8"),
    "BMIF(8)": (4.1, BMIF(strength=8), f"{EVEN}, or smaller quanta, {STRONGER} 16"),
    "unlimited": (0.4, BMIF(), EVEN),
    "IF from 0": (
        0.4,
        IF(),
        "0: neurons start at 0, so read-outs are rounded down to multiples of theta / 4: start them at "
        "theta / 2, which rounds to the nearest one, neurosim convert --shift",
    ),
    "clipping": (
        1.2,
        IF(),
        "0: activations are cut off at the ceiling (100.0% of its neurons reach it): raise the threshold, "
        "neurosim convert --percentile 100, with more calibration images, or --scope channel",
    ),
    "clipping in a channel": (
        1.2,
        IF(np.ones(1)),
        "0: activations are cut off at the ceiling (100.0% of its neurons reach it): raise the threshold, "
        "neurosim convert --percentile 100, with more calibration images",
    ),
    "no negative spikes": (
        0.75,
        IF(reset="zero"),
        "0: spikes come unevenly, and what was sent too early is not taken back (0.0% of its neurons spoke "
        "though what they received is negative): take neurons with negative spikes, neurosim convert "
        "--recipe bmif",
    ),
}


@pytest.mark.parametrize("case", ADVICE)
def test_advice_is_of_what_the_neurons_are_not_yet(case):
    z, neuron, text = ADVICE[case]
    found = single(z, neuron)
    assert found.advice == (text,)


def test_advice_for_learned_thresholds_names_no_percentile(stairs):
    module, network = stairs
    assert diagnose(module, network, np.ones((1, 1)), **RUN4).advice == (EVEN,)
    halved = network.replace("0", IF(0.125, initial=0.0625))
    (advice,) = diagnose(module, halved, np.ones((1, 1)), **RUN4).advice[:1]
    assert advice == (
        "0: the threshold is so low that activations are cut off: the module learned another one, convert it "
        "again, neurosim convert --recipe qcfs"
    )


# ---- the network behind a cut


def test_behind_a_cut_of_a_chain_runs_what_stood_there_on_the_exact_values():
    module = planted.module_of(planted.NETS["pooled"], 1)
    network, images = planted.convert(module, conversion.ThresholdBalance()), planted.images(8)
    said = conversion.activations(module, images, input=planted.INPUT, dtype=np.float64)
    theta = {layer.name: layer.neuron.threshold for layer in network.neurons if isinstance(layer.neuron, IF)}
    theta |= {f"pool{n}": theta[f"conv{n}"] for n in (1, 2, 3)} | {"fc": 1.0}
    exact = {name: a / theta[name] for name, a in said.items()} | {"input": planted.INPUT.normalise(images)}
    decided = {}
    with Injection(network, Reference(), STEPS, 1e-3) as rest:
        for name in rest.order:
            decided[name] = rest.run(name, exact)
    for name, behind in (
        ("pool1", "conv2 pool2 conv3 pool3 fc"),
        ("pool2", "conv3 pool3 fc"),
        ("pool3", "fc"),
    ):
        layers = [network[layer] for layer in behind.split()]
        cut = Network(
            [Layer(name, network[name].shape, Input()), *layers],
            [p for p in network.projections if p.target in behind.split()],
        )
        with Simulation(cut, Reference(), STEPS) as simulation:
            expected = simulation.run(Direct(exact[name]), progress=False).predictions()[:, -1]
        assert decided[name].tolist() == expected.tolist()
        assert decided[name.replace("pool", "conv")].tolist() == expected.tolist()
    assert decided["pool3"].tolist() == said["fc"].argmax(axis=1).tolist()
    assert decided["fc"] is None


def test_accuracy_comes_back_layer_by_layer_up_to_that_of_the_module(residual):
    module, network = residual
    images = planted.images(16)
    found = diagnose(module, network, images, steps=2, device=Reference(), keep=["fc"])
    assert (found.accuracy_ann, found.labelled, found.images) == (1.0, False, 16)
    assert found["fc"].accuracy == found["pool3"].accuracy == 1.0
    assert found.accuracy_snn < 1
    order = [error.name for error in found.layers]
    accuracy = {error.name: error.accuracy for error in found.layers}
    middle = (found.accuracy_snn + 1) / 2
    assert found.decisive == next(name for name in order if accuracy[name] >= middle)
    assert (found["conv1"].total.shape, found["fc"].total.shape) == ((0, 4, 8, 8), (16, 10))
    assert [row["layer"] for row in found.table()] == order
    assert "try next:" in str(found)
    labels = np.full(16, 3)
    right = diagnose(module, network, images, labels, steps=2, device=Reference(), injection=False)
    logits = conversion.activations(module, images, input=planted.INPUT)["fc"]
    assert right.accuracy_ann == np.mean(logits.argmax(axis=1) == 3)
    assert np.isnan(right["conv1"].accuracy)
    assert right.labelled


# ---- refusals

REFUSALS = {
    "another module": (
        lambda: diagnose(
            planted.module_of(planted.NETS["chain"], 0),
            planted.convert(planted.module_of(planted.NETS["pooled"], 0), conversion.BMIF(4)),
            planted.images(2),
            steps=2,
            device=Reference(),
        ),
        "diagnose: layer 'conv2' has shape (4, 4, 4) in the network and (4, 8, 8) in the module: give the "
        "module that the network was made of",
    ),
    "labels": (
        lambda: diagnose(*_healthy(), planted.images(2), [1, 2, 3], steps=2, device=Reference()),
        "labels have shape (3,) and type int64: give 2 whole numbers",
    ),
    "labels in words": (
        lambda: diagnose(*_healthy(), planted.images(2), ["1", "2"], **RUN),
        "labels have shape (2,) and type <U1: give 2 whole numbers",
    ),
    "labels that are not there": (
        lambda: diagnose(*_healthy(), planted.images(2), [1, np.nan], **RUN),
        "labels have shape (2,) and type float64: give 2 whole numbers",
    ),
    "labels of other classes": (
        lambda: diagnose(*_healthy(), planted.images(2), [1, 10], **RUN),
        "labels span [1, 10]: the output has 10 neurons, so give 0 to 9",
    ),
    "no chunk": (
        lambda: diagnose(*_healthy(), planted.images(2), **RUN, chunk=0),
        "diagnose: chunk is 0: give a whole number of at least 1",
    ),
    "a chunk below 0": (
        lambda: diagnose(*_healthy(), planted.images(2), **RUN, chunk=-1),
        "diagnose: chunk is -1: give a whole number of at least 1",
    ),
    "a module's file": (
        lambda: diagnose("net.pt", _healthy()[1], planted.images(2), **RUN),
        "convert: module is a str: give a torch module",
    ),
    "a network's file": (
        lambda: diagnose(_healthy()[0], "net.safetensors", planted.images(2), **RUN),
        "diagnose: network is a str: give a neurosim.Network",
    ),
    "moving images": (
        lambda: diagnose(*_healthy(), np.zeros((1, 2, 1, 8, 8)), steps=2, device=Reference()),
        "diagnose: inputs are Direct that show no still images of shape (1, 8, 8): give pixels (images, "
        "*shape), which the module takes too",
    ),
    "input": (
        lambda: diagnose(*_healthy(), planted.images(2), steps=2, device=Reference(), input=0.5),
        "diagnose: input is 0.5: give an Input, or leave it out",
    ),
}


def _healthy():
    module = planted.module_of(planted.NETS["chain"], 0)
    return module, planted.convert(module, conversion.BMIF(4))


@pytest.mark.parametrize(("call", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(call, message):
    with pytest.raises(InputError) as caught:
        call()
    assert str(caught.value) == message
