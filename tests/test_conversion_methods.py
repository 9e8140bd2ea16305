"""The study of conversion methods counts its costs as `energy` does."""

import importlib.util
from pathlib import Path

import pytest

from neurosim.devices import Reference
from neurosim.energy import operations
from neurosim.simulation import Simulation
from neurosim.workflows.specimens import specimen

SCRIPT = Path(__file__).resolve().parents[1] / "analysis" / "conversion_methods.py"


@pytest.fixture(scope="module")
def study():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location(SCRIPT.stem, SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_cost_of_the_last_step_is_that_of_the_window(study):
    known = specimen("digits", 2, 50)
    network = known.convert(study.METHODS["AugMapping, 99 %"])
    with Simulation(network, Reference(), 6, record="spikes") as simulation:
        recording = simulation.run(known.images.images, progress=False)
    sums = study.cost(network, recording)
    rows = operations(network, recording)
    for ours, theirs in (("synaptic_events", "synaptic_operations"), ("synaptic_additions", "accumulations")):
        assert sums[ours][-1] == pytest.approx(sum(getattr(row, theirs) for row in rows), rel=1e-12)
    assert sums["spikes"][-1] == pytest.approx(sum(row.spikes for row in rows), rel=1e-12)
    assert sums["strengths"][-1] > sums["spikes"][-1]  # some spikes are augmented
    assert all((values[1:] >= values[:-1]).all() for values in sums.values())


def test_a_gap_is_closed_from_the_first_step_that_stays_close(study):
    known = type("Known", (), {"accuracy": 0.9, "architecture": "net"})()
    sums = {"spikes": study.np.array([1.0, 3.0, 6.0, 10.0])}
    accuracy = study.np.array([0.895, 0.5, 0.89, 0.9])
    gap = study.Trial(known, "IF", None, accuracy, sums).gap()
    assert (gap["steps_to_close"], gap["spikes"]) == (3, 6.0)
    assert gap["within_promised"] is True
    never = study.Trial(known, "IF", None, accuracy[:2], sums).gap()
    assert study.math.isnan(never["steps_to_close"])
    assert never["gap"] == pytest.approx(40)
