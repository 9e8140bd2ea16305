"""Explicit synapses: what a chain of ops unrolls to, and the same spikes and potentials as the kernels."""

import math
from collections.abc import Iterator
from pathlib import Path

import nets
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from op_cases import KINDS, cases, dyadic, real

from neurosim.build.connections import connections
from neurosim.connectivity.plan import channels_last
from neurosim.devices import CppStandalone, Device, Reference, Runtime
from neurosim.errors import BudgetExceeded, InputError, Unsupported
from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.neurons import BMIF, IF, LIF, Accumulate, Input
from neurosim.ops import AvgPool, Conv, Identity, Linear, MaxPool, Scale, synapses
from neurosim.recording import Potential, Recording
from neurosim.reference import project
from neurosim.simulation import Simulation, budget, engines

STEPS = 6
CPP = CppStandalone()

# ---- unrolling


def dense(ops, shape):
    """Return the matrix (targets, sources) of a chain, channels last, by pushing unit vectors through it."""
    size, end = math.prod(shape), shape
    for op in ops:
        end = op.output_shape(end)
    units = np.moveaxis(np.eye(size).reshape(size, *shape[1:], shape[0]), -1, 1)
    out = np.zeros((size, *end))
    project(ops, units, out)
    return channels_last(out, len(end)).T


def assert_unrolled(ops, shape):
    """The synapses are those of the dense matrix, each once; return how many."""
    found, expected = connections(ops, shape), dense(ops, shape)
    matrix = np.zeros_like(expected)
    np.add.at(matrix, (found.target, found.source), found.weight)
    np.testing.assert_array_equal(matrix, expected)
    assert len(found.weight) == np.count_nonzero(expected)
    return len(found.weight)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"MaxPool"}))
@given(data=st.data())
def test_an_op_unrolls_to_its_own_sums(kind, data):
    op, x = data.draw(cases(kind, real))
    assert assert_unrolled([op], x.shape[1:]) == synapses([op], x.shape[1:])


def convolution(random, shape):
    weight = dyadic(random, (random.integers(1, 4), shape[0], *random.integers(1, 4, len(shape) - 1)))
    return Conv(weight, int(random.integers(1, 3)), 2, int(random.integers(1, 2)))


def depthwise(random, shape):
    weight = dyadic(random, (2 * shape[0], 1, *(3,) * (len(shape) - 1)))
    return Conv(weight, 1, tuple((2, int(random.integers(3))) for _ in shape[1:]), groups=shape[0])


def pool(random, shape):
    """Windows of 1 to 2 sources an axis, so that every division is exact."""
    return AvgPool(2, int(random.integers(1, 3)), 1, bool(random.integers(2)), bool(random.integers(2)))


LINKS = {
    "conv": convolution,
    "depthwise": depthwise,
    "pool": pool,
    "identity": lambda random, shape: Identity(int(random.integers(1, 3)), (int(random.integers(3)), 1)),
    "scale": lambda random, shape: Scale(dyadic(random, [(), shape[:1]][random.integers(2)])),
}


@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.sampled_from(sorted(LINKS)), min_size=2, max_size=3),
    st.lists(st.integers(2, 4), min_size=1, max_size=3),
    st.booleans(),
)
def test_a_chain_unrolls_to_its_own_sums(seed, links, space, flat):
    random, ops = np.random.default_rng(seed), []
    start = shape = (2, *space)
    for link in links:
        ops.append(LINKS[link](random, shape))
        shape = ops[-1].output_shape(shape)
    if flat:
        ops.append(Linear(dyadic(random, (3, math.prod(shape)))))
    assert assert_unrolled(ops, start) <= synapses(ops, start)


def test_what_is_no_sum_is_refused():
    with pytest.raises(Unsupported) as caught:
        connections([MaxPool(2)], (2, 4))
    message = "MaxPool is no sum of weighted spikes, which is all that synapses do: use connectivity="
    assert str(caught.value) == message + '"kernel"'


# ---- the same spikes and potentials


def run(network: Network, device: Device, images: np.ndarray, connectivity: str, **options) -> Recording:
    record = {layer.name: ("spikes", Potential()) for layer in network.neurons}
    with Simulation(
        network, device, STEPS, record=record, connectivity=connectivity, **options
    ) as simulation:
        return simulation.run(images, progress=False)


def assert_equal(found: Recording, expected: Recording) -> None:
    """Every spike and every potential is equal, and there are spikes to compare."""
    for layer in expected.layers:
        assert found.spikes(layer) == expected.spikes(layer), layer
        np.testing.assert_array_equal(found.potential(layer), expected.potential(layer), layer)
        assert len(expected.spikes(layer)) > 0 or layer == "out"


@pytest.mark.parametrize(
    ("kind", "precision"), [("if", "double"), ("lif", "double"), ("bmif", "double"), ("mixed", "single")]
)
def test_residual_nets_at_run_time(kind: str, precision: str) -> None:
    network, images = nets.residual(kind), nets.images(3)
    found = run(network, Runtime(), images, "synapses", precision=precision)
    assert_equal(found, run(network, Runtime(), images, "kernel", precision=precision))
    assert found.provenance["connectivity"] == "synapses"


def compact(seed: int = 0) -> Network:
    """Return IF, LIF and BM-IF with a pool in a chain, a skip, a recurrence, and delays of 1 and 2."""
    w = nets.Weights(seed, True)
    layers = [
        Layer("in", nets.PIXELS, Input()),
        Layer("a", (4, 8, 8), IF(0.75)),
        Layer("b", (6, 4, 4), LIF(0.875, leak=0.875)),
        Layer("c", (6, 4, 4), BMIF(0.5, strength=3)),
        Layer("out", (5,), Accumulate()),
    ]
    projections = [
        Projection("in", "a", Conv(w.weight(4, 3, 3, 3), padding=1)),
        Projection("a", "b", (AvgPool(2), Conv(w.weight(6, 4, 3, 3), padding=1)), w.bias(6)),
        Projection("b", "c", Conv(w.weight(6, 3, 3, 3), padding=1, groups=2)),
        Projection("a", "c", Conv(w.weight(6, 4, 2, 2), stride=2), delay=2),
        Projection("c", "c", Scale(w.settle([0.2, -0.3, 0.1, 0.4, -0.2, 0.3])), delay=1),
        Projection("c", "out", Linear(w.weight(5, 96))),
    ]
    return Network(layers, projections)


@pytest.fixture(scope="module")
def compiled() -> Iterator[Simulation]:
    """The compact net with explicit synapses, compiled once."""
    record = {name: ("spikes", Potential()) for name in ("a", "b", "c", "out")}
    with Simulation(compact(), CPP, STEPS, record=record, connectivity="synapses") as simulation:
        yield simulation


def test_compiled_synapses(compiled: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
    images = nets.images(3)
    whole = compiled.run(images, progress=False)
    for device in (Runtime(), CPP):
        assert_equal(whole, run(compact(), device, images, "kernel"))
    monkeypatch.setattr(budget, "CHUNK_BYTES", 1)
    monkeypatch.setattr("os.sched_getaffinity", lambda process: range(2))
    assert_equal(compiled.run(images, jobs=2, progress=False), whole)


def test_neurons_may_change_and_weights_may_not(compiled: Simulation) -> None:
    images, other = nets.images(2), compact().replace("b", LIF(1.25, leak=0.75))
    found = compiled.run(images, network=other, progress=False)
    assert_equal(found, run(other, Runtime(), images, "kernel"))
    with pytest.raises(InputError) as caught:
        compiled.run(images, network=compact(seed=1), progress=False)
    assert str(caught.value) == (
        "Simulation.run: network has other weights than the explicit synapses that were built: "
        "make a Simulation of it"
    )


def line(delay: int, weight: float = 1.0) -> Network:
    """Return a pixel, a neuron that speaks at every step, and one that needs two of its spikes."""
    layers = [Layer("in", (1,), Input()), Layer("a", (1,), IF()), Layer("b", (1,), IF(threshold=2.0))]
    ends = [Projection("in", "a", Linear([[1.0]])), Projection("a", "b", Linear([[weight]]), delay=delay)]
    return Network(layers, ends)


@pytest.mark.parametrize(
    ("delay", "steps"),
    [(0, [1, 3, 5, 1, 3, 5]), (1, [2, 4, 2, 4]), (2, [3, 5, 3, 5]), (4, [5, 5]), (5, []), (9, [])],
)
def test_no_spike_crosses_into_the_next_image(delay: int, steps: list[int]) -> None:
    found = run(line(delay), Runtime(), np.ones((2, 1)), "synapses")
    assert found.spikes("b").step.tolist() == steps


def test_a_projection_without_synapses() -> None:
    found = run(line(0, weight=0.0), Runtime(), np.ones((1, 1)), "synapses")
    assert found.totals("a").tolist() == [STEPS]
    assert found.totals("b").tolist() == [0]


def test_the_order_within_a_step() -> None:
    """A charge reads what arrived after the thresholds of the step before; no tie is left to names."""
    from neurosim import devices
    from neurosim.build.groups import make_model
    from neurosim.connectivity.session import session_functions

    network = compact()
    with devices.runtime("double"):
        import brian2

        functions = session_functions("double")
        model = make_model(network, 1e-3, functions, explicit=network.projections[1:])
        model.network.run(0 * brian2.second, namespace={})
        entries = [e for e in model.network.scheduling_summary().entries if e.type != "StateUpdater"]
    kinds = ["window", "charge", "thresholder", "pre", "resetter", "watch"]
    ranks = [kinds.index(entry.name.rpartition("_")[2]) for entry in entries if "_" in entry.name]
    assert ranks == sorted(ranks)
    assert ranks.count(kinds.index("pre")) == 5
    assert len({(entry.when, entry.order) for entry in entries}) == len(entries)


# ---- refusals


@pytest.mark.parametrize(
    ("device", "connectivity", "message"),
    [
        (Runtime(), "dense", "connectivity is 'dense': it must be 'kernel' or 'synapses'"),
        (Runtime(), None, "connectivity is None: it must be 'kernel' or 'synapses'"),
        (
            Reference(),
            "synapses",
            "Reference runs without Brian2, so it has no synapses: use another device",
        ),
    ],
)
def test_settings_out_of_bounds_are_refused(device: Device, connectivity: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        Simulation(line(0), device, STEPS, connectivity=connectivity)
    assert str(caught.value) == f"Simulation: {message}"


def test_a_net_beyond_the_machine_is_refused_before_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sysconf", {"SC_PAGE_SIZE": 1, "SC_PHYS_PAGES": 10**9}.get)
    monkeypatch.setattr("neurosim.simulation.simulation.open_engine", lambda *arguments: 1 / 0)
    shape = (64, 100, 100)
    layers = [Layer("in", (1, 100, 100), Input()), Layer("a", shape, IF()), Layer("out", shape, IF())]
    first, second = np.ones((64, 1, 1, 1)), np.ones((64, 64, 2, 2))
    projections = [
        Projection("in", "a", Conv(first)),
        Projection("a", "out", Conv(second, padding=((1, 0), (1, 0)))),
    ]
    with pytest.raises(BudgetExceeded) as caught:
        Simulation(Network(layers, projections), Runtime(), STEPS, connectivity="synapses")
    assert str(caught.value) == (  # 64 * 64 * 199 * 199 synapses
        "Simulation: 162,205,696 explicit synapses need about 11 GB of memory and 1 GB are there: "
        'use connectivity="kernel", which keeps the kernels alone'
    )


def test_the_estimate_counts_synapses() -> None:
    needs = []
    for connectivity in ("kernel", "synapses"):
        with Simulation(compact(), Runtime(), STEPS, connectivity=connectivity) as simulation:
            needs.append(simulation.estimate(3).memory)
    explicit = [row["synapses"] for row in compact().table() if row["layer"] not in ("in", "a")]
    assert needs[1] - needs[0] == budget.SYNAPSE_BYTES * sum(explicit)


def test_a_run_is_resumed_with_the_same_connectivity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "CHUNK_BYTES", 1)
    inner, done = engines.RuntimeEngine.run, []

    def fail_second(
        engine: engines.RuntimeEngine, frames: np.ndarray, first_image: int, report: engines.Report
    ) -> object:
        done.append(len(frames))
        if len(done) == 2:
            raise KeyboardInterrupt
        return inner(engine, frames, first_image, report)

    monkeypatch.setattr(engines.RuntimeEngine, "run", fail_second)
    options = {"output": tmp_path / "run.h5", "progress": False}
    with Simulation(line(0), Runtime(), STEPS) as simulation, pytest.raises(KeyboardInterrupt):
        simulation.run(np.ones((2, 1)), **options)
    with (
        Simulation(line(0), Runtime(), STEPS, connectivity="synapses") as other,
        pytest.raises(InputError, match="holds a run with other images, values or settings"),
    ):
        other.run(np.ones((2, 1)), resume=True, **options)
