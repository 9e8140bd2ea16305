"""What a strength stands for: said by the layer, kept in files, read by comparisons, never simulated."""

import dataclasses

import pytest
from nets import residual

from neurosim.comparison import quantum
from neurosim.errors import InputError
from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.neurons import IF, Accumulate, Input
from neurosim.ops import Identity


@pytest.mark.parametrize("value", [0.3, [0.3, 2.0], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]])
def test_a_quantum_of_its_own_is_kept_and_read(value, tmp_path):
    said = Layer("a", (2, 3), IF(), quantum=value)
    network, without = (
        Network([Layer("in", (2, 3), Input()), layer], [Projection("in", "a", Identity())])
        for layer in (said, dataclasses.replace(said, quantum=None))
    )
    assert (quantum(network, "a").tolist(), quantum(without, "a")) == (value, 1)
    assert network != without
    assert network.fingerprint() != without.fingerprint()
    assert network.structure() == without.structure()
    network.save(tmp_path / "net")
    assert Network.load(tmp_path / "net") == network
    assert quantum(network.replace("a", IF(0.5)), "a").tolist() == value
    assert quantum(without.replace("a", IF(0.5)), "a") == 0.5


def test_a_network_without_one_is_written_as_before():
    assert "quantum" not in residual("mixed")._encoded()[0]


REFUSALS = {
    "of nothing": ((1,), IF(), 0, "Layer.quantum is 0.0: it must lie in (0, inf)"),
    "of another shape": (
        (2, 3),
        IF(),
        [1, 2, 3],
        "layer 'a': quantum has shape (3,): give a scalar, (2,) (one a channel) or (2, 3) (one a neuron)",
    ),
    "of pixels": (
        (1,),
        Input(),
        2.0,
        "layer 'a': quantum is 2.0, and Input sends no spikes: leave it out",
    ),
    "of what accumulates": (
        (1,),
        Accumulate(),
        2.0,
        "layer 'a': quantum is 2.0, and Accumulate sends no spikes: leave it out",
    ),
}


@pytest.mark.parametrize(("shape", "neuron", "value", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(shape, neuron, value, message):
    with pytest.raises(InputError) as caught:
        Layer("a", shape, neuron, quantum=value)
    assert str(caught.value) == message
