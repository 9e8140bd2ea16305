"""The benchmarks run, and what they compare is the same: networks, spikes, synapses, operations."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from needed import peer

from neurosim import Conv, CppStandalone, Network, Reference, Simulation
from neurosim.ops import synapses

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
sys.path.append(str(BENCHMARKS))

from harness import cases, nets  # noqa: E402
from harness.activity import calibrated  # noqa: E402
from harness.dense import Graph, run_layers  # noqa: E402
from harness.explicit import unrolled  # noqa: E402
from harness.goals import GOALS, judged  # noqa: E402
from harness.graph import write_graph  # noqa: E402
from harness.instrument import instrumented  # noqa: E402
from harness.kernel import fan_out, operations  # noqa: E402
from harness.timing import interleaved  # noqa: E402

STEPS = 8
torch = peer("torch")


@pytest.fixture(scope="module")
def residual() -> tuple[Network, np.ndarray]:
    """A small residual network with thresholds for an activity, and pictures."""
    net = nets.Growing((3, 8, 8), seed=3)
    stem = net.add(("input", (net.conv("input", 64),)))
    pictures = nets.images(2, (3, 8, 8))
    return calibrated(nets.resnet(net, stem, (1, 1), ()), pictures, STEPS, 0.1), pictures


@pytest.mark.parametrize(
    "parts",
    [["kernels", "layers"], ["compiling", "scaling", "memory", "layer_statistics", "hyperspectral"]],
    ids=" ".join,
)
def test_parts_without_peers_run(parts, tmp_path):
    command = [sys.executable, BENCHMARKS / "run.py", "--quick", "--output", tmp_path, *parts]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {f"{p}.{s}" for p in parts for s in ("csv", "json")}
    assert "goal" in done.stdout
    assert not [line for line in done.stdout.splitlines() if "differ" in line and line.endswith(" no")]


def test_unknown_parts_are_refused():
    command = [sys.executable, BENCHMARKS / "run.py", "speed"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "no such part: speed; give some of kernels, layers" in done.stderr


def test_torch_follows_the_same_network(residual, tmp_path):
    network, pictures = residual
    write_graph(tmp_path / "net.npz", network, pictures, STEPS)
    graph = Graph.load(tmp_path / "net.npz")

    def fire(name: str, current: "torch.Tensor") -> "torch.Tensor":
        theta, v, said = network[name].neuron.threshold, torch.zeros_like(current[0]), []
        for drive in current:
            v = v + drive
            said.append((v >= theta).float())
            v = v - theta * said[-1]
        return torch.stack(said)

    counts = {name: spikes.sum(0).numpy() for name, spikes in run_layers(graph, graph.images, 0, fire)}
    with Simulation(network, Reference(), STEPS, precision="single", record="counts") as simulation:
        recording = simulation.run(pictures, progress=False)
    for layer in recording.layers:
        np.testing.assert_array_equal(recording.counts(layer), counts[layer])


def test_thresholds_reach_the_activity(residual):
    network, pictures = residual
    with Simulation(network, Reference(), STEPS) as simulation:
        recording = simulation.run(pictures, progress=False)
    for layer in network.neurons[:-1]:
        activity = recording.totals(layer.name).sum() / (layer.size * STEPS * len(pictures))
        assert activity == pytest.approx(0.1, abs=0.02), layer.name


def test_operations_are_spikes_times_synapses(residual):
    network, pictures = residual
    for projection in network.projections:
        expected = synapses(projection.ops, network[projection.source].shape)
        assert fan_out(network, projection).sum() == expected
    with Simulation(network, Reference(), STEPS, record="counts") as simulation:
        recording = simulation.run(pictures, progress=False)
    most = sum(synapses(p.ops, network[p.source].shape) for p in network.projections if p.source != "input")
    assert 0.05 * most < operations(network, recording) / (STEPS * len(pictures)) < 0.2 * most


def test_unrolled_synapses_are_the_convolution():
    random = np.random.default_rng(0)
    weight, source = random.integers(-8, 8, (5, 3, 3, 3)) / 4, random.integers(0, 2, (1, 3, 4, 4)) * 1.0
    expected = np.zeros((1, 5, 4, 4))
    Conv(weight, padding=1).add(source, expected)
    i, j, w = unrolled(weight, 4)
    total = np.zeros(5 * 16)
    np.add.at(total, j, w * np.moveaxis(source[0], 0, -1).ravel()[i])
    np.testing.assert_array_equal(np.moveaxis(total.reshape(4, 4, 5), -1, 0), expected[0])
    assert len(w) == synapses((Conv(weight, padding=1),), (3, 4, 4))
    assert (np.lexsort((j, i)) == np.arange(len(i))).all()


def test_instrumented_programs_tell_their_time():
    case = cases.single_case(8, 8, 0.1, 2)
    with (
        instrumented() as watches,
        Simulation(case.network, CppStandalone(), case.steps, precision="single") as simulation,
    ):
        run, projections = watches.time(lambda: simulation.run(case.images, progress=False))
    assert 0 < projections < 10
    assert 0 < run < 10


def test_measures_are_taken_in_turn():
    taken: list[str] = []
    values = iter([1.0, 10.0, 3.0, 30.0, 2.0, 20.0])

    def measure(name: str) -> float:
        taken.append(name)
        return next(values)

    medians = interleaved({name: lambda name=name: measure(name) for name in "ab"}, 3)
    assert taken == ["a", "b"] * 3
    assert medians == {"a": 2.0, "b": 20.0}


def test_goals_are_judged_by_their_tables():
    rows = [
        {"layers": 5, "run": "first", "seconds": 10.0, "builds": 1},
        {"layers": 50, "run": "first", "seconds": 16.0, "builds": 1},
        {"layers": 50, "run": "other values", "seconds": 1.0, "builds": 0},
    ]
    depth, again = judged({"compiling": rows})
    assert (depth["found"], depth["goal"], depth["met"]) == ("1.6", "<= 1.5", "no")
    assert (again["found"], again["goal"], again["met"]) == ("0", "<= 0", "yes")
    assert {goal.part for goal in GOALS} == {
        "kernels",
        "layers",
        "networks",
        "compiling",
        "scaling",
        "memory",
        "layer_statistics",
        "hyperspectral",
        "cuda",
    }
