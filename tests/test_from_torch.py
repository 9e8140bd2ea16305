"""Spiking modules of snnTorch, SpikingJelly and sinabs: spike for spike what the libraries say themselves."""

import numpy as np
import pytest
import torch
from needed import peer
from torch import nn

from neurosim import from_torch
from neurosim.devices import Reference
from neurosim.errors import InputError, NeurosimError, Unsupported
from neurosim.neurons import IF, LIF, Accumulate, BurstLIF, Input
from neurosim.simulation import Simulation

torch.set_num_threads(1)  # the machine runs other things too

STEPS, GRID = 24, 2.0**-6
IMAGES = np.round(np.random.default_rng(0).random((3, 2, 6, 6)) / GRID) * GRID
"""More steps than `from_torch` itself compares; all numbers on a grid, so that all sums are exact."""


def dyadic(module, gain=2.0):
    """Random weights and biases on the grid, which single precision sums exactly."""
    generator = torch.Generator().manual_seed(4)
    for part in module.modules():
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            width = part.weight[0].numel() ** 0.5
            weight = torch.randn(part.weight.shape, generator=generator) * gain / width
            part.weight.data = torch.round(weight / GRID) * GRID
            part.bias.data = torch.round(torch.randn(part.bias.shape, generator=generator) / 4 / GRID) * GRID
    return module.eval()


def net(neuron, *, conv=nn.Conv2d, pool=nn.AvgPool2d, flatten=nn.Flatten, fully=nn.Linear, last=()):
    layers = conv(2, 4, 3, padding=1), neuron(), pool(2), flatten(), fully(36, 10), neuron(), fully(10, 5)
    return dyadic(nn.Sequential(*layers, *last))


def said(module, layout, images=IMAGES, steps=STEPS):
    """What a module in single precision says from rest, (images, steps, ...), by the path of each layer."""
    x, found = torch.from_numpy(images).float(), {}
    arranged = {
        "step": x,
        "time first": x.expand(steps, *x.shape),
        "batch first": x[:, None].expand(len(x), steps, *x.shape[1:]),
        "squeezed": x.repeat_interleave(steps, 0),
    }[layout]

    def hear(path):
        def see(part, given, out):
            found.setdefault(path, []).append(out[0] if isinstance(out, tuple) else out)

        return see

    for path, part in module.named_modules():
        part.register_forward_hook(hear(path))
    with torch.no_grad():
        for _ in range(steps if layout == "step" else 1):
            module(arranged)
    shaped = {
        "step": lambda parts: torch.stack(parts, 1),
        "time first": lambda parts: parts[0].transpose(0, 1),
        "batch first": lambda parts: parts[0],
        "squeezed": lambda parts: parts[0].unflatten(0, (len(x), steps)),
    }[layout]
    return {path: shaped(parts).numpy() for path, parts in found.items()}


def recorded(network):
    with Simulation(network, Reference(), STEPS, record="spikes") as simulation:
        return simulation.run(IMAGES, progress=False)


def assert_same(network, module, layout, factor=1.0, layers=("0", "4")):
    """Every strength and the running sum of what is returned, over more steps than were compared before."""
    recording, expected = recorded(network), said(module, layout)
    for layer, path in zip(layers, ("1", "5"), strict=True):
        spikes = recording.dense(layer)
        np.testing.assert_array_equal(spikes * factor, expected[path].reshape(spikes.shape))
        assert 0.01 < np.mean(spikes != 0) < 0.99
    outputs = recording.output().reshape(3, STEPS, -1)
    np.testing.assert_array_equal(
        outputs, np.cumsum(expected[""].astype(float), axis=1).reshape(outputs.shape)
    )
    return recording


# ---- snnTorch


def leaky(**settings):
    snntorch = peer("snntorch")
    return lambda: snntorch.Leaky(**({"beta": 0.875, "init_hidden": True} | settings))


def quarters(*shape):
    return torch.randint(3, 6, shape, generator=torch.Generator().manual_seed(1)) / 4


SNNTORCH = {
    "as it comes": {},
    "to zero": {"reset_mechanism": "zero"},
    "no reset": {"reset_mechanism": "none", "beta": 0.5},
    "undelayed": {"reset_delay": False},
    "undelayed to zero": {"reset_delay": False, "reset_mechanism": "zero"},
    "no leak": {"beta": 1.25},
    "learned": {"learn_beta": True, "learn_threshold": True, "threshold": 0.75, "beta": torch.tensor(0.5)},
    "graded": {"graded_spikes_factor": 0.5},
    "graded, undelayed": {"graded_spikes_factor": 2.0, "reset_delay": False, "threshold": 1.5},
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("settings", SNNTORCH.values(), ids=SNNTORCH)
def test_leaky_says_what_snntorch_says(settings):
    module = net(leaky(**settings))
    network = from_torch(module, IMAGES)
    assert_same(network, module, "step", settings.get("graded_spikes_factor", 1.0))
    assert isinstance(network["0"].neuron, LIF)
    assert isinstance(network["6"].neuron, Accumulate)


def test_one_threshold_and_leak_a_neuron():
    snntorch = peer("snntorch")
    neuron = snntorch.Leaky(quarters(12), threshold=quarters(12), init_hidden=True)
    module = dyadic(nn.Sequential(nn.Flatten(), nn.Linear(72, 12), neuron, nn.Linear(12, 3)))
    recording, expected = recorded(from_torch(module, IMAGES)), said(module, "step")
    np.testing.assert_array_equal(recording.dense("1"), expected["2"])


def test_a_spiking_last_layer_stays_the_last():
    """A module that returns spikes and membrane; the first are its output."""
    module = net(leaky(), last=[leaky(output=True)()])
    network = from_torch(module, IMAGES)
    assert [layer.model.spiking for layer in network.outputs] == [True]
    assert_same(network, module, "step")


class Unpacked(nn.Module):
    """A forward that takes spikes and membrane apart."""

    def __init__(self, read_membrane=False):
        super().__init__()
        self.fc1, self.lif1 = nn.Linear(72, 9), leaky(output=True)()
        self.fc2, self.read_membrane = nn.Linear(9, 3), read_membrane

    def forward(self, x):
        spikes, membrane = self.lif1(self.fc1(x.flatten(1)))
        return self.fc2(membrane if self.read_membrane else spikes)


def test_spikes_may_be_unpacked_but_not_membranes():
    module = dyadic(Unpacked())
    recording, expected = recorded(from_torch(module, IMAGES)), said(module, "step")
    np.testing.assert_array_equal(recording.dense("fc1"), expected["lif1"])
    refused(
        dyadic(Unpacked(True)), "node 'lif1', Leaky in module 'lif1': its membrane is read: return spikes"
    )


def test_neurons_may_follow_neurons():
    neuron = leaky(beta=0.5)
    module = dyadic(nn.Sequential(nn.Flatten(), nn.Linear(72, 9), neuron(), nn.Identity(), neuron()))
    network = from_torch(module, IMAGES)
    recording, expected = recorded(network), said(module, "step")
    first, second = (layer.name for layer in network.neurons)
    np.testing.assert_array_equal(recording.dense(first), expected["2"])
    np.testing.assert_array_equal(recording.dense(second), expected["4"])


# ---- SpikingJelly


def jelly(kind, **settings):
    neuron = peer("spikingjelly.activation_based.neuron")
    return lambda: getattr(neuron, kind)(**settings)


SPIKINGJELLY = {
    "IF": ("IFNode", {}),
    "IF soft": ("IFNode", {"v_reset": None, "v_threshold": 1.5}),
    "IF to a value": ("IFNode", {"v_reset": -0.5, "detach_reset": True}),
    "LIF": ("LIFNode", {"v_threshold": 0.5}),
    "LIF soft": ("LIFNode", {"v_reset": None, "v_threshold": 0.25}),
    "LIF to a value": ("LIFNode", {"v_reset": 0.25, "v_threshold": 0.75, "tau": 4.0}),
    "LIF undecayed": ("LIFNode", {"decay_input": False, "tau": 4.0, "v_reset": -0.25}),
    "PLIF": ("ParametricLIFNode", {"v_threshold": 0.5}),
    "PLIF undecayed, soft": ("ParametricLIFNode", {"decay_input": False, "v_reset": None}),
}


@pytest.mark.parametrize("multi_step", [False, True])
@pytest.mark.parametrize(("kind", "settings"), SPIKINGJELLY.values(), ids=SPIKINGJELLY)
def test_nodes_say_what_spikingjelly_says(kind, settings, multi_step):
    layer = peer("spikingjelly.activation_based.layer")
    neuron = jelly(kind, step_mode="m" if multi_step else "s", **settings)
    parts = {}
    if multi_step:
        own = {"conv": layer.Conv2d, "pool": layer.AvgPool2d, "flatten": layer.Flatten}
        parts = {
            name: lambda *args, kind=kind, **options: kind(*args, step_mode="m", **options)
            for name, kind in own.items()
        }
    module = net(neuron, **parts)
    assert_same(from_torch(module, IMAGES), module, "time first" if multi_step else "step")


def test_containers_batch_norms_dropout_and_maxima_of_spikes():
    """Maxima are those of each step, which is how the network was trained."""
    layer = peer("spikingjelly.activation_based.layer")
    neuron = jelly("IFNode", step_mode="m")
    container = layer.SeqToANNContainer(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4))
    pool, flatten = layer.MaxPool2d(2, step_mode="m"), layer.Flatten(step_mode="m")
    drop = layer.Dropout(0.5, step_mode="m")
    layers = container, neuron(), pool, flatten, drop, nn.Linear(36, 5)
    module = dyadic(nn.Sequential(*layers))
    with torch.no_grad():
        container[1].running_var.fill_(4 - container[1].eps)
    network = from_torch(module, IMAGES)
    recording, expected = recorded(network), said(module, "time first")
    names = [item.name for item in network.neurons]
    np.testing.assert_array_equal(recording.dense(names[0]), expected["1"])
    np.testing.assert_array_equal(recording.dense(names[1]), expected["2"])


# ---- sinabs


def sinabs(kind, spikes=None, reset=None, **settings):
    layers, act = peer("sinabs.layers"), peer("sinabs.activation")
    if spikes:
        settings["spike_fn"] = act.MaxSpike(spikes) if isinstance(spikes, int) else getattr(act, spikes)
    if reset:
        settings["reset_fn"] = getattr(act, reset)()
    return lambda: getattr(layers, kind)(**settings)


HALF = -1 / np.log(0.5)
SINABS = {
    "IAF": ("IAFSqueeze", {}),
    "IAF bounded": ("IAFSqueeze", {"min_v_mem": -1.0, "spike_threshold": torch.tensor(0.5)}),
    "IAF one spike": ("IAFSqueeze", {"spikes": "SingleSpike", "min_v_mem": -0.25}),
    "IAF two spikes": ("IAFSqueeze", {"spikes": 2, "spike_threshold": torch.tensor(0.25)}),
    "IAF to zero": ("IAFSqueeze", {"reset": "MembraneReset", "min_v_mem": -1.0}),
    "LIF": ("LIFSqueeze", {"tau_mem": 8.0, "spike_threshold": torch.tensor(0.125)}),
    "LIF plain": ("LIFSqueeze", {"tau_mem": 8.0, "norm_input": False, "min_v_mem": -1.0}),
    "LIF alphas": ("LIFSqueeze", {"tau_mem": HALF, "train_alphas": True, "norm_input": False}),
}


@pytest.mark.parametrize(("kind", "settings"), SINABS.values(), ids=SINABS)
def test_layers_say_what_sinabs_says(kind, settings):
    """Leaks that are no fractions of two: `from_torch` compares them itself, in double precision."""
    module = net(sinabs(kind, num_timesteps=STEPS, **settings))
    network = from_torch(module, IMAGES)
    if kind == "IAFSqueeze":
        assert_same(network, module, "squeezed")
    expected = LIF if settings.get("spikes") == "SingleSpike" else BurstLIF
    assert isinstance(network["0"].neuron, expected)


def test_unsqueezed_layers_and_the_modules_about_time():
    layers = peer("sinabs.layers")
    iaf = sinabs("IAF", min_v_mem=-1.0)
    conv = layers.Repeat(nn.Conv2d(2, 4, 3, padding=1))
    flat = nn.Sequential(layers.FlattenTime(), nn.AvgPool2d(2), nn.Flatten(), layers.UnflattenTime(3))
    module = dyadic(nn.Sequential(conv, iaf(), flat, nn.Linear(36, 10), iaf(), nn.Linear(10, 5)))
    network = from_torch(module, IMAGES)
    recording, expected = recorded(network), said(module, "batch first")
    np.testing.assert_array_equal(recording.dense("0"), expected["1"])
    np.testing.assert_array_equal(recording.dense("3"), expected["4"])


def test_a_network_made_by_sinabs():
    """`from_model` turns ReLUs into IAF neurons with a lower bound of -1."""
    library = peer("sinabs.from_torch")
    module = library.from_model(net(nn.ReLU), batch_size=3).eval()
    network = from_torch(module, IMAGES)
    spiking = [layer.neuron for layer in network.layers if isinstance(layer.neuron, BurstLIF)]
    assert spiking == 2 * [BurstLIF(1.0, leak=1.0, lower_bound=-1.0)]


# ---- both sides


def test_pixels_are_normalised_and_the_module_is_left_as_it_is():
    module = net(jelly("IFNode"))
    module(torch.ones(1, 2, 6, 6))
    before = module[1].v.clone()
    raw = Input(mean=0.5, std=0.25)
    network = from_torch(module, IMAGES * 0.25 + 0.5, input=raw)
    assert network.input.neuron == raw
    assert network.replace("0", IF()) is not None
    assert torch.equal(module[1].v, before)
    assert module[0].weight.dtype == torch.float32


def refused(module, message, images=IMAGES, kind=Unsupported):
    with pytest.raises(NeurosimError) as raised:
        from_torch(module, images)
    assert str(raised.value) == f"from_torch: {message}"
    assert isinstance(raised.value, kind)


def test_what_cannot_be_said_is_refused_by_path_setting_and_value():
    refused(net(leaky(state_quant=abs)), "module '1', Leaky: state_quant is abs: only False is readable")
    refused(
        net(jelly("IFNode", v_reset=2.0)),
        "module '1', IFNode: v_reset is 2.0: it must lie below v_threshold, 1",
    )
    refused(
        net(sinabs("LIFSqueeze", tau_mem=5.0, tau_syn=3.0, batch_size=3)),
        "module '1', LIFSqueeze: tau_syn is set: currents that decay are not readable, leave it None",
    )
    refused(
        net(sinabs("IAFSqueeze", min_v_mem=0.5, batch_size=3)),
        "BurstLIF.lower_bound is 0.5: it must lie in (-inf, 0]",
        kind=InputError,
    )
    other = nn.Sequential(nn.Flatten(), nn.Linear(72, 9), jelly("QIFNode")(), jelly("IFNode")())
    refused(other.eval(), "module '2', QIFNode: it is not readable: leave it out, or use one that is")
    shared = leaky()()
    refused(
        dyadic(nn.Sequential(nn.Flatten(), nn.Linear(72, 9), shared, nn.Linear(9, 9), shared)),
        "module '4' is '2' again: give each use one of its own",
    )
    mixed = nn.Sequential(
        nn.Flatten(), nn.Linear(72, 9), leaky()(), nn.Linear(9, 9), jelly("IFNode", step_mode="m")()
    )
    refused(
        dyadic(mixed),
        "its neurons take all steps at once (T, N, ...) and one step (N, ...) a call: let all take time in "
        "the same way",
    )


def test_other_modules_are_refused():
    refused(
        dyadic(nn.Sequential(nn.Flatten(), nn.Linear(72, 9), nn.ReLU(), nn.Linear(9, 9), leaky()())),
        "node '_2', ReLU in module '2': it is no spiking neuron: use one, or convert() for the whole network",
    )
    with pytest.raises(
        Unsupported, match="from_torch: Sequential holds no spiking neuron: readable within it "
    ):
        from_torch(net(nn.ReLU), IMAGES)
    with pytest.raises(InputError, match="from_torch: module is a str: give a torch module"):
        from_torch("net.pt", IMAGES)
    with pytest.raises(InputError, match="from_torch: Sequential is in training mode"):
        from_torch(net(leaky()).train(), IMAGES)


def test_what_settings_do_not_show_is_caught():
    """A hook, and a surrogate that is no step function."""
    module = net(leaky())
    module[1].register_forward_hook(lambda part, given, out: 1 - out)
    with pytest.raises(
        Unsupported, match=r"^from_torch: layer '0', image 0, step 0, neuron \d+: the module says"
    ):
        from_torch(module, IMAGES)
    with pytest.raises(
        Unsupported, match=r"^from_torch: layer '0', image \d, step \d, neuron \d+: the module"
    ):
        from_torch(net(leaky(spike_grad=torch.sigmoid)), IMAGES)
    returned = net(leaky())
    returned.register_forward_hook(lambda part, given, out: 2 * out)
    with pytest.raises(
        Unsupported, match=r"^from_torch: layer '6', step 0: the module returns something else"
    ):
        from_torch(returned, IMAGES)
