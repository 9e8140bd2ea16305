"""The readers of other libraries and ours make the same spikes of the same NIR files."""

import itertools
import tarfile
import warnings

import nir
import numpy as np
from needed import peer

from neurosim import Input, Reference, Simulation
from neurosim.datasets import read_events
from neurosim.nir import from_nir
from neurosim.stimuli import binned

torch = peer("torch")
STEPS, DT = 12, 1e-4
SHAPE = (2, 6, 6)


def made(random, neuron):
    """A convolution, neurons, an average, a matrix, neurons, and a shortcut, all dyadic."""
    nodes = {
        "input": nir.Input(np.array(SHAPE)),
        "conv": nir.Conv2d(
            (6, 6), random.integers(-4, 8, (3, 2, 3, 3)) / 8, 1, 1, 1, 1, random.integers(0, 3, 3) / 8
        ),
        "first": neuron((3, 6, 6)),
        "pool": nir.AvgPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        "flat": nir.Flatten({"input": np.array([3, 3, 3])}, 0, -1),
        "full": nir.Affine(random.integers(-4, 6, (5, 27)) / 4, random.integers(-1, 2, 5) / 4),
        "second": neuron((5,)),
        "output": nir.Output(np.array([5])),
    }
    names = list(nodes)
    return nir.NIRGraph(nodes, list(itertools.pairwise(names)))


def ours(tmp_path, graph, convention, pixels, layer="second"):
    nir.write(tmp_path / "a.nir", graph)
    network = from_nir(tmp_path / "a.nir", convention=convention, dt=DT)
    with Simulation(network, Reference(), STEPS, record="spikes") as simulation:
        return simulation.run(pixels).dense(layer)


def played(module, pixels):
    """Run a module of nirtorch step by step, its state handed on."""
    state, said = None, []
    with torch.no_grad():
        for frame in pixels.swapaxes(0, 1):
            out, state = module(torch.tensor(frame), state)
            said.append(np.asarray(out))
    return np.stack(said, axis=1)


def leaky(r, threshold=1.0):
    def neuron(shape):
        fields = (2 * DT, r, 0.0, threshold, 0.0)
        return nir.LIF(*(np.full(shape, value) for value in fields))

    return neuron


def test_spikingjelly(tmp_path):
    exchange = peer("spikingjelly.activation_based.nir_exchange")
    random = np.random.default_rng(0)
    pixels = random.integers(0, 5, (3, STEPS, *SHAPE)) / 4
    kinds = {
        "IF": lambda shape: nir.IF(*(np.full(shape, value) for value in (1 / DT, 1.0, 0.0))),
        "IF from elsewhere": lambda shape: nir.IF(*(np.full(shape, value) for value in (1 / DT, 1.0, -0.5))),
        "LIF": leaky(2.0),
        "LIF that divides": leaky(1.0, 0.5),
    }
    for kind, neuron in kinds.items():
        graph = made(random, neuron)
        module = exchange.import_from_nir(graph, dt=DT, dtype=torch.float64)
        expected = played(module, pixels)
        assert 0 < expected.mean() < 1, kind
        np.testing.assert_array_equal(ours(tmp_path, graph, "spikingjelly", pixels), expected, err_msg=kind)


def test_snntorch(tmp_path):
    readers = peer("snntorch.import_nir")
    random = np.random.default_rng(1)
    for r in (2.0, 1.0):
        node = leaky(r)((5,))
        node.metadata = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = readers._nir_to_snntorch_module(node, init_hidden=False)
        currents = random.integers(-4, 12, (STEPS, 5)) / 4
        memory, expected = module.reset_mem(), []
        for current in currents:
            spikes, memory = module(torch.tensor(current, dtype=torch.float32), memory)
            expected.append(spikes.detach().numpy())
        nodes = {"input": nir.Input(np.array([5])), "second": node, "output": nir.Output(np.array([5]))}
        graph = nir.NIRGraph(nodes, [("input", "second"), ("second", "output")])
        found = ours(tmp_path, graph, "snntorch", currents[None])
        assert 0 < found.mean() < 1
        np.testing.assert_array_equal(found[0], expected)


def test_sinabs_on_a_published_net_and_real_recordings(tmp_path, data_dir):
    sinabs = peer("sinabs.nir")
    with tarfile.open(data_dir / "nmnist" / "NMNISTsmall.tar.xz") as archive:
        names = [f"NMNISTsmall/{number}.bs2" for number in (60001, 60002)]
        for number, name in enumerate(names):
            (tmp_path / f"{number}.bs2").write_bytes(archive.extractfile(name).read())
    events = binned([read_events(tmp_path / f"{number}.bs2") for number in range(2)], STEPS)
    path = data_dir / "weights" / "scnn_mnist.nir"
    network = from_nir(path, convention="sinabs")
    with Simulation(network, Reference(), STEPS, record="spikes") as simulation:
        recording = simulation.run(events)
    frames = torch.tensor(events.frames(Input(), (2, 34, 34), STEPS, slice(0, 2)), dtype=torch.float32)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        module = sinabs.from_nir(nir.read(path), batch_size=2)
        said = module(frames.reshape(-1, 2, 34, 34))
    said = said[0] if isinstance(said, tuple) else said
    assert said.sum() > 0
    np.testing.assert_array_equal(recording.dense("12"), said.reshape(2, STEPS, 10).numpy())
