"""NIR: what is written, as the nir package reads it, and what cannot be."""

import nir
import numpy as np
import pytest
import torch

from neurosim import (
    BMIF,
    IF,
    LIF,
    AvgPool,
    Conv,
    FileError,
    Identity,
    Input,
    InputError,
    Layer,
    MaxPool,
    Network,
    Projection,
    Relay,
    Reshape,
    Scale,
    Unsupported,
    convert,
)
from neurosim.cli import main
from neurosim.conversion import NeuronNorm
from neurosim.nir import from_nir, to_nir

PIXELS = Input()


def test_files_have_the_same_bytes_every_time(tmp_path):
    network = small(IF())
    for name in "ab":
        to_nir(network, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def small(neuron, *ops, bias=None, source=PIXELS, shape=(2, 4, 4), target=None):
    ops = ops or (Identity(),)
    reached = shape
    for op in ops:
        reached = op.output_shape(reached)
    layers = [Layer("in", shape, source), Layer("out", target or reached, neuron)]
    return Network(layers, [Projection("in", "out", ops, bias)])


def test_what_is_written_says_the_same_to_the_nir_package(tmp_path):
    weight = np.arange(36.0).reshape(2, 2, 3, 3)
    network = small(
        LIF([0.5, 2.0], leak=0.75, reset="zero", strict=True), Conv(weight, 2, 1), bias=np.array([1.0, 2])
    )
    to_nir(network, tmp_path / "net.nir", dt=1e-3)
    graph = nir.read(tmp_path / "net.nir")
    lif, conv = graph.nodes["out"], graph.nodes["out.conv2d"]
    assert graph.edges == [("in", "out.conv2d"), ("out.conv2d", "out"), ("out", "out.output")]
    assert (lif.v_threshold[0] == 0.5).all()
    assert (lif.v_threshold[1] == 2).all()
    assert (lif.tau == 4e-3).all()
    assert (lif.r == 4).all()  # r dt / tau = 1
    np.testing.assert_array_equal(conv.weight, weight)
    np.testing.assert_array_equal(conv.bias, [1, 2])
    assert (tuple(conv.stride), tuple(conv.padding), tuple(conv.input_shape)) == ((2, 2), (1, 1), (4, 4))
    assert lif.metadata["reset"] == "zero"
    same = from_nir(tmp_path / "net.nir")
    for name in ("reset", "strict", "dt", "convention", "leak", "v_threshold_axes"):
        del lif.metadata[name]
    nir.write(tmp_path / "bare.nir", graph)
    bare = from_nir(tmp_path / "bare.nir", convention="nir", dt=1e-3)  # NIR's own: strict, reset to zero
    assert bare == same == network


REFUSED = {
    "neuron": (small(BMIF()), "layer 'out': BMIF neurons: NIR has IF, LIF and the integrator I"),
    "initial": (
        small(IF(initial=0.5)),
        "layer 'out': initial is not 0: NIR's neurons have no initial potential",
    ),
    "bound": (
        small(IF(lower_bound=-1)),
        "layer 'out': lower_bound is given: NIR's neurons have no bound from below",
    ),
    "no leak": (small(LIF(leak=1)), "layer 'out': leak=1: it would need an endless time constant: give IF"),
    "short": (
        small(LIF(tau=1e-5)),
        "layer 'out': tau of 1e-05 s is shorter than a step of 0.0001 s: give a smaller dt",
    ),
    "pixels": (
        small(IF(), source=Input(0.5)),
        "layer 'in': Input(mean=0.5): NIR's input is not normalised or bounded: give Input(), and such "
        "pixels",
    ),
    "name": (
        Network(
            [Layer("a/b", (2,), Input()), Layer("o", (2,), IF())], [Projection("a/b", "o", (Identity(),))]
        ),
        "layer 'a/b': a node's name holds no '/' and is not '.': rename the layer",
    ),
    "stride": (
        small(IF(), Identity(2)),
        "projection 'in' -> 'out': Identity(stride=2): NIR has no such node",
    ),
    "padding": (
        small(IF(), Conv(np.ones((1, 2, 3, 3)), padding=((0, 1), (1, 1)))),
        "projection 'in' -> 'out': padding ((0, 1), (1, 1)): NIR pads both sides alike, or 'same' with a "
        "stride of 1",
    ),
    "space": (
        small(IF(), Conv(np.ones((1, 1, 2, 2, 2))), shape=(1, 3, 3, 3)),
        "projection 'in' -> 'out': a convolution in three dimensions: NIR has Conv1d and Conv2d",
    ),
    "ceil": (
        small(IF(), AvgPool(3, 2, ceil_mode=True)),
        "projection 'in' -> 'out': AvgPool(kernel=3, stride=2, ceil_mode=True) of (2, 4, 4): NIR averages "
        "(C, H, W), without ceil_mode and with padding counted",
    ),
    "bias": (
        small(IF(), Scale(2.0), bias=np.ones(2)),
        "projection 'in' -> 'out': its bias comes behind a factor: NIR has one behind convolutions and "
        "matrices only",
    ),
    "full bias": (
        small(IF(), Conv(np.ones((2, 2, 1, 1))), bias=np.ones((2, 4, 4))),
        "projection 'in' -> 'out': its bias has shape (2, 4, 4): NIR's convolutions have one a channel",
    ),
    "unflattened": (
        small(IF(), Reshape((2, 2, 8))),
        "projection 'in' -> 'out': Reshape(shape=(2, 2, 8)) of (2, 4, 4): NIR makes several axes one, "
        "nothing else",
    ),
    "identity": (
        small(IF(), Conv(np.ones((2, 2, 1, 1))), Identity()),
        "projection 'in' -> 'out': Identity(): NIR has no such node",
    ),
    "maxima": (
        Network(
            [Layer("in", (1, 4, 4), Input()), Layer("a", (1, 4, 4), IF()), Layer("m", (1, 2, 2), Relay())],
            [Projection("in", "a", (Identity(),)), Projection("a", "m", (MaxPool(2),))],
        ),
        "layer 'm': Relay neurons: NIR has IF, LIF and the integrator I",
    ),
    "twice": (
        Network(
            [Layer("in", (2,), Input()), Layer("out", (2,), IF())],
            [Projection("in", "out", (Identity(),)), Projection("in", "out", (Identity(),))],
        ),
        "projection 'in' -> 'out' is there twice, without weights: NIR has one edge",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_nir_cannot_say_is_refused_and_nothing_written(case, tmp_path):
    network, message = REFUSED[case]
    with pytest.raises(Unsupported) as caught:
        to_nir(network, tmp_path / "net.nir")
    assert str(caught.value) == message
    assert not list(tmp_path.iterdir())


def test_nonsense_is_refused(tmp_path):
    for network, path, message in (
        ("x", tmp_path / "net.nir", "to_nir: network is 'x': give a Network"),
        (small(IF()), 3, "to_nir: path is 3: give the name of a file"),
    ):
        with pytest.raises(InputError) as caught:
            to_nir(network, path)
        assert str(caught.value) == message


def test_what_the_reader_refuses_is_told_of_the_network(tmp_path, monkeypatch):
    """Not of a file that is gone: by the layer, by the projection, or the network as a whole."""
    at = f"{tmp_path}/net.nir"
    for said, message in (
        ("{}: node 'out' (IF): no", "layer 'out': NIR cannot say it: no"),
        ("{}: node 'out.scale' (Scale): no", "projection 'in' -> 'out': NIR cannot say it: no"),
        ("{}: holds more", "the NIR file of the network: holds more"),
    ):

        def refuse(path, said=said):
            raise FileError(said.format(path))

        monkeypatch.setattr("neurosim.nir.exporting.from_nir", refuse)
        with pytest.raises(Unsupported) as caught:
            to_nir(small(IF(), Scale(2.0)), at)
        assert str(caught.value) == message


def test_thresholds_of_ones_own_are_written(tmp_path):
    """NeuronNorm: a Scale of the layer's shape before the shared kernel."""
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.Conv2d(2, 3, 3), torch.nn.ReLU()
    ).eval()
    images = np.random.default_rng(0).random((5, 1, 6, 6))
    network = convert(module, NeuronNorm(), images)
    assert np.ndim(network.projections[-1].ops[0].factor) == 3
    to_nir(network, tmp_path / "net.nir")
    assert from_nir(tmp_path / "net.nir") == network


def test_our_metadata_do_not_outlive_a_change_of_the_parameters(tmp_path):
    to_nir(small(LIF(leak=0.5)), tmp_path / "a.nir")
    changed = nir.read(tmp_path / "a.nir")
    for field, word in (("r", "r was changed"), ("tau", "was changed beside the metadata")):
        held = getattr(changed.nodes["out"], field)
        held *= 2
        with pytest.raises(FileError, match=word):
            read_again(tmp_path, changed)
        held /= 2


def read_again(tmp_path, graph):
    nir.write(tmp_path / "changed.nir", graph)
    return from_nir(tmp_path / "changed.nir")


def test_the_command_line_imports(tmp_path, capsys):
    network = small(IF())
    to_nir(network, tmp_path / "a.nir")
    assert main(["import", str(tmp_path / "a.nir"), "-o", str(tmp_path / "a.safetensors")]) == 0
    assert Network.load(tmp_path / "a.safetensors") == network
    assert "written to" in capsys.readouterr().out
