"""Gates: truth tables, graded sums, what is binary, and what may not be combined."""

import numpy as np
import pytest

from neurosim.errors import InputError
from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.neurons import BMIF, IF, Gate, Input, Relay, Ternary
from neurosim.ops import AvgPool, Identity, Linear, MaxPool, Reshape, Scale
from neurosim.reference import simulate

SIGNED = BMIF(1.0, initial=0.0, gate=False)
"""Says the whole numbers it receives, of either sign."""

TRUTH = {"or": [0, 1, 1, 1], "and": [0, 0, 0, 1], "iand": [0, 0, 1, 0], "add": [0, 1, 1, 2]}


def gated(rule, shortcut, branch, neuron, delay=0):
    """Return strengths and potentials (steps, neurons) of gates that combine two trains of that shape."""
    (steps, size), pick = np.shape(shortcut), np.eye(2 * np.shape(shortcut)[1])
    layers = [Layer("in", (2 * size,), Input())]
    layers += [Layer(name, (size,), neuron) for name in "ab"] + [Layer("g", (size,), Gate(rule))]
    network = Network(
        layers,
        [
            Projection("in", "a", Linear(pick[:size])),
            Projection("in", "b", Linear(pick[size:])),
            Projection("a", "g", Identity()),
            Projection("b", "g", Scale(-1) if rule == "iand" else Identity(), delay=delay),
        ],
    )
    frames = np.concatenate([shortcut, branch], axis=1)[None].astype(float)
    made = list(simulate(network, frames, steps))
    assert np.array_equal([step["a"].strength[0] for step in made], shortcut)
    return tuple(np.array([getattr(s["g"], part)[0] for s in made]) for part in ("strength", "potential"))


@pytest.mark.parametrize("rule", TRUTH)
def test_a_gate_is_its_truth_table_at_every_step(rule):
    a, b = np.array([[0, 0, 1, 1]] * 3), np.array([[0, 1, 0, 1]] * 3)
    strength, potential = gated(rule, a, b, IF(reset="zero"))
    assert strength.tolist() == [TRUTH[rule]] * 3
    arrived = a - b if rule == "iand" else a + b
    assert (potential + strength).tolist() == arrived.tolist()


@pytest.mark.parametrize("rule", ["or", "and"])
def test_either_is_a_selection_by_one_of_its_inputs(rule):
    """y = g a + (1 - g) b, with g = 1 - b (or) and g = b (and)."""
    a, b = np.random.default_rng(0).integers(0, 2, (2, 6, 50))
    g = 1 - b if rule == "or" else b
    assert gated(rule, a, b, IF(reset="zero"))[0].tolist() == (g * a + (1 - g) * b).tolist()


def test_add_takes_any_whole_numbers():
    a, b = np.random.default_rng(0).integers(-9, 10, (2, 6, 50))
    strength, potential = gated("add", a, b, SIGNED)
    assert strength.tolist() == (a + b).tolist()
    assert not potential.any()


def test_a_delay_combines_spikes_of_different_steps():
    a, b = np.array([[0], [1], [0], [1]]), np.array([[1], [1], [0], [0]])
    assert gated("and", a, b, IF(reset="zero"), delay=2)[0].ravel().tolist() == [0, 0, 0, 1]


# ---- residual blocks

BLOCK = [
    Layer("in", (1, 4, 4), Input()),
    Layer("a", (1, 4, 4), IF()),
    Layer("pooled", (1, 2, 2), Relay()),
    Layer("b", (1, 2, 2), IF()),
    Layer("signed", (1, 2, 2), Ternary()),
    Layer("g", (2, 2, 2), Gate()),
    Layer("h", (8,), Gate("add")),
]
POOLED = Projection("a", "pooled", MaxPool(2))
WIDER = Identity(pad_channels=(0, 1))
INTO = [
    Projection("in", "a", Identity()),
    POOLED,
    Projection("pooled", "b", Identity()),
    Projection("b", "signed", Identity()),
    Projection("pooled", "g", WIDER),
    Projection("b", "g", WIDER),
    Projection("g", "h", Reshape((8,))),
    Projection("g", "h", Reshape((8,)), delay=1),
]


def replaced(*projections, rule="or"):
    """The block with other projections into its first gate."""
    kept = [projection for projection in INTO if projection.target != "g"]
    layers = [Layer("g", (2, 2, 2), Gate(rule)) if layer.name == "g" else layer for layer in BLOCK]
    return Network(layers, [*kept, *(Projection(*p) for p in projections)])


def test_maxima_of_binary_spikes_are_binary():
    network = Network(BLOCK, INTO)
    assert network.latency["g"] == network.latency["b"] + 1
    assert network.replace("g", Gate("and"))["g"].neuron == Gate("and")


def test_a_gate_is_saved_with_its_network(tmp_path):
    network = replaced(("pooled", "g", WIDER), ("b", "g", (WIDER, Scale(-1))), rule="iand")
    network.save(tmp_path / "net")
    assert Network.load(tmp_path / "net") == network


HALVED = (WIDER, Scale([1, 0.5]))
REFUSALS = {
    "one": ([("b", "g", WIDER)], "or", "layer 'g': Gate('or') combines 1 projections: give it two"),
    "three": ([("b", "g", WIDER)] * 3, "add", "layer 'g': Gate('add') combines 3 projections: give it two"),
    "pixels": (
        [("b", "g", WIDER), ("in", "g", (WIDER, Identity(2)))],
        "or",
        "projection 'in' -> 'g': Gate('or') reads the input 'in', whose pixels are no spikes: put a layer of "
        "neurons between",
    ),
    "another op": (
        [("b", "g", WIDER), ("a", "g", (AvgPool(2), WIDER))],
        "or",
        "projection 'a' -> 'g': AvgPool ends in Gate neurons, which take spikes as they are: give "
        "Identity(), and a layer of neurons before it",
    ),
    "a bias": (
        [("b", "g", WIDER), ("b", "g", WIDER, [0, 1])],
        "or",
        "projection 'b' -> 'g': bias is np.array([0.0, 1.0]): a gate takes none, leave it out",
    ),
    "graded": (
        [("b", "g", WIDER), ("signed", "g", WIDER)],
        "and",
        "projection 'signed' -> 'g': Ternary neurons may say more than 0 and 1, and Gate('and') takes "
        "nothing else: give Gate('add'), or neurons with binary spikes",
    ),
    "scaled": (
        [("b", "g", WIDER), ("b", "g", (WIDER, Scale(0.5)))],
        "or",
        "layer 'g': Gate('or') receives its spikes times [1.0, 0.5]: leave Scale out",
    ),
    "scaled channels": (
        [("b", "g", WIDER), ("b", "g", HALVED)],
        "add",
        "layer 'g': Gate('add') receives its spikes times [1.0, nan]: leave Scale out",
    ),
    "nobody forbids": (
        [("b", "g", WIDER), ("pooled", "g", WIDER)],
        "iand",
        "layer 'g': Gate('iand') receives its spikes times [1.0, 1.0]: give the one that forbids Scale(-1)",
    ),
}


@pytest.mark.parametrize(("projections", "rule", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(projections, rule, message):
    with pytest.raises(InputError) as caught:
        replaced(*projections, rule=rule)
    assert str(caught.value) == message
