"""Networks: latencies, refusals by exact text, files that come back equal, and what shares a build."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nets import KINDS, images, residual

from neurosim.errors import InputError
from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.neurons import BMIF, IF, LIF, Accumulate, Input
from neurosim.ops import AvgPool, Conv, Identity, Linear, Scale
from neurosim.reference import simulate


def chain(*edges, outputs=()):
    """Return a network of one-neuron layers; an edge is "source target" or "source target delay"."""
    ends = [edge.split() for edge in edges]
    names = list(dict.fromkeys(name for source, target, *_ in ends for name in (source, target)))
    neurons = {"in": Input()} | dict.fromkeys(outputs, Accumulate())
    return Network(
        [Layer(name, (1,), neurons.get(name, IF())) for name in names],
        [Projection(s, t, Identity(), delay=int(d[0]) if d else 0) for s, t, *d in ends],
    )


# ---- the graph

LATENCIES = {
    "chain": (["in a", "a b"], {"a": 1, "b": 2}),
    "skip": (["in a", "a b", "in b"], {"a": 1, "b": 2}),
    "branches": (["in a", "a b", "b c", "in d", "d c", "c e"], {"a": 1, "b": 2, "c": 3, "d": 1, "e": 4}),
    "layers out of order": (["b c", "a b", "in a"], {"a": 1, "b": 2, "c": 3}),
    "delay": (["in a 5", "a b", "in b"], {"a": 1, "b": 2}),
    "delay shorter than the way": (["in a", "a b", "b c", "c e", "c d 1", "in d"], {"c": 3, "d": 3, "e": 4}),
    "recurrent": (["in a", "a a 1", "a b"], {"a": 1, "b": 2}),
    "loop": (["in a", "a b", "b c", "c a 3", "c out"], {"a": 1, "b": 2, "c": 3, "out": 4}),
    "loop of two steps": (["in a", "a b", "b a 2", "b out"], {"a": 1, "b": 2, "out": 3}),
    "feedback raises what it feeds": (
        ["in a", "a b", "b c", "in d", "c d 1", "d e"],
        {"c": 3, "d": 3, "e": 4},
    ),
}


@pytest.mark.parametrize(("edges", "expected"), LATENCIES.values(), ids=LATENCIES)
def test_latencies(edges, expected):
    network = chain(*edges)
    assert {"in": 0, **expected}.items() <= network.latency.items()
    assert network.depth == max(network.latency.values())


@given(st.data())
def test_latencies_are_the_smallest_that_keep_every_projection_in_time(data):
    count = data.draw(st.integers(1, 6))
    names = ["in", *"abcdef"[:count]]
    edges = [f"{data.draw(st.sampled_from(names[: n + 1]))} {names[n + 1]}" for n in range(count)]
    pairs = [(a, b) for n, b in enumerate(names) for a in names[: n or 1] if b != "in"]
    edges += [
        f"{a} {b} {data.draw(st.integers(0, 3))}" for a, b in data.draw(st.lists(st.sampled_from(pairs)))
    ]
    network = chain(*edges)
    latency = network.latency
    slack = {name: [latency[name] - 1] for name in names[1:]}
    for p in network.projections:
        slack[p.target].append(latency[p.target] - latency[p.source] + p.delay - 1)
    assert all(min(own) == 0 for own in slack.values())


def test_outputs_are_what_nobody_reads():
    network = chain("in a", "a b", "a c", "c d", outputs=["b"])
    assert [layer.name for layer in network.outputs] == ["b", "d"]
    assert [layer.name for layer in network.neurons] == ["a", "b", "c", "d"]
    assert network.input.name == "in"
    assert network["c"].neuron == IF()
    assert [p.source for p in network.into("d")] == ["c"]


def test_a_residual_net_has_the_latencies_of_its_longest_way():
    network = residual("mixed")
    names = [layer.name for layer in network.layers]
    assert network.latency == {name: number for number, name in enumerate(names)}
    assert [layer.name for layer in network.outputs] == ["out"]


def test_biases_of_one_layer_add_up():
    ops, ones = Conv(np.ones((2, 1, 1))), np.ones((2, 3))
    layers = [Layer("in", (1, 3), Input()), Layer("a", (2, 3), IF()), Layer("b", (2, 3), IF())]
    biases = [np.array([1.0, 2.0]), None, 10 * ones]
    network = Network(
        layers, [*(Projection("in", "a", ops, bias) for bias in biases), Projection("a", "b", Identity())]
    )
    assert network.bias("a").tolist() == [[11.0] * 3, [12.0] * 3]
    assert network.bias("b").shape == ()
    channel = Network(layers[:2], [Projection("in", "a", ops, [1, 2]), Projection("in", "a", ops, [3, 4])])
    assert channel.bias("a").tolist() == [4, 6]


# ---- the table


def test_printing_a_network_shows_the_table():
    layers = [
        Layer("in", (1, 4, 4), Input()),
        Layer("conv", (2, 4, 4), IF()),
        Layer("out", (3,), Accumulate()),
    ]
    projections = [
        Projection("in", "conv", Conv(np.ones((2, 1, 3, 3)), padding=1), np.zeros(2)),
        Projection("conv", "conv", Identity(), delay=2),
        Projection("conv", "out", (AvgPool(4), Linear(np.ones((3, 2))))),
    ]
    assert str(Network(layers, projections)) == (
        """\
layer  neuron      shape  latency  neurons  synapses  parameters  from
-----  ----------  -----  -------  -------  --------  ----------  -------------
in     Input       1x4x4  0             16         0           0
conv   IF          2x4x4  1             32       232          20  in, conv (+2)
out    Accumulate  3      2              3        96           6  conv
total                                   51       328          26"""
    )
    assert repr(Network(layers, projections)) == "<Network of 3 layers, 35 neurons>"


# ---- refusals

A = Layer("a", (1,), IF())
IN, OUT = Layer("in", (1,), Input()), Layer("out", (1,), Accumulate())
ONE = Identity()
CYCLE = "lie on a cycle with too little delay: give it at least one step a layer"


def network(layers, *projections, **options):
    return lambda: Network(layers, [Projection(*p) for p in projections], **options)


REFUSALS = {
    "two names": (
        network([IN, A, A], ("in", "a", ONE)),
        "two layers are called 'a': give every layer its own name",
    ),
    "two inputs": (
        network([IN, dataclasses.replace(IN, name="in2"), A], ("in", "a", ONE)),
        "the network has 2 layers with an Input neuron ['in', 'in2']: give exactly one",
    ),
    "no input": (network([A]), "the network has 0 layers with an Input neuron []: give exactly one"),
    "no layers": (network([]), "the network has 0 layers with an Input neuron []: give exactly one"),
    "no layer": (network(["a"]), "the network's layers hold 'a': give Layer objects"),
    "no projection": (
        lambda: Network([IN, A], [ONE]),
        "the network's projections hold Identity(): give Projection objects",
    ),
    "unknown source": (network([IN, A], ("x", "a", ONE)), "projection 'x' -> 'a': there is no layer 'x'"),
    "unknown target": (network([IN, A], ("in", "x", ONE)), "projection 'in' -> 'x': there is no layer 'x'"),
    "into the input": (
        network([IN, A], ("in", "a", ONE), ("a", "in", ONE)),
        "projection 'a' -> 'in': 'in' is the input: nothing may project into it",
    ),
    "from a read-out": (
        network([IN, OUT, A], ("in", "out", ONE), ("out", "a", ONE)),
        "projection 'out' -> 'a': 'out' accumulates and never spikes: nothing can read it",
    ),
    "shape": (
        network([IN, Layer("a", (2,), IF())], ("in", "a", ONE)),
        "projection 'in' -> 'a': the ops turn (1,) into (1,), and 'a' has shape (2,)",
    ),
    "channels": (
        network([Layer("in", (3, 8, 8), Input()), A], ("in", "a", Conv(np.ones((4, 2, 3, 3))))),
        "projection 'in' -> 'a': Conv expects 2 input channels and the source of shape (3, 8, 8) has 3",
    ),
    "in a chain": (
        network([IN, A], ("in", "a", (Linear(np.ones((4, 1))), Linear(np.ones((1, 3)))))),
        "projection 'in' -> 'a': Linear expects 3 inputs and the source of shape (4,) has 4",
    ),
    "bias shape": (
        network([IN, A], ("in", "a", ONE, [1, 2])),
        "projection 'in' -> 'a': bias has shape (2,): give (1,) (one a channel) or (1,)",
    ),
    "bias NaN": (
        network([IN, A], ("in", "a", ONE, [np.nan])),
        "projection 'in' -> 'a': bias holds NaN, infinity or no numbers: give finite numbers",
    ),
    "no ops": (
        network([IN, A], ("in", "a", ())),
        "projection 'in' -> 'a': ops is (): give one op or a chain of ops (Identity() connects 1:1)",
    ),
    "an array for ops": (
        network([IN, A], ("in", "a", np.ones((20, 20)))),
        "projection 'in' -> 'a': ops is <(20, 20) float64>: give one op or a chain of ops (Identity() "
        "connects 1:1)",
    ),
    "delay": (
        network([IN, A], ("in", "a", ONE, None, -1)),
        "projection 'in' -> 'a'.delay is -1: give a whole number >= 0",
    ),
    "cannot be reached": (
        network([IN, A, dataclasses.replace(A, name="b"), OUT], ("in", "a", ONE), ("b", "out", ONE)),
        "layer 'b' cannot be reached from the input: project into it or remove it",
    ),
    "no output": (
        network([IN]),
        "the network has no output: leave at least one layer that no projection reads",
    ),
    "all are read": (
        network([IN, A], ("in", "a", ONE), ("a", "a", ONE, None, 1)),
        "the network has no output: leave at least one layer that no projection reads",
    ),
    "classes": (
        network([IN, A], ("in", "a", ONE), classes=["cat", "dog"]),
        "2 classes are named and the output has [1] neurons",
    ),
    "name": (lambda: Layer("", (1,), IF()), "a layer is called '': give 1 to 256 printable characters"),
    "name with a line": (
        lambda: Layer("a\nb", (1,), IF()),
        "a layer is called 'a\\nb': give 1 to 256 printable characters",
    ),
    "size": (lambda: Layer("a", (1, 0), IF()), "layer 'a': shape is (1, 0): give 1 to 4 sizes, each >= 1"),
    "axes": (
        lambda: Layer("a", (1,) * 5, IF()),
        "layer 'a': shape is (1, 1, 1, 1, 1): give 1 to 4 sizes, each >= 1",
    ),
    "truth": (lambda: Layer("a", (True,), IF()), "layer 'a': shape is (True,): give 1 to 4 sizes, each >= 1"),
    "neuron": (lambda: Layer("a", (1,), IF), f"layer 'a': neuron is {IF!r}: give a neuron model or Input"),
    "model": (lambda: IN.model, "layer 'in' is the input: it has pixels, not neurons"),
    "unknown layer": (
        lambda: chain("in a", "a b")["c"],
        "there is no layer 'c': the layers are in, a, b",
    ),
}


@pytest.mark.parametrize(("make", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(make, message):
    with pytest.raises(InputError) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "edges", [["in a", "a a", "a o"], ["in a", "a b", "b a 1", "b o"], ["in a", "a b", "b c", "c a 2", "c o"]]
)
def test_a_cycle_needs_a_step_of_delay_for_every_layer_on_it(edges):
    with pytest.raises(InputError, match=r"layers '[abc]'.* " + CYCLE):
        chain(*edges)


# ---- values and files


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dyadic", [True, False])
def test_a_network_comes_back_from_its_file_equal(kind, dyadic, tmp_path):
    network = residual(kind, dyadic=dyadic)
    network.save(tmp_path / "a.safetensors")
    again = Network.load(tmp_path / "a.safetensors")
    assert again == network
    assert hash(again) == hash(network)
    assert again.fingerprint() == network.fingerprint()
    assert again.structure() == network.structure()
    again.save(tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_a_loaded_network_does_the_same(tmp_path):
    network = residual("mixed")
    network.save(tmp_path / "net.safetensors")
    frames = network.input.neuron.normalise(images(2))[:, None]
    one, other = (
        list(simulate(net, frames, 4)) for net in (network, Network.load(tmp_path / "net.safetensors"))
    )
    for made, again in zip(one, other, strict=True):
        assert all((made[name].potential == again[name].potential).all() for name in made)


def test_every_field_comes_back(tmp_path):
    """What the residual nets leave out: classes, infinities in arrays, time constants, three dimensions."""
    layers = [
        Layer("in", (1, 2, 3, 3), Input(mean=np.full((1, 2, 3, 3), 0.1), low=-1, high=2)),
        Layer("a", (2, 2, 2, 2), BMIF([1, 2], strength=[3, np.inf], total=[np.inf, 9], initial=0.125)),
        Layer("größe", (2, 2, 2, 2), LIF(tau=[0.02, 0.03], strict=True, reset="delayed", lower_bound=-0.1)),
        Layer("out", (2,), Accumulate()),
    ]
    projections = [
        Projection("in", "a", Conv(np.random.default_rng(0).random((2, 1, 1, 2, 2)), dilation=1)),
        Projection("a", "größe", (AvgPool((1, 2, 2), 1, (0, 1, 1)), Conv(np.ones((2, 2, 1, 2, 2)))), delay=3),
        Projection("größe", "out", Linear(np.full((2, 16), 1 / 3)), [0.1, -0.0]),
    ]
    network = Network(layers, projections, classes=["cat", "dog"])
    network.save(tmp_path / "net")
    again = Network.load(tmp_path / "net")
    assert again == network
    assert again.classes == ("cat", "dog")
    assert again["a"].neuron.strength.tolist() == [3, np.inf]
    assert again["größe"].neuron.values(1e-3).keys() == network["größe"].neuron.values(1e-3).keys()


def test_weights_are_stored_as_small_as_they_are_exact(tmp_path):
    sizes = {}
    for weight in (0.5, np.float32(0.1), 0.1):
        layers = [Layer("in", (64,), Input()), Layer("a", (64,), IF())]
        net = Network(layers, [Projection("in", "a", Linear(np.full((64, 64), weight)))])
        net.save(tmp_path / "net")
        sizes[weight] = (tmp_path / "net").stat().st_size // 64**2
    assert list(sizes.values()) == [2, 4, 8]


def with_projection(net, number, **changes):
    projections = list(net.projections)
    projections[number] = dataclasses.replace(projections[number], **changes)
    return Network(net.layers, projections, net.classes)


BASE = residual("if")
MAXIMUM = next(number for number, p in enumerate(BASE.projections) if p.pools)
CHANGES = {
    "same": (lambda: residual("if"), True, True),
    "weights": (lambda: residual("if", seed=1), False, True),
    "a bias": (lambda: with_projection(BASE, 0, bias=np.ones(4)), False, True),
    "a threshold": (
        lambda: BASE.replace("a", dataclasses.replace(BASE["a"].neuron, threshold=3)),
        False,
        True,
    ),
    "normalisation": (lambda: BASE.replace("in", Input()), False, True),
    "no bias": (lambda: with_projection(BASE, 0, bias=None), False, False),
    "bias a neuron": (lambda: with_projection(BASE, 0, bias=np.ones((4, 8, 8))), False, False),
    "parameter shape": (lambda: BASE.replace("a", IF(np.ones(4))), False, False),
    "a reset": (lambda: BASE.replace("a", dataclasses.replace(BASE["a"].neuron, reset="zero")), False, False),
    "model": (lambda: BASE.replace("a", LIF(leak=1)), False, False),
    "delay": (lambda: with_projection(BASE, 12, delay=2), False, False),
    "padding": (lambda: with_projection(BASE, 2, ops=Conv(np.ones((4, 4, 3, 3)), padding=1)), False, False),
    "a maximum's rule": (
        lambda: with_projection(
            BASE, MAXIMUM, ops=dataclasses.replace(BASE.projections[MAXIMUM].ops[0], rule="step")
        ),
        False,
        False,
    ),
    "order of projections": (
        lambda: Network(BASE.layers, BASE.projections[::-1]),
        False,
        False,
    ),
    "classes": (lambda: Network(BASE.layers, BASE.projections, list("abcde")), False, True),
}


@pytest.mark.parametrize(("make", "equal", "one_build"), CHANGES.values(), ids=CHANGES)
def test_what_is_equal_and_what_shares_a_build(make, equal, one_build):
    other = make()
    assert (other == BASE) == equal
    assert (other.fingerprint() == BASE.fingerprint()) == equal
    assert not equal or hash(other) == hash(BASE)
    assert (other.structure() == BASE.structure()) == one_build


def test_the_fingerprint_tells_shapes_apart():
    """One bias a channel and one a neuron hold the same bytes where the channels are of one neuron."""
    layers = [Layer("in", (2, 1), Input()), Layer("a", (2, 1), IF())]
    nets = [
        Network(layers, [Projection("in", "a", Scale(1), bias)]) for bias in (np.ones(2), np.ones((2, 1)))
    ]
    assert nets[0] != nets[1]
    assert nets[0].fingerprint() != nets[1].fingerprint()


def test_replace_changes_one_layer_of_a_copy():
    network = residual("if")
    changed = network.replace("d", BMIF(2))
    assert changed["d"].neuron == BMIF(2)
    assert network == residual("if")
    assert [a.name for a, b in zip(network.layers, changed.layers, strict=True) if a != b] == ["d"]
    with pytest.raises(InputError, match="there is no layer 'x'"):
        network.replace("x", IF())
    with pytest.raises(InputError, match=r"projection 'd' -> 'e': 'd' accumulates"):
        network.replace("d", Accumulate())
    with pytest.raises(InputError, match="the network has 2 layers with an Input neuron"):
        network.replace("d", Input())


def test_numpy_integers_are_kept_as_plain_ones(tmp_path):
    layers = [Layer("in", (np.int64(1), 4), Input()), Layer("a", [1, 2], IF())]
    net = Network(layers, [Projection("in", "a", AvgPool(np.int64(2)), delay=np.int32(1))])
    net.save(tmp_path / "net")
    assert Network.load(tmp_path / "net") == net
