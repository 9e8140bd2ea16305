"""Operations and energies: small nets by hand, large ones against explicit synapses counted one by one."""

import functools

import numpy as np
import pytest
from nets import images, residual
from op_cases import applied

from neurosim import (
    BMIF,
    IF,
    Accumulate,
    AvgPool,
    Conv,
    Direct,
    Events,
    Identity,
    Input,
    Layer,
    Linear,
    MaxPool,
    Network,
    Poisson,
    Projection,
    Recording,
    Reference,
    Relay,
    Scale,
    Simulation,
    energy,
)
from neurosim.energy import FLOAT32, INT32, EnergyTable
from neurosim.errors import InputError, NotRecorded
from neurosim.ops import fan_out, synapses

STEPS = 6


def run(network, inputs, record="spikes", steps=STEPS):
    with Simulation(network, Reference(), steps, record=record) as simulation:
        return simulation.run(inputs, progress=False)


def by_name(layers):
    return {layer.layer: layer for layer in layers}


def small(neuron=None, **projection):
    """Three inputs, two neurons, one output; the first neuron hears all, the second the last input."""
    layers = [
        Layer("in", (3,), Input()),
        Layer("hidden", (2,), neuron or IF(1.0)),
        Layer("out", (4,), Accumulate()),
    ]
    hidden = Projection("in", "hidden", Linear([[1.0, 1, 1], [0, 0, 1]]))
    return Network(layers, [hidden, Projection("hidden", "out", Linear(np.ones((4, 2))), **projection)])


# ---- by hand


def test_a_small_net_by_hand():
    """Images (1, 0, 0) and (0, 0, 1), 6 steps: 6 and 0 spikes, then 6 and 6."""
    found = by_name(energy.operations(small(), run(small(), np.array([[1.0, 0, 0], [0, 0, 1]]))))
    hidden, out = found["hidden"], found["out"]
    assert (hidden.neurons, hidden.updates, hidden.spikes) == (2, 12, 9.0)
    assert (hidden.direct_macs, hidden.direct_additions, hidden.synaptic_operations) == (6, 0, 0.0)
    assert (out.updates, out.spikes, out.direct_macs) == (24, 0.0, 0)
    assert out.synaptic_operations == out.accumulations == 9 * 4
    assert out.multiplications == 0
    assert out.approximate == 9 / 2 * 8
    assert [(layer.macs, layer.additions, layer.nominal) for layer in (hidden, out)] == [(6, 0, 6), (8, 0, 8)]


def test_its_energies_by_hand():
    recording = run(small(), np.array([[1.0, 0, 0], [0, 0, 1]]))
    found = energy.estimate(small(), recording)
    assert found.table == FLOAT32
    assert found.snn() == pytest.approx(6 * 4.6 + 36 * 0.9)
    assert found.snn("every step") == pytest.approx(6 * 6 * 4.6 + 36 * 0.9)
    assert found.snn(graded="accumulate") == pytest.approx(found.snn())
    assert found.approximate() == pytest.approx(6 * 4.6 + 36 * 0.9)
    assert found.ann == pytest.approx(14 * 4.6)
    integers = energy.estimate(small(), recording, INT32)
    assert integers.snn() == pytest.approx(6 * 3.2 + 36 * 0.1)
    assert integers.ann == pytest.approx(14 * 3.2)
    chip = EnergyTable("a chip", multiply=0, add=23.6, update=81, spike=1.7)
    priced = energy.estimate(small(), recording, chip)
    assert priced.snn() == pytest.approx(6 * 23.6 + 36 * 23.6 + (12 + 24) * 81 + 9 * 1.7)


def test_a_graded_spike_multiplies_or_adds_up():
    """Drive 2.5, initial 0.5, 2 steps: strengths 3 and 2 of neuron 0; none of neuron 1."""
    network = small(BMIF(1.0, strength=4))
    found = energy.estimate(network, run(network, np.array([[2.5, 0, 0]]), steps=2))
    out = by_name(found.layers)["out"]
    assert (out.synaptic_operations, out.multiplications, out.accumulations) == (8, 8, 20)
    assert out.approximate == 2 / 2 * 8
    assert found.snn() == pytest.approx(6 * 4.6 + 8 * 4.6)
    assert found.snn(graded="accumulate") == pytest.approx(6 * 4.6 + 20 * 0.9)


def test_a_signed_spike_of_one_needs_no_product():
    network = small(BMIF(1.0, strength=1))
    out = energy.operations(network, run(network, np.array([[1.0, 0, 0]])))[1]
    assert (out.multiplications, out.synaptic_operations) == (0, out.accumulations)


def convolving():
    """One channel of 4x4 into a padded 3x3 convolution of stride 1, a shortcut, pooling, all at once."""
    layers = [
        Layer("in", (1, 4, 4), Input()),
        Layer("conv", (1, 4, 4), IF(1.0)),
        Layer("pool", (1, 2, 2), Relay()),
        Layer("again", (1, 4, 4), IF(1.0)),
        Layer("out", (2,), Accumulate()),
    ]
    ones = np.ones((1, 1, 3, 3))
    return Network(
        layers,
        [
            Projection("in", "conv", Conv(ones, padding=1)),
            Projection("conv", "pool", MaxPool(2)),
            Projection("conv", "again", Conv(ones, padding=1)),
            Projection("conv", "again", Identity()),
            Projection("in", "again", Scale(0.5)),
            Projection("pool", "out", Linear(np.ones((2, 4)))),
            Projection("again", "out", (AvgPool(2), Linear(np.ones((2, 4))))),
        ],
    )


def test_borders_pooling_and_shortcuts_by_hand():
    """A spike everywhere at every step: corners reach 4 targets, edges 6, inner ones 9: 100, not 144."""
    network = convolving()
    found = by_name(energy.operations(network, run(network, np.ones((1, 1, 4, 4)), steps=1)))
    assert {name: layer.spikes for name, layer in found.items()} == {
        "conv": 16,
        "pool": 4,
        "again": 16,
        "out": 0,
    }
    assert (found["conv"].direct_macs, found["conv"].macs, found["conv"].nominal) == (100, 100, 144)
    assert (found["pool"].synaptic_operations, found["pool"].macs, found["pool"].updates) == (0, 0, 0)
    again = found["again"]
    assert (again.synaptic_operations, again.approximate) == (100 + 16, 144)
    assert (again.direct_macs, again.direct_additions) == (0, 16)
    assert (again.macs, again.additions, again.nominal) == (100, 16 + 16, 144)
    out = found["out"]
    assert out.synaptic_operations == 4 * 2 + 16 * 2  # every source of an average reaches both outputs
    assert (out.macs, out.additions, out.nominal) == (8 + 8, 16, 16)
    assert out.approximate == 1 * 8 + 1 * 8


# ---- against explicit synapses, one by one


def matrix(ops, shape):
    """Return the weights (targets, sources) of a chain, by pushing unit vectors through it."""
    pushed = functools.reduce(
        lambda x, op: applied(op, x), ops, np.eye(int(np.prod(shape))).reshape(-1, *shape)
    )
    return pushed.reshape(len(pushed), -1).T


@pytest.mark.parametrize("kind", ["if", "mixed"])
def test_a_network_of_everything_against_explicit_synapses(kind):
    network = residual(kind, dyadic=False)
    recording = run(network, images(3))
    found = by_name(energy.operations(network, recording))
    for layer in network.neurons:
        operations = additions = 0
        for projection in network.into(layer.name):
            if projection.source == "in" or projection.pools:
                continue
            synapse = matrix(projection.ops, network[projection.source].shape) != 0
            for strengths in recording.dense(projection.source).reshape(3 * STEPS, -1):
                for source in np.flatnonzero(strengths):
                    reached = np.count_nonzero(synapse[:, source])
                    operations += reached
                    additions += reached * abs(int(strengths[source]))
        ours = found[layer.name]
        assert ours.synaptic_operations == pytest.approx(operations / 3)
        assert ours.accumulations == pytest.approx(additions / 3)
        assert ours.spikes == recording.totals(layer.name).mean()
        products = ours.multiplications
        assert products == 0 if kind == "if" else 0 <= products <= ours.synaptic_operations
    assert found["d"].direct_macs == 0
    assert found["fc"].direct_macs == 12 * 12
    assert found["fc"].direct_additions == 3 * 8 * 8


def test_fan_out_is_a_column_of_the_matrix():
    network = residual("if", dyadic=False)
    for projection in network.projections:
        shape = network[projection.source].shape
        if not projection.pools:
            expected = np.count_nonzero(matrix(projection.ops, shape), axis=0).reshape(shape)
            np.testing.assert_array_equal(fan_out(projection.ops, shape), expected)
        assert fan_out(projection.ops, shape).sum() == synapses(projection.ops, shape)


# ---- stimuli that spike


def test_spikes_that_are_shown_are_synaptic_operations():
    network = small()
    stimulus = Events(image=[0, 0, 1], step=[0, 3, 5], neuron=[0, 2, 2], strength=[1, 1, 3], images=2)
    hidden = energy.operations(network, run(network, stimulus), stimulus)[0]
    assert (hidden.direct_macs, hidden.synaptic_operations, hidden.multiplications) == (0, 3, 3)
    assert hidden.accumulations == (2 + 2 + 3 * 2) / 2


def test_a_stimulus_is_counted_as_it_is_drawn():
    network, stimulus = small(), Poisson(np.full((3, 3), 0.5), seed=1)
    hidden = energy.operations(network, run(network, stimulus), stimulus)[0]
    shown = stimulus.frames(Input(), (3,), STEPS, slice(None))
    assert hidden.synaptic_operations == pytest.approx(2 * np.count_nonzero(shown) / 3)
    assert hidden.multiplications == 0


# ---- tables and rows


def test_widths_scale_as_horowitz_has_them():
    eight = INT32.scaled(8)
    assert eight.multiply == pytest.approx(3.1 / 16)
    assert eight.add == pytest.approx(0.1 / 4)
    assert (eight.multiply, eight.add) == pytest.approx((0.2, 0.03), rel=0.2)
    assert eight.name == "45 nm, int32, scaled to 8 bits"
    assert eight.scaled(32).mac == pytest.approx(INT32.mac)
    hyper = INT32.scaled(6, multiply=1.51, add=1.51)
    assert INT32.mac / hyper.mac == pytest.approx(560.6 / 44.8, rel=0.01)


def test_a_table_is_a_value():
    table = EnergyTable("mine", multiply=1.0, add=0.5, update=2)
    assert eval(repr(table)) == table
    assert (FLOAT32.mac, FLOAT32.add, INT32.mac, INT32.add) == pytest.approx((4.6, 0.9, 3.2, 0.1))


def test_rows_and_totals_say_the_same():
    network = small(BMIF(1.0, strength=4))
    found = energy.estimate(network, run(network, np.array([[2.5, 0, 0], [1, 1, 1]])))
    rows, totals = found.rows(), {row["network"]: row["pj"] for row in found.totals()}
    assert [row["layer"] for row in rows] == ["hidden", "out"]
    for input in ("once", "every step"):
        for graded in ("multiply", "accumulate"):
            keys = (f"direct_{input.replace(' ', '_')}_pj", f"synapses_{graded}_pj", "neurons_pj")
            summed = sum(row[key] for row in rows for key in keys)
            assert totals[f"spiking, input {input}, graded spikes {graded}"] == pytest.approx(summed)
            assert found.snn(input, graded) == pytest.approx(summed)
    assert totals["artificial"] == found.ann == sum(row["ann_pj"] for row in rows)
    assert found.totals()[-1]["ann_over_it"] == 1


# ---- refused


@pytest.fixture(scope="module")
def recording() -> Recording:
    return run(small(), np.array([[1.0, 0, 0], [0, 0, 1]]))


@pytest.fixture(scope="module")
def drawn() -> Recording:
    return run(small(), Poisson(np.full((2, 3), 0.5), seed=1))


REFUSED = {
    "energy: the recording is of layers hidden 2, out 4 and the network has conv 1x4x4, pool 1x2x2, again "
    "1x4x4, out 2; give the network that was run": lambda r, d: energy.operations(convolving(), r),
    "energy: the run was driven by Poisson spikes; give them as stimulus=": (
        lambda r, d: energy.estimate(small(), d)
    ),
    "energy: the stimulus has 3 images and the recording 2; give the one that was run": (
        lambda r, d: energy.operations(small(), d, Poisson(np.full((3, 3), 0.5), seed=1))
    ),
    "energy: input is 'twice'; give 'once' or 'every step'": (
        lambda r, d: energy.estimate(small(), r).snn("twice")
    ),
    "energy: graded is 'shift'; give 'multiply' or 'accumulate'": (
        lambda r, d: energy.estimate(small(), r).snn(graded="shift")
    ),
    "EnergyTable.add is -1.0: it must lie in [0, inf)": lambda r, d: EnergyTable("mine", 1, -1),
    "EnergyTable.name is 3: give a printable text": lambda r, d: EnergyTable(3, 1, 1),
}


@pytest.mark.parametrize("text", REFUSED)
def test_nonsense_is_refused_in_one_line(text, recording, drawn):
    with pytest.raises(InputError) as error:
        REFUSED[text](recording, drawn)
    assert str(error.value) == text


def test_a_direct_stimulus_may_be_given(recording):
    pixels = Direct(np.array([[1.0, 0, 0], [0, 0, 1]]))
    assert energy.operations(small(), recording, pixels) == energy.operations(small(), recording)


def test_counts_are_enough_unless_spikes_are_graded():
    pixels = np.array([[2.5, 0, 0]])
    binary, graded = small(), small(BMIF(1.0, strength=4))
    counted = energy.operations(binary, run(binary, pixels, record="counts"))
    assert counted == energy.operations(binary, run(binary, pixels))
    with pytest.raises(NotRecorded) as error:
        energy.operations(graded, run(graded, pixels, record="counts"))
    expected = "recording: spikes of layer 'hidden' were not kept; run with record={'hidden': 'spikes'}"
    assert str(error.value) == expected
    with pytest.raises(NotRecorded, match="events of layer 'hidden' were not kept"):
        energy.operations(binary, run(binary, pixels, record="totals"))
