"""Spiking networks in torch: they begin as a conversion, learn, and become a network spike for spike."""

import copy
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

import neurosim as ns
from neurosim import datasets, training
from neurosim.errors import InputError, RunFailed, Unsupported
from neurosim.neurons import BMIF, LIF, Input
from neurosim.ops import Conv, Linear, Scale
from neurosim.training import (
    TrainableBMIF,
    TrainableLIF,
    Unrolled,
    find_thresholds,
    quantise,
    spiking,
    to_network,
)

T = 5


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class Hybrid(nn.Module):
    """Volumes, then images, then rows: a CNN-32H in little."""

    def __init__(self):
        super().__init__()
        self.conv3d = nn.Conv3d(1, 3, (3, 3, 3), stride=(2, 1, 1), bias=False)
        self.conv2d = nn.Conv2d(9, 6, 3, padding=1, bias=False)
        self.pool = nn.AvgPool2d(2)
        self.fc1 = nn.Linear(6 * 3 * 3, 12, bias=False)
        self.drop = nn.Dropout(0.4)
        self.fc2 = nn.Linear(12, 4, bias=False)

    def forward(self, x):
        x = torch.relu(self.conv3d(x))
        x = torch.relu(self.conv2d(torch.flatten(x, 1, 2)))
        x = torch.relu(self.fc1(torch.flatten(self.pool(x), 1)))
        return self.fc2(self.drop(x))


@pytest.fixture(scope="module")
def images():
    """Pixels k / 256: their sums are exact, so that torch's order of adding does not matter."""
    return (np.random.default_rng(1).integers(0, 256, (20, 1, 7, 8, 8)) / 256).astype(np.float32)


def hybrid(images, bits=6, scheme="symmetric", **settings):
    torch.manual_seed(4)
    module = Hybrid()
    if bits:
        quantise(module, bits, scheme)
    net = spiking(module.eval(), images, observed=T, scale=0.7, **settings)
    leaks = iter((0.9, 0.95, 0.8))
    for part in net.modules():
        if isinstance(part, TrainableLIF):
            part.leak.data.fill_(next(leaks))
    return net


def spoken(net, images, kind):
    """What every layer of neurons says, (images, steps, ...), in double precision."""
    running = copy.deepcopy(net).double()
    heard = {path: [] for path, part in running.named_modules() if isinstance(part, kind)}
    for path in heard:
        hook = partial(lambda path, part, given, said: heard[path].append(said), path)
        running.get_submodule(path).register_forward_hook(hook)
    with torch.no_grad():
        result = running(torch.from_numpy(images).double())
    return [torch.stack(said, 1).numpy() for said in heard.values()], result.numpy()


def played(network, images, steps=T):
    with ns.Simulation(network, ns.Reference(), steps, record="spikes") as simulation:
        return simulation.run(images, progress=False)


def spiking_layers(network):
    return [layer for layer in network.neurons if layer.model.spiking]


# ---- into Brian2


@pytest.mark.parametrize("reset", ["subtract", "delayed", "zero"])
@pytest.mark.parametrize(("bits", "scheme"), [(6, "symmetric"), (4, "affine")])
def test_every_spike_is_that_of_the_module(images, bits, scheme, reset):
    net = hybrid(images, bits, scheme, make=partial(TrainableLIF, reset=reset))
    network = to_network(net, images[:2], classes="abcd")
    recording = played(network, images)
    expected, result = spoken(net, images, TrainableLIF)
    layers = spiking_layers(network)
    for layer, spikes in zip(layers, expected, strict=True):
        found = recording.dense(layer.name)
        assert 0.01 < spikes.mean() < 0.99
        np.testing.assert_array_equal(found, spikes.reshape(found.shape))
    np.testing.assert_allclose(recording.output()[:, -1], result, rtol=1e-12)
    assert network.classes == ("a", "b", "c", "d")


def test_thresholds_and_leaks_survive_exactly(images):
    net = hybrid(images)
    neurons = [layer.neuron for layer in spiking_layers(to_network(net, images[:1]))]
    parts = [part for part in net.modules() if isinstance(part, TrainableLIF)]
    for neuron, part in zip(neurons, parts, strict=True):
        threshold, leak = float(part.threshold.detach()), float(part.leak.detach())
        assert neuron == LIF(threshold, leak=leak, strict=True)


def test_quantised_weights_travel_as_whole_numbers(images):
    network = to_network(hybrid(images), images[:1])
    weights = [
        (op.weight, after)
        for projection in network.projections
        for op, after in zip(projection.ops, projection.ops[1:], strict=False)
        if isinstance(op, (Conv, Linear))
    ]
    assert len(weights) == 4
    for weight, after in weights:
        assert isinstance(after, Scale)
        assert np.array_equal(weight, np.rint(weight))
        assert np.abs(weight).max() == 31


def test_strengths_of_bmif_are_those_of_the_module(images):
    make = partial(TrainableBMIF, strength=2)
    net = hybrid(images, make=make)
    for part in net.modules():
        if isinstance(part, TrainableBMIF):  # what spikes carry then adds up exactly
            part.threshold.data.copy_(2.0 ** torch.round(torch.log2(part.threshold.data)))
    network = to_network(net, images[:2])
    recording = played(network, images)
    expected, _ = spoken(net, images, TrainableBMIF)
    strengths = set()
    for layer, carried in zip(spiking_layers(network), expected, strict=True):
        assert isinstance(layer.neuron, BMIF)
        found = recording.dense(layer.name)
        strengths |= set(np.unique(found).tolist())
        np.testing.assert_array_equal(found * layer.neuron.threshold, carried.reshape(found.shape))
    assert {-1, 0, 1, 2} <= strengths


def test_weights_of_full_precision_travel_too(images):
    net = hybrid(images, bits=None)
    network = to_network(net, images[:2])
    recording = played(network, images[:4])
    for layer, spikes in zip(spiking_layers(network), spoken(net, images[:4], TrainableLIF)[0], strict=True):
        found = recording.dense(layer.name)
        assert (found != spikes.reshape(found.shape)).mean() < 1e-3  # another order of sums


def test_what_is_no_spiking_module_is_refused(images):
    with pytest.raises(InputError) as raised:
        to_network(Hybrid(), images)
    assert str(raised.value) == "to_network: module is a Hybrid: give an Unrolled"
    body = nn.Sequential(nn.Flatten(), nn.Linear(448, 3), nn.ReLU(), nn.Linear(3, 2), TrainableLIF())
    with pytest.raises(Unsupported, match="it is no spiking neuron: use one"):
        to_network(Unrolled(body).eval(), images)


# ---- conversion as the beginning


def test_thresholds_are_percentiles_of_what_earlier_spikes_bring():
    """By hand: the currents of the first layer; then those that its spikes bring, without any leak."""
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.random((30, 8)))
    first, second = nn.Linear(8, 6, bias=False).double(), nn.Linear(6, 4, bias=False).double()
    body = nn.Sequential(
        first, TrainableLIF(leak=0.3), second, TrainableLIF(leak=0.5), nn.Linear(4, 2)
    ).double()
    find_thresholds(body, x, percentile=90.0, scale=0.5, observed=7)
    currents = (x @ first.weight.T).detach().numpy()
    theta = np.percentile(currents, 90.0)
    v, largest = np.zeros_like(currents), 0.0
    for _ in range(7):
        v = v + currents
        spikes = v > theta
        v = v - theta * spikes
        largest = max(largest, np.percentile(spikes @ second.weight.detach().numpy().T, 90.0))
    assert body[1].threshold.item() == pytest.approx(theta / 2, rel=1e-12)
    assert body[3].threshold.item() == pytest.approx(largest / 2, rel=1e-12)
    assert body[1].leak.item() == pytest.approx(0.3)


def test_many_steps_of_a_conversion_say_what_the_network_says(images):
    torch.manual_seed(4)
    module = Hybrid().eval()
    net = spiking(module, images, steps=400, percentile=100.0, readout="mean")
    with torch.no_grad():
        logits = module(torch.from_numpy(images))
        # without biases, spikes of 1 only scale the logits
        found = net(torch.from_numpy(images))
    assert np.corrcoef(logits.flatten(), found.flatten())[0, 1] > 0.9


def test_a_silent_layer_is_refused(images):
    module = Hybrid().eval()
    nn.init.zeros_(module.conv2d.weight)
    with pytest.raises(InputError) as raised:
        spiking(module, images, observed=2)
    assert str(raised.value) == (
        "find_thresholds: layer 'rectifiers.relu_1': percentile 99.7 of its currents is never positive over "
        "the calibration images: give more images or a higher percentile"
    )


# ---- training


@pytest.fixture(scope="module")
def digits():
    return datasets.load("digits:train")[:400]


def small(digits):
    torch.manual_seed(2)
    module = nn.Sequential(
        nn.Conv2d(1, 8, 3, bias=False),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.1),
        nn.Linear(288, 10, bias=False),
    )
    quantise(module, 6)
    return spiking(module.eval(), digits.images[:100], observed=T, scale=0.5)


ADAM = partial(torch.optim.Adam, lr=2e-3)


def fit(net, digits, **changes):
    settings = {"epochs": 3, "seed": 1, "input": Input(), "optimiser": ADAM, "progress": False}
    return training.fit(net, digits, **(settings | changes))


def test_training_reduces_the_loss_and_moves_thresholds_and_leaks(digits):
    net = small(digits)
    neuron = net.get_submodule("body.rectifiers._1")
    before = neuron.threshold.item(), neuron.leak.item()
    losses = [epoch.loss for epoch in fit(net, digits).epochs]
    assert losses[2] < losses[1] < losses[0]
    assert losses[2] < 0.7 * losses[0]
    assert neuron.threshold.item() != before[0]
    assert 0 <= neuron.leak.item() <= 1
    assert all(len(net.get_submodule(f"body.{i}").weight.unique()) <= 64 for i in (0, 4))


def test_the_leak_never_exceeds_1(digits):
    net = Unrolled(nn.Sequential(nn.Flatten(), nn.Linear(64, 10), TrainableLIF(0.5), nn.Linear(10, 10)), 3)

    def reward(outputs, labels):
        return -net.body[2].leak.sum() + 0 * outputs.sum()

    fit(net, digits, epochs=1, loss=reward)
    assert net.body[2].leak.item() == 1.0


def test_a_threshold_below_0_stops_the_training(digits):
    net = Unrolled(nn.Sequential(nn.Flatten(), nn.Linear(64, 10), TrainableLIF(0.01), nn.Linear(10, 10)), 3)

    def punish(outputs, labels):
        return net.body[2].threshold.sum() + 0 * outputs.sum()

    with pytest.raises(RunFailed) as raised:
        fit(net, digits, loss=punish, optimiser=partial(torch.optim.SGD, lr=1.0))
    assert str(raised.value) == "TrainableLIF: its threshold became -0.99: lower the rate"


class Kill(BaseException):
    """What a killed process would be, as far as Python sees it."""


def test_a_killed_training_ends_with_the_same_bits(digits, tmp_path):
    calls = iter(range(10))

    def killed(outputs, labels):
        if next(calls, None) is None:
            raise Kill
        return nn.functional.cross_entropy(outputs, labels)

    whole, broken, fresh = (small(digits) for _ in range(3))
    expected = fit(whole, digits, epochs=2)
    path = tmp_path / "c.pt"
    with pytest.raises(Kill):
        fit(broken, digits, epochs=2, checkpoint=path, loss=killed)
    assert fit(fresh, digits, epochs=2, checkpoint=path, resume=True) == expected
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, fresh.state_dict()[name]), name


def test_a_loss_of_each_step_trains(digits):
    net = small(digits)
    net.readout = "steps"
    epochs = fit(net, digits, loss=training.LOSSES["steps"], validation=digits[:50]).epochs
    assert epochs[-1].loss < epochs[0].loss
    assert epochs[-1].accuracy > 0.5


def test_the_device_is_said(digits, capsys):
    net = Unrolled(nn.Sequential(nn.Flatten(), nn.Linear(64, 10), TrainableLIF(), nn.Linear(10, 10)))
    fit(net, digits[:64], epochs=1, progress=True, device="cpu")
    assert "training on cpu" in capsys.readouterr().err
    with pytest.raises(InputError, match=r"training: device is 'abacus': .*: give None, 'cpu' or 'cuda'"):
        fit(net, digits, device="abacus")
