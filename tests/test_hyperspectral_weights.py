"""The networks of the hyperspectral study are what their card says, and what the study takes them for."""

import re
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from neurosim import Network
from neurosim.files import sha256
from neurosim.neurons import LIF
from neurosim.ops import Conv, Linear, Scale
from neurosim.workflows.hyperspectral import FULL, Member, members, network_of, trained
from neurosim.workflows.sites import site

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "weights" / "hyperspectral"
SHIPPED = {
    "cnn_3d": ROOT / "neurosim" / "data" / "cnn_3d_snn6.safetensors",
    "cnn_32h": FOLDER / "cnn_32h_snn6.safetensors",
}


def test_every_file_is_the_one_on_the_card():
    listed = dict(
        re.findall(
            r"^\| `(.+\.safetensors)` .*\| ([0-9a-f]{64}) \|$",
            (FOLDER.parent / "hyperspectral.md").read_text(),
            re.M,
        )
    )
    files = [*sorted(FOLDER.glob("*.safetensors")), SHIPPED["cnn_3d"]]
    assert {path.relative_to(ROOT).as_posix(): sha256(path) for path in files} == listed
    assert all(path.stat().st_size < 10_000_000 for path in files)


def test_all_small_networks_are_there():
    wanted = {one.name for known in members() if known.net == "cnn_3d" for one in (known, known.artificial)}
    assert {path.stem for path in FOLDER.glob("cnn_3d-*.safetensors")} == wanted


@pytest.mark.parametrize("bits", [FULL, 6, 5, 4])
def test_a_network_has_no_more_weights_a_layer_than_its_bits_can_tell(bits):
    member = Member("cnn_3d", "random", 0, bits, True)
    module = trained(member, FOLDER)
    weighted = [part for part in module.modules() if isinstance(part, (nn.Conv3d, nn.Linear))]
    weights = [np.unique(part.weight.detach().numpy()) for part in weighted]
    assert len(weights) == 7
    if bits == FULL:
        assert max(map(len, weights)) > 2**6
    else:
        assert all(len(values) <= 2**bits for values in weights)


@pytest.mark.parametrize("net", SHIPPED)
def test_the_shipped_networks_are_whole_numbers_with_a_scale(net):
    network = Network.load(SHIPPED[net])
    assert network.classes is not None
    assert len(network.classes) == 16
    for projection in network.projections:
        weighted = [op for op in projection.ops if isinstance(op, (Conv, Linear))]
        assert len(weighted) == 1
        assert isinstance(projection.ops[-1], Scale)
        assert np.array_equal(weighted[0].weight, np.rint(weighted[0].weight))
        assert np.abs(weighted[0].weight).max() == 31
    spiking = [layer.neuron for layer in network.neurons if layer.model.spiking]
    assert all(isinstance(neuron, LIF) and 0 < neuron.leak <= 1 and neuron.strict for neuron in spiking)


def test_the_shipped_network_is_made_of_its_weights():
    member = Member("cnn_3d", "random", 0, 6, True)
    made = network_of(trained(member, FOLDER), site("cnn_3d", "random", 0))
    assert made == Network.load(SHIPPED["cnn_3d"])
