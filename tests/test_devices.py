"""Every device gives the reference's spikes and potentials, bit by bit."""

import nets
import numpy as np
import pytest

from neurosim.devices import CppStandalone, Reference, Runtime
from neurosim.network import Network
from neurosim.neurons import BMIF, IF, LIF
from neurosim.recording import Potential, Recording
from neurosim.simulation import Simulation

STEPS = 9
EVERYTHING = ("spikes", Potential())


def record(network: Network, device: object, pixels: np.ndarray, precision: str) -> Recording:
    kept = {layer.name: EVERYTHING for layer in network.neurons}
    with Simulation(network, device, STEPS, precision=precision, record=kept) as simulation:
        return simulation.run(pixels, progress=False)


def assert_equal(network: Network, one: Recording, other: Recording) -> None:
    for layer in network.neurons:
        assert one.spikes(layer.name) == other.spikes(layer.name), layer.name
        assert one.potential(layer.name).tobytes() == other.potential(layer.name).tobytes(), layer.name
    for layer in network.outputs:
        assert one.output(layer.name).tobytes() == other.output(layer.name).tobytes(), layer.name


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("kind", sorted(nets.KINDS))
def test_devices_give_the_same_bits(kind: str, precision: str) -> None:
    network, pixels = nets.residual(kind, seed=3, dyadic=False), nets.images(4, seed=3, dyadic=False)
    reference = record(network, Reference(), pixels, precision)
    assert len(network.neurons) >= 10
    assert min(len(reference.spikes(layer.name)) for layer in network.neurons if layer.model.spiking) > 0
    assert reference.potential(network.neurons[0].name).dtype == {"double": "f8", "single": "f4"}[precision]
    assert_equal(network, record(network, Runtime(), pixels, precision), reference)
    assert_equal(network, record(network, CppStandalone(), pixels, precision), reference)


def test_kinds_cover_every_model() -> None:
    """One network of each model, and one where several share it."""
    models = {kind: {type(layer.model) for layer in nets.residual(kind).neurons} for kind in nets.KINDS}
    assert {IF, LIF, BMIF} <= set().union(*models.values())
    assert any(len(kinds & {IF, LIF, BMIF}) >= 2 for kinds in models.values())


def test_threads_do_not_change_a_bit() -> None:
    network, pixels = nets.residual("bmif", seed=3, dyadic=False), nets.images(4, seed=3, dyadic=False)
    one = record(network, CppStandalone(), pixels, "double")
    assert_equal(network, record(network, CppStandalone(threads=2), pixels, "double"), one)


def test_a_frame_a_step_on_every_device() -> None:
    network = nets.residual("bmif", seed=3, dyadic=False)
    pixels = np.random.default_rng(5).random((3, STEPS, *network.input.shape))
    reference = record(network, Reference(), pixels, "double")
    still = record(network, Reference(), pixels[:, 0], "double")
    first = network.neurons[0].name
    assert reference.spikes(first) != still.spikes(first)  # the frames do matter
    assert_equal(network, record(network, Runtime(), pixels, "double"), reference)
    assert_equal(network, record(network, CppStandalone(), pixels, "double"), reference)
