"""NIR: round trips, what the nir package writes, and what has no exact form here."""

import itertools

import nir
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from nir_files import networks

from neurosim import (
    IF,
    LIF,
    Accumulate,
    AvgPool,
    BurstLIF,
    Conv,
    Identity,
    InputError,
    Linear,
    Projection,
    Reference,
    Scale,
    Simulation,
    Unsupported,
)
from neurosim.errors import FileError
from neurosim.nir import from_nir, to_nir


@settings(max_examples=25, deadline=None, phases=[Phase.generate])  # to shrink takes minutes
@given(networks())
def test_a_network_that_nir_can_say_is_read_back_equal(tmp_path, network):
    path = tmp_path / "net.nir"
    to_nir(network, path)
    read = from_nir(path)
    assert read == network
    assert read.fingerprint() == network.fingerprint()
    grouped = any(getattr(op, "groups", 1) > 1 for p in network.projections for op in p.ops)
    known = nir.read(path, type_check=not grouped)  # whose own shapes forget groups
    assert {layer.name for layer in network.layers} <= set(known.nodes)


# ---- reading what the nir package writes


def graph(nodes, *edges, size=(3,), last="x"):
    nodes = {"input": nir.Input(np.array(size)), **nodes, "output": nir.Output(np.array([3]))}
    edges = edges or [("input", last), (last, "output")]
    return nir.NIRGraph(nodes, list(edges), type_check=False)


def read(tmp_path, made, convention="nir", dt=1e-4):
    nir.write(tmp_path / "made.nir", made)
    return from_nir(tmp_path / "made.nir", convention=convention, dt=dt)


def integrate(threshold=1.0, r=1e4, rest=0.0, shape=(3,)):
    return nir.IF(np.full(shape, r), np.full(shape, threshold), np.full(shape, rest))


def leaky(tau, r, leak=0.0, threshold=1.0, rest=0.0):
    return nir.LIF(*(np.full(3, value) for value in (tau, r, leak, threshold, rest)))


def current_based(tau_syn, tau_mem, r, w_in):
    fields = (tau_syn, tau_mem, r, 0.0, 1.0, 0.0)
    return nir.CubaLIF(*(np.full(3, value) for value in fields), w_in=np.full(3, w_in))


MEANT = {
    "IF": (integrate(), "nir", IF(strict=True, reset="zero")),
    "a gain in the threshold": (integrate(2.0, r=2.5e3), "nir", IF(8.0, strict=True, reset="zero")),
    "v_reset": (integrate(1, rest=-0.5), "nir", IF(1.5, initial=0.5, strict=True, reset="zero")),
    "v_reset where it rests there": (integrate(1, rest=-0.5), "spikingjelly", IF(1.5, reset="zero")),
    "IF of sinabs": (integrate(2, 1), "sinabs", BurstLIF(2, leak=1, lower_bound=-2)),
    "LIF": (leaky(4e-4, 4), "nir", LIF(leak=0.75, strict=True, reset="zero")),
    "LIF of snntorch": (leaky(4e-4, 1), "snntorch", LIF(4.0, leak=0.75, strict=True, reset="zero")),
    "LIF of spikingjelly": (leaky(4e-4, 1), "spikingjelly", LIF(4.0, leak=0.75, reset="zero")),
    "LIF of sinabs": (
        leaky(4.0, 1),
        "sinabs",
        BurstLIF(1, leak=float(np.exp(-1 / 4.0))),
    ),
    "CubaLIF": (current_based(1e-4, 4e-4, 4, 1), "nir", LIF(leak=0.75, strict=True, reset="zero")),
    "threshold": (nir.Threshold(np.full(3, 2.0)), None, LIF(2.0, leak=0, strict=True, reset="zero")),
    "integrator": (nir.I(np.full(3, 1e4)), "nir", Accumulate()),
}


@pytest.mark.parametrize("case", MEANT)
def test_neurons_are_what_the_convention_says(case, tmp_path):
    node, convention, neuron = MEANT[case]
    network = read(tmp_path, graph({"x": node}), convention)
    assert network["x"].neuron == neuron
    assert network.projections == (Projection("input", "x", (Identity(),)),)


def test_every_neuron_keeps_its_own_numbers(tmp_path):
    node = nir.IF(np.array([1e4, 5e3, 1e4]), np.array([1.0, 2, 3]), np.zeros(3))
    assert read(tmp_path, graph({"x": node}))["x"].neuron.threshold.tolist() == [1, 4, 3]
    scalar = nir.LIF(*map(np.array, (2e-4, 2.0, 0.0, 1.0, 0.0)))
    nir.write(tmp_path / "one.nir", graph({"x": scalar}), compression=None)
    expected = LIF(leak=0.5, strict=True, reset="zero")
    assert from_nir(tmp_path / "one.nir", convention="nir")["x"].neuron == expected


def test_a_leak_towards_elsewhere_is_a_bias(tmp_path):
    network = read(tmp_path, graph({"x": leaky(2e-4, 2, leak=0.5)}))
    assert network.projections[0].bias.tolist() == [0.25] * 3


def test_gains_of_integrators_are_factors(tmp_path):
    network = read(tmp_path, graph({"x": nir.I(np.full(3, 2e4))}))
    assert network.projections[0].ops == (Identity(), Scale(2.0))


def test_factors_and_gains_may_differ_within_a_channel(tmp_path):
    """A bias on the way, one a channel, becomes one a neuron behind gains that are."""
    shape, factors = (3, 2, 2), np.arange(1.0, 13).reshape(3, 2, 2)
    conv = nir.Conv2d((2, 2), np.ones((3, 3, 1, 1)), 1, 0, 1, 1, np.array([1.0, 2, 3]))
    nodes = {"s": nir.Scale(factors), "c": conv, "x": nir.I(factors * 1e4)}
    made = graph(nodes, *itertools.pairwise(["input", *nodes, "output"]), size=shape)
    made.nodes["output"] = nir.Output({"output": np.array(shape)})
    network = read(tmp_path, made)
    (projection,) = network.into("x")
    assert projection.ops == (Scale(factors), Conv(conv.weight), Scale(factors))
    np.testing.assert_array_equal(projection.bias, np.array([1.0, 2, 3])[:, None, None] * factors)


def test_edges_add_up_branch_and_carry_biases_on(tmp_path):
    nodes = {
        "a": nir.Affine(np.eye(3) * 2, np.array([1.0, 2, 3])),
        "b": nir.Linear(np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]])),
        "x": integrate(),
        "y": integrate(),
    }
    edges = [("input", "a"), ("a", "b"), ("input", "b"), ("b", "x"), ("x", "y"), ("a", "y"), ("y", "output")]
    network = read(tmp_path, graph(nodes, *edges))
    two, swap = Linear(np.eye(3) * 2), Linear(nodes["b"].weight)
    assert network.projections == (
        Projection("input", "x", (two, swap), np.array([2.0, 1, 3])),
        Projection("input", "x", (swap,)),
        Projection("x", "y", (Identity(),)),
        Projection("input", "y", (two,), np.array([1.0, 2, 3])),
    )


def test_pools_flattening_and_groups(tmp_path):
    nodes = {
        "pool": nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        "x": integrate(shape=(2, 2, 2)),
        "mean": nir.AvgPool2d(np.array([2, 2]), np.array([1, 1]), np.array([0, 0])),
        "flat": nir.Flatten({"input": np.array([2, 1, 1])}, 0, -1),
        "full": nir.Linear(np.ones((3, 2))),
        "y": integrate(),
    }
    names = ["input", *nodes, "output"]
    network = read(tmp_path, graph(nodes, *itertools.pairwise(names), size=(2, 4, 4)))
    assert network["x"].shape == (2, 2, 2)
    assert network.into("y")[0].ops == (AvgPool(2, 1), Linear(np.ones((3, 2))))
    pixels = np.random.default_rng(0).integers(0, 4, (2, 2, 4, 4)) / 4
    with Simulation(network, Reference(), 1, record={"x": "spikes"}) as simulation:
        spikes = simulation.run(pixels).dense("x")[:, 0]
    np.testing.assert_array_equal(spikes, pixels.reshape(2, 2, 2, 2, 2, 2).sum(axis=(3, 5)) > 1)


def test_graphs_within_graphs_are_dissolved(tmp_path):
    inner = graph({"x": integrate()})
    nodes = {"block": inner, "y": integrate()}
    edges = [("input", "block"), ("block", "y"), ("y", "output")]
    network = read(tmp_path, graph(nodes, *edges))
    assert [layer.name for layer in network.layers] == ["input", "block.x", "y"]
    assert network.latency == {"input": 0, "block.x": 1, "y": 2}


def test_delays_are_whole_steps_and_may_close_cycles(tmp_path):
    nodes = {"x": integrate(), "late": nir.Delay(np.full(3, 2e-4)), "w": nir.Linear(np.eye(3))}
    edges = [("input", "x"), ("x", "late"), ("late", "w"), ("w", "x"), ("x", "output")]
    with pytest.raises(Unsupported, match="it reads 'x', which others read too"):
        read(tmp_path, graph(nodes, *edges))
    nodes["y"] = integrate()
    edges[-1:] = [("x", "y"), ("y", "output")]
    network = read(tmp_path, graph(nodes, *edges))
    assert network.into("x")[1] == Projection("x", "x", (Linear(np.eye(3)),), delay=2)


WHERE = "made.nir: node"
UNSAID = {
    "unknown": ({"x": nir.LI(*(np.ones(3),) * 3)}, "'x' (LI): kind 'LI' is not one of Affine, "),
    "memory of currents": (
        {"x": current_based(5e-4, 4e-4, 4, 5)},
        "'x' (CubaLIF): its current is remembered for 0.0005 s, and no neuron here remembers one longer than "
        "a step of 0.0001 s",
    ),
    "short": (
        {"x": leaky(1e-5, 4)},
        "'x' (LIF): a time constant of 1e-05 s is shorter than a step of 0.0001 s",
    ),
    "sign": ({"x": integrate(r=-1.0)}, "'x' (IF): r makes -0.0001 of an input of 1: neurons here take"),
    "output of currents": (
        {"x": nir.Linear(np.eye(3))},
        "'output' (Output): it reads currents: a network ends",
    ),
    "delays": (
        {"d": nir.Delay(np.array([1e-4, 1e-4, 2e-4])), "x": integrate()},
        "'d' (Delay): its delays differ",
    ),
    "fraction": (
        {"d": nir.Delay(np.full(3, 1.5e-4)), "x": integrate()},
        "'x' (IF): a delay of 0.00015 s on the way to it is no whole number of steps of 0.0001 s",
    ),
}


@pytest.mark.parametrize("case", UNSAID)
def test_nodes_without_an_exact_form_are_refused_by_name(case, tmp_path):
    nodes, message = UNSAID[case]
    names = ["input", *nodes, "output"]
    with pytest.raises(Unsupported) as caught:
        read(tmp_path, graph(nodes, *itertools.pairwise(names)))
    assert f"{WHERE} {message}" in str(caught.value)


def test_readers_of_libraries_are_followed_in_what_they_refuse(tmp_path):
    for node, convention, word in (
        (integrate(), "snntorch", "snntorch's own reader knows it as a neuron with a leak of 0.9"),
        (integrate(r=1), "spikingjelly", "r is 1: spikingjelly takes 10000 only"),
        (leaky(4e-4, 2), "spikingjelly", "r is 2: spikingjelly takes 4 only"),
        (integrate(), "sinabs", "r is 10000: sinabs takes 1 only"),
        (leaky(4e-4, 4, leak=1), "snntorch", "v_leak is 1: snntorch takes 0 only"),
        (current_based(1e-4, 4e-4, 4, 1), "sinabs", "sinabs' own reader knows it not"),
    ):
        with pytest.raises(Unsupported) as caught:
            read(tmp_path, graph({"x": node}), convention)
        assert word in str(caught.value)


def test_recurrent_edges_without_a_delay_are_refused(tmp_path):
    nodes = {"x": integrate(), "w": nir.Linear(np.eye(3)), "y": integrate()}
    edges = [("input", "x"), ("x", "w"), ("w", "x"), ("x", "y"), ("y", "output")]
    with pytest.raises(
        Unsupported, match=r"layers 'x', 'y' lie on a cycle|layers 'x'.* cycle with too little"
    ):
        read(tmp_path, graph(nodes, *edges))
    nodes["z"] = nir.Linear(np.eye(3))
    edges = [*edges, ("w", "z"), ("z", "w")]
    with pytest.raises(Unsupported, match="cycle without neurons of known shape"):
        read(tmp_path, graph(nodes, *edges))


def test_arguments_are_checked(tmp_path):
    nir.write(tmp_path / "a.nir", graph({"x": integrate()}))
    with pytest.raises(
        InputError, match=r"a.nir: node 'x' \(IF\): the file leaves open what a time step does"
    ):
        from_nir(tmp_path / "a.nir")
    with pytest.raises(InputError, match="convention is 'norse': give one of 'nir', 'sinabs'"):
        from_nir(tmp_path / "a.nir", convention="norse")
    with pytest.raises(InputError, match="dt is 0: give a positive time"):
        from_nir(tmp_path / "a.nir", convention="nir", dt=0)
    with pytest.raises(InputError) as caught:
        from_nir(3)
    assert str(caught.value) == "from_nir: path is 3: give the name of a file"


def test_a_reset_in_the_metadata_is_followed(tmp_path):
    node = integrate()
    node.metadata["reset"] = "subtract"
    assert read(tmp_path, graph({"x": node}))["x"].neuron == IF(strict=True)
    node.metadata["reset"] = "halve"
    with pytest.raises(FileError, match=r"IF\.reset is 'halve': it must be one of"):
        read(tmp_path, graph({"x": node}))
