"""Training over a whole scene and with narrow convolutions: the same outputs and gradients, only faster."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import neurosim as ns
from neurosim import ann, training
from neurosim.datasets import Patches, Scene
from neurosim.errors import InputError
from neurosim.neurons import Input
from neurosim.workflows import differences
from neurosim.workflows.differences import device_differences_over_scene, differences_over_scene

ROWS, COLUMNS, BANDS, SIZE = 4, 5, 9, 7


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class Hybrid(nn.Module):
    """CNN-32H in little, a pool among it."""

    def __init__(self, padding=0):
        super().__init__()
        self.conv3d = nn.Conv3d(1, 3, (3, 3, 3), bias=False)
        self.conv2d = nn.Conv2d(21, 4, 3, padding=padding, bias=False)
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(4 * (3 + 2 * padding) ** 2, 6, bias=False)
        self.drop = nn.Dropout(0.4)
        self.fc2 = nn.Linear(6, 3, bias=False)

    def forward(self, x):
        x = torch.relu(self.conv3d(x))
        x = torch.relu(self.conv2d(torch.flatten(x, 1, 2)))
        x = self.drop(torch.relu(self.fc1(self.flatten(x))))
        return self.fc2(x)


@pytest.fixture
def cube():
    return np.random.default_rng(1).integers(-8, 8, (ROWS, COLUMNS, BANDS)) / 8


def patches(cube, pixels):
    """Cut out one by one, beyond the border 0."""
    half = SIZE // 2
    wide = np.pad(cube, ((half, half), (half, half), (0, 0)))
    places = (divmod(int(pixel), COLUMNS) for pixel in pixels)
    cut = [wide[row : row + SIZE, column : column + SIZE] for row, column in places]
    return torch.from_numpy(np.stack(cut).transpose(0, 3, 1, 2)[:, None].astype(np.float32))


def spiking(bits, cube):
    torch.manual_seed(4)
    module = training.quantise(Hybrid(), bits).eval()
    every = np.arange(ROWS * COLUMNS)
    return training.spiking(module, patches(cube, every).numpy(), steps=3, observed=5, scale=0.5)


def test_outputs_and_gradients_are_those_of_the_patches(cube):
    """In double precision, where the order of sums hardly matters, with every parameter's gradient."""
    module = spiking(6, cube).double()
    over = training.OverScene(module, cube, SIZE).double()
    pixels = np.array([3, 0, 19, 3, 7])
    labels = torch.tensor([0, 1, 2, 1, 0])
    gradients = []
    for learner, given in ((module, patches(cube, pixels).double()), (over, torch.tensor(pixels)[:, None])):
        module.zero_grad()
        outputs = learner(given)
        nn.functional.cross_entropy(outputs, labels).backward()
        gradients.append([outputs.detach(), *(parameter.grad.clone() for parameter in module.parameters())])
    assert len(gradients[0]) == 1 + 4 + 2 * 3  # weights; thresholds and leaks
    assert gradients[0][0].abs().max() > 0
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-12)


def test_bands_that_are_left_belong_to_the_window():
    """CNN-3D flattens maps of several bands."""
    module = ann.initial("cnn_3d", seed=0).double()
    cube = np.random.default_rng(0).normal(size=(2, 3, 200)).astype(np.float32)
    scene = Scene("s", cube, np.ones((2, 3), int), ("a",))
    pixels = np.array([4, 1], np.int64)
    apart = torch.from_numpy(Patches(scene, pixels, 5).images[:]).double()
    over = training.OverScene(module, cube, 5).double()
    with torch.no_grad():
        torch.testing.assert_close(over(torch.from_numpy(pixels)[:, None]), module(apart))


def test_training_over_the_scene_trains_the_module_of_patches(cube):
    module = spiking(4, cube)
    before = [parameter.detach().clone() for parameter in module.parameters()]
    pixels = np.arange(ROWS * COLUMNS)
    data = training.PixelNumbers(pixels.astype(np.float32)[:, None], pixels % 3)
    over = training.OverScene(module, cube, SIZE)
    training.fit(over, data, epochs=2, seed=0, input=Input(), batch=8, progress=False, device="cpu")
    changed = [not torch.equal(a, b) for a, b in zip(before, module.parameters(), strict=True)]
    assert all(changed)
    said = ann.predict(over, data.images, Input())
    np.testing.assert_array_equal(said, ann.predict(module, patches(cube, pixels).numpy(), Input()))
    network = training.to_network(module, patches(cube, pixels).numpy())
    with ns.Simulation(network, ns.Reference(), 3) as simulation:
        sums = simulation.run(patches(cube, pixels).numpy(), progress=False).output()[:, -1]
    np.testing.assert_allclose(sums, said, rtol=1e-5, atol=1e-5)


def test_dropout_is_held_and_drawn_for_each_pixel(cube):
    over = training.OverScene(spiking(6, cube), cube, SIZE).train()
    same = torch.zeros(2, 1)
    torch.manual_seed(0)
    assert (over(same)[0] != over(same)[1]).any()


@pytest.mark.parametrize(
    ("module", "size", "message"),
    [
        (
            Hybrid(padding=1),
            SIZE,
            "OverScene: Hybrid says something else of a patch than of the scene: before its nn.Flatten only "
            "layers without padding, stride and sight of the whole image may stand",
        ),
        (
            nn.Sequential(nn.Conv3d(1, 2, 3), nn.ReLU()),
            SIZE,
            "OverScene: Sequential has 0 nn.Flatten: one must stand between its convolutions and its linear "
            "layers",
        ),
        (Hybrid(), 4, "OverScene: size is 4: give an odd one, the pixel being in the middle"),
        (
            Hybrid(),
            5,
            "OverScene: Hybrid: mat1 and mat2 shapes cannot be multiplied (4x4 and 36x6)",
        ),
    ],
    ids=["padding", "no flatten", "even", "another size"],
)
def test_what_cannot_be_slid_is_refused(module, size, message, cube):
    with pytest.raises(InputError) as raised:
        training.OverScene(module.eval(), cube, size)
    assert str(raised.value) == message


CONVOLUTIONS = [
    nn.Conv3d(2, 4, (3, 1, 1), stride=(2, 1, 1), padding=(1, 0, 0)),
    nn.Conv3d(2, 4, (3, 3, 3), padding=(1, 0, 0), bias=False),
    nn.Conv3d(2, 4, (2, 3, 3), dilation=(2, 1, 1)),
    nn.Conv3d(2, 4, (3, 1, 1), groups=2),
    nn.Conv3d(2, 4, (3, 3, 3), groups=2),
    nn.Conv3d(2, 4, (1, 1, 1), stride=2),
    nn.Conv3d(2, 4, 2, padding=1),
]


@pytest.mark.parametrize("conv", CONVOLUTIONS, ids=str)
def test_narrow_convolutions_are_the_same_sums(conv):
    torch.manual_seed(0)
    conv = conv.double()
    x = torch.randn(3, 2, 8, 3, 3, dtype=torch.float64, requires_grad=True)
    found = []
    for mode in (torch.enable_grad(), training.NarrowConvolutions()):
        x.grad = None
        conv.zero_grad()
        with mode:
            y = conv(x)
            (y * torch.arange(y.numel()).reshape(y.shape)).sum().backward()
        found.append([y.detach(), x.grad, *(parameter.grad.clone() for parameter in conv.parameters())])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def test_what_a_module_speaks_is_what_its_network_says(cube):
    """Two independent programs: torch's, and the numpy reference; for more steps than it was trained with."""
    module = spiking(6, cube)
    images = patches(cube, np.arange(ROWS * COLUMNS)).numpy()
    said = training.spoken(module, images, Input(), steps=4)
    assert module.steps == 3
    network = training.to_network(module, images[:2])
    with ns.Simulation(network, ns.Reference(), 4, record="spikes") as simulation:
        recording = simulation.run(images, progress=False)
    assert len(said.layers) == len(recording.spiking) == 3
    for name, spikes in zip(recording.spiking, said.layers, strict=True):
        assert len(spikes) > 0
        assert recording.spikes(name) == spikes
    np.testing.assert_allclose(recording.output(), said.output, rtol=1e-12)


def test_a_network_over_the_scene_is_held_to_its_module(cube):
    """Equal in every spike, also where a strip ends beyond the scene; another threshold is found."""
    module = spiking(6, cube)
    scene = Scene("s", cube, np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) % 3 + 1, ("a", "b", "c"))
    network = training.to_network(module, patches(cube, np.arange(4)).numpy())
    spikes = sum(int(layer.sum()) for layer in training.spoken_over_scene(module, cube, SIZE).layers)
    equal = {"pixels": ROWS * COLUMNS, "spikes": spikes, "spikes_differing": 0, "decisions_differing": 0}
    assert differences_over_scene(network, module, scene, ns.Reference(), rows=ROWS) == equal
    strips = differences_over_scene(network, module, scene, ns.Reference(), rows=3)
    assert strips["spikes"] > spikes  # those of rows in both strips count twice
    assert (strips["spikes_differing"], strips["decisions_differing"]) == (0, 0)
    lower = network.replace("conv3d", replace(network["conv3d"].neuron, threshold=0.1))
    found = differences_over_scene(lower, module, scene, ns.Reference(), rows=ROWS)
    assert found["spikes"] > spikes
    assert found["spikes_differing"] > 0


def test_two_devices_over_the_scene_are_held_to_each_other(cube, monkeypatch):
    """Equal in every spike; a device that simulates another threshold is found."""
    module = spiking(6, cube)
    scene = Scene("s", cube, np.ones((ROWS, COLUMNS), np.int64), ("a",))
    network = training.to_network(module, patches(cube, np.arange(4)).numpy())
    held = network, scene, (ns.Reference(), ns.Reference()), module.steps
    expected = differences_over_scene(network, module, scene, ns.Reference(), rows=ROWS)
    assert device_differences_over_scene(*held, rows=ROWS) == expected
    in_single = device_differences_over_scene(*held, rows=3, precision="single")
    assert in_single["spikes"] > expected["spikes"]  # those of rows in both strips count twice
    assert (in_single["spikes_differing"], in_single["decisions_differing"]) == (0, 0)

    thresholds = iter([network["conv3d"].neuron.threshold, 0.1])

    def simulation(wide, *arguments, **settings):
        neuron = replace(wide["conv3d"].neuron, threshold=next(thresholds))
        return ns.Simulation(wide.replace("conv3d", neuron), *arguments, **settings)

    monkeypatch.setattr(differences, "Simulation", simulation)
    found = device_differences_over_scene(*held, rows=ROWS)
    assert found["spikes"] == expected["spikes"]
    assert found["spikes_differing"] > 0


def test_what_stands_still_is_worked_out_once_to_the_same_result(cube):
    """Held to the body called step by step: the same outputs, and the same gradients but for rounding."""
    module = spiking(6, cube).double()
    images = patches(cube, np.arange(6)).double()
    seen = []
    module.body.conv3d.register_forward_hook(lambda *call: seen.append(call))

    def gradients(output):
        module.zero_grad()
        (output * torch.arange(output.numel()).reshape(output.shape)).sum().backward()
        return [output.detach(), *(parameter.grad.clone() for parameter in module.parameters())]

    found = gradients(module(images))
    assert len(seen) == 1
    training.membranes.restart(module.body)
    expected = gradients(sum(module.body(images) for _ in range(module.steps)))
    training.membranes.restart(module.body)
    assert len(seen) == 1 + module.steps
    torch.testing.assert_close(found[0], expected[0], rtol=0, atol=0)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-12)
