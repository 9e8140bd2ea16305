"""The CUDA device gives the reference's bits: whole programs on a GPU, or compiled for the host."""

import dataclasses

import nets
import numpy as np
import pytest
import test_extras
import test_model_devices
import test_stimuli_devices
from cuda_devices import ON_GPU, ON_HOST, cuda_device
from test_alignment import DRAIN
from test_alignment import run as run_free
from test_devices import STEPS, assert_equal, record

from neurosim.devices import Reference
from neurosim.recording import Potential
from neurosim.simulation import Simulation, budget

DELIVERED = pytest.mark.parametrize("cuda", [ON_HOST, ON_GPU], indirect=True)
GPU = pytest.mark.parametrize("cuda", [ON_GPU], indirect=True)


@pytest.fixture
def cuda(request):
    yield from cuda_device(request.param)


def residual():
    return nets.residual("mixed", seed=3, dyadic=False), nets.images(4, seed=3, dyadic=False)


@DELIVERED
def test_spikes_and_potentials_are_the_references(cuda):
    """Every op, several models, parameters a neuron, delays, recurrence; a full batch and one that is not."""
    network, pixels = residual()
    assert_equal(
        network, record(network, cuda, pixels, "double"), record(network, Reference(), pixels, "double")
    )


@DELIVERED
def test_moving_frames_free_layers_and_every_stimulus(cuda):
    network, pixels = residual()
    film = np.random.default_rng(5).random((4, STEPS, *network.input.shape))
    assert_equal(network, record(network, cuda, film, "double"), record(network, Reference(), film, "double"))
    moving = np.stack([pixels, 1 - pixels] * 3, axis=1)
    assert_equal(
        network,
        run_free(network, moving, cuda, drain=DRAIN),
        run_free(network, moving, Reference(), drain=DRAIN),
    )
    assert test_stimuli_devices.results(cuda) == test_stimuli_devices.results(Reference())


@DELIVERED
@pytest.mark.parametrize("kept", ["totals", "counts", "spikes"])
def test_every_level_is_recorded_in_order_and_chunks_do_not_show(cuda, kept, monkeypatch):
    network, pixels = residual()
    everything = {layer.name: (kept, Potential()) for layer in network.neurons}

    def run(device):
        with Simulation(network, device, STEPS, record=everything) as simulation:
            return simulation.run(pixels, np.arange(4), progress=False)

    found = {"reference": run(Reference()), "whole": run(cuda)}
    monkeypatch.setattr(budget, "GPU_CHUNK_BYTES", 1)
    found["chunks"] = run(cuda)
    expected = found.pop("reference")
    for recording in found.values():
        for layer in recording.layers:
            np.testing.assert_array_equal(recording.totals(layer), expected.totals(layer))
            if kept != "totals":
                np.testing.assert_array_equal(recording.counts(layer), expected.counts(layer))
                np.testing.assert_array_equal(recording.events(layer), expected.events(layer))
            if kept == "spikes":
                assert recording.spikes(layer) == expected.spikes(layer)
        assert recording.output().tobytes() == expected.output().tobytes()
        np.testing.assert_array_equal(recording.accuracy(), expected.accuracy())


@DELIVERED
def test_another_network_runs_in_the_same_program(cuda, monkeypatch):
    network, pixels = residual()
    other = nets.residual("mixed", seed=4, dyadic=False)
    kept = {layer.name: "spikes" for layer in network.neurons}
    expected = [run_spikes(net, Reference(), pixels, kept) for net in (network, other)]
    with Simulation(network, cuda, STEPS, record=kept) as simulation:
        monkeypatch.setattr("neurosim.build.cuda.compile_cuda", None)
        found = [simulation.run(pixels, network=net, progress=False) for net in (network, other)]
    assert expected[0].spikes("a") != expected[1].spikes("a")
    for one, two in zip(found, expected, strict=True):
        assert all(one.spikes(layer) == two.spikes(layer) for layer in kept)


def run_spikes(network, device, pixels, kept):
    with Simulation(network, device, STEPS, record=kept) as simulation:
        return simulation.run(pixels, progress=False)


@DELIVERED
def test_extras_draw_the_same_numbers_in_single_precision(cuda):
    """Noise, jitter, losses and substeps belong to an image, a step and a neuron, whatever the batch."""
    network, extras = test_extras.mixed(), (*test_extras.OTHERS, test_extras.Noise(0.1, seed=3))
    pixels = test_extras.pixels()
    expected, found = (
        test_extras.simulate(network, pixels, extras, device, precision="single")
        for device in (Reference(), cuda)
    )
    assert_equal(network, found, expected)


@GPU
@pytest.mark.parametrize("precision", ["double", "single"])
def test_every_model_is_the_references(cuda, precision):
    network, frames = test_model_devices.everything(), test_model_devices.frames()
    assert_equal(
        network, record(network, cuda, frames, precision), record(network, Reference(), frames, precision)
    )


@GPU
@pytest.mark.parametrize("kind", sorted(nets.KINDS))
@pytest.mark.parametrize("precision", ["double", "single"])
def test_every_kind_is_the_references(cuda, kind, precision):
    network, pixels = nets.residual(kind, seed=3, dyadic=False), nets.images(4, seed=3, dyadic=False)
    assert_equal(
        network, record(network, cuda, pixels, precision), record(network, Reference(), pixels, precision)
    )


@GPU
@pytest.mark.parametrize("batch", [1, 2, 64])
def test_a_batch_changes_no_bit(cuda, batch):
    network, pixels = residual()
    other = dataclasses.replace(cuda, batch=batch)
    assert_equal(network, record(network, other, pixels, "double"), record(network, cuda, pixels, "double"))


@GPU
def test_all_extras(cuda):
    network, pixels = test_extras.mixed(), test_extras.pixels()
    expected, found = (test_extras.simulate(network, pixels, test_extras.ALL, d) for d in (Reference(), cuda))
    assert_equal(network, found, expected)
