"""Runs: chunks, processes, resuming, exchange of values, and Brian2's state left as it was."""

import threading
from pathlib import Path

import nets
import numpy as np
import pytest

from neurosim import build
from neurosim.devices import CppStandalone, Device, Reference, Runtime
from neurosim.errors import BudgetExceeded, InputError, RunFailed
from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.neurons import BMIF, IF, Accumulate, Input
from neurosim.ops import Conv, Linear
from neurosim.recording import Potential, Recording
from neurosim.simulation import Simulation, budget, engines

STEPS = 6
CPP = CppStandalone()


def small(seed: int = 0, strength: float = 3) -> Network:
    """Return a net whose structure does not depend on the seed."""
    draw = np.random.default_rng(seed)
    layers = [
        Layer("in", (1, 5, 4), Input()),
        Layer("first", (3, 5, 4), BMIF(draw.uniform(0.5, 1.5), strength=strength)),
        Layer("out", (4,), Accumulate()),
    ]
    projections = [
        Projection(
            "in", "first", Conv(draw.standard_normal((3, 1, 3, 3)), padding=1), draw.standard_normal(3)
        ),
        Projection("first", "out", Linear(draw.standard_normal((4, 60)))),
    ]
    return Network(layers, projections)


def pixels(count: int) -> np.ndarray:
    return np.random.default_rng(7).random((count, 1, 5, 4))


def run(device: Device, images: np.ndarray, network: Network | None = None, **options: object) -> Recording:
    with Simulation(network or small(), device, STEPS, record="spikes") as simulation:
        return simulation.run(images, progress=False, **options)


def content(recording: Recording) -> list[object]:
    spikes = [recording.spikes(layer) for layer in recording.layers]
    return [*spikes, recording.output().tobytes()]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every chunk one image."""
    monkeypatch.setattr(budget, "CHUNK_BYTES", 1)


@pytest.mark.parametrize("device", [Reference(), Runtime(), CPP], ids=lambda d: type(d).__name__)
def test_chunks_and_processes_do_not_show(
    device: Device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, labels = pixels(5), np.array([0, 3, 1, 2, 0])
    run(device, images, labels=labels, output=tmp_path / "whole.h5")
    monkeypatch.setattr(budget, "CHUNK_BYTES", 1)
    run(device, images, labels=labels, output=tmp_path / "chunks.h5")
    assert (tmp_path / "chunks.h5").read_bytes() == (tmp_path / "whole.h5").read_bytes()
    if device == CPP:
        monkeypatch.setattr("os.sched_getaffinity", lambda process: range(3))
        run(device, images, labels=labels, output=tmp_path / "jobs.h5", jobs=3)
        assert (tmp_path / "jobs.h5").read_bytes() == (tmp_path / "whole.h5").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == []


@pytest.mark.usefixtures("small_chunks")
def test_an_interrupted_run_is_taken_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = pixels(4)
    run(Reference(), images, output=tmp_path / "whole.h5")
    done, inner = [], engines.ReferenceEngine.run

    def fail_third(
        engine: engines.ReferenceEngine, frames: np.ndarray, first_image: int, report: engines.Report
    ) -> object:
        done.append(len(frames))
        if len(done) == 3:
            raise KeyboardInterrupt
        return inner(engine, frames, first_image, report)

    monkeypatch.setattr(engines.ReferenceEngine, "run", fail_third)
    with pytest.raises(KeyboardInterrupt):
        run(Reference(), images, output=tmp_path / "part.h5")
    assert not (tmp_path / "part.h5").exists()
    with pytest.raises(InputError, match=r"part\.h5\.partial holds an interrupted run: resume it"):
        run(Reference(), images, output=tmp_path / "part.h5")
    with pytest.raises(InputError, match="with other images, values or settings: remove it to start anew"):
        run(Reference(), images + 1, output=tmp_path / "part.h5", resume=True)
    monkeypatch.setattr(budget, "CHUNK_BYTES", 2**28)  # other jobs or memory would change it too
    run(Reference(), images, output=tmp_path / "part.h5", resume=True)
    assert len(done) == 3 + 2  # two chunks were there
    assert (tmp_path / "part.h5").read_bytes() == (tmp_path / "whole.h5").read_bytes()
    assert not (tmp_path / "part.h5.partial").exists()


def test_other_values_compile_nothing() -> None:
    with Simulation(small(0), CPP, STEPS, record="spikes") as simulation:
        simulation.run(pixels(2), progress=False)
        before = set(build.cache.cache_folder().iterdir())
        other = small(1, strength=5)
        again = simulation.run(pixels(3), network=other, progress=False)
        assert set(build.cache.cache_folder().iterdir()) == before
    assert content(again) == content(run(Reference(), pixels(3), other))
    with Simulation(small(0), CPP, 2 * STEPS) as longer:  # T is a number of the run
        longer.run(pixels(1), progress=False)
    assert set(build.cache.cache_folder().iterdir()) == before


def test_another_structure_is_refused() -> None:
    other = small().replace("first", IF())
    with (
        Simulation(small(), Reference(), STEPS) as simulation,
        pytest.raises(InputError, match="network has another structure than the one that was built"),
    ):
        simulation.run(pixels(1), network=other)


def test_levels_are_consistent_and_chosen_potentials_keep_their_order() -> None:
    images = pixels(3)
    whole = run(CPP, images)
    record = {"first": ("counts", Potential((17, 3, 58)))}
    with Simulation(small(), CPP, STEPS, record=record) as simulation:
        counts = simulation.run(images, progress=False)
    with Simulation(small(), Reference(), STEPS, record={"first": Potential()}) as simulation:
        potentials = simulation.run(images, progress=False).potential("first")
    np.testing.assert_array_equal(counts.counts("first"), whole.counts("first"))
    np.testing.assert_array_equal(counts.events("first"), whole.events("first"))
    np.testing.assert_array_equal(counts.totals("first"), whole.totals("first"))
    np.testing.assert_array_equal(counts.potential("first"), potentials[..., [17, 3, 58]])


def test_a_spiking_output_is_kept_whole() -> None:
    layers = [Layer("in", (4,), Input()), Layer("out", (3,), IF())]
    network = Network(layers, [Projection("in", "out", Linear(np.eye(3, 4)))])
    recordings = []
    for device in (Reference(), CPP):
        with Simulation(network, device, STEPS) as simulation:
            recordings.append(simulation.run(np.full((2, 4), 0.5), progress=False))
    assert recordings[0].output().tolist() == recordings[1].output().tolist()
    assert recordings[1].output()[0, :, 0].tolist() == [0, 1, 1, 2, 2, 3]


@pytest.mark.parametrize("device", [Runtime(), CPP], ids=lambda d: type(d).__name__)
def test_own_brian2_objects_see_the_same_spikes(device: Device) -> None:
    import brian2

    monitors: list[brian2.SpikeMonitor] = []

    def door(groups: dict[str, brian2.Subgroup]) -> list[brian2.SpikeMonitor]:
        monitors.extend(brian2.SpikeMonitor(groups[name], name=f"seen_{name}") for name in ("a", "b", "f"))
        return monitors

    network, images = nets.residual("mixed"), nets.images(2)
    latency = network.latency
    with Simulation(network, device, STEPS, record="spikes", brian=door) as simulation:
        recording = simulation.run(images, progress=False)
        for name, monitor in zip(("a", "b", "f"), monitors, strict=True):
            spikes = recording.spikes(name)
            step = spikes.image * STEPS + spikes.step + latency[name]
            channels, *space = spikes.shape
            channel, pixel = np.divmod(spikes.neuron, np.prod(space))
            mine = sorted(zip(step.tolist(), (pixel * channels + channel).tolist(), strict=True))
            seen = np.round(np.asarray(monitor.t) / 1e-3).astype(int)
            assert sorted(zip(seen.tolist(), np.asarray(monitor.i).tolist(), strict=True)) == mine


def test_brian2_is_left_as_it_was() -> None:
    import brian2

    names = ["codegen.loop_invariant_optimisations", "core.default_float_dtype", "codegen.target"]
    names += ["codegen.cpp.extra_compile_args_gcc", "codegen.cpp.headers", "codegen.cpp.extra_link_args"]
    device, clock = brian2.get_device(), brian2.defaultclock.dt
    preferences = [brian2.prefs[name] for name in names]
    for simulated in (Runtime(), CPP):
        with Simulation(small(), simulated, 2, precision="single") as simulation:
            simulation.run(pixels(1), progress=False)
        assert brian2.get_device() is device
        assert brian2.defaultclock.dt == clock
        assert [brian2.prefs[name] for name in names] == preferences


def test_the_order_within_a_step() -> None:
    """Windows, charges, thresholds, resets, watch: whatever the objects are called."""
    from neurosim import devices
    from neurosim.build.groups import make_model
    from neurosim.connectivity.session import session_functions

    with devices.runtime("double"):
        import brian2

        model = make_model(nets.residual("mixed"), 1e-3, session_functions("double"))
        model.network.run(0 * brian2.second, namespace={})
        entries = [e for e in model.network.scheduling_summary().entries if e.type != "StateUpdater"]
    kinds = ["window", "charge", "thresholder", "resetter", "watch"]
    ranks = [next(rank for rank, kind in enumerate(kinds) if entry.name.endswith(kind)) for entry in entries]
    assert ranks == sorted(ranks)
    assert set(ranks) == set(range(len(kinds)))
    assert len({(entry.when, entry.order) for entry in entries}) == len(entries)  # no tie is left to names


def test_generated_code_does_not_grow_with_depth(tmp_path: Path) -> None:
    from neurosim.build.standalone import generate

    sizes = []
    for depth in (5, 50):
        folder = tmp_path / str(depth)
        generate(folder, chain(depth), CPP, 1e-3, "double", frozenset())
        sizes.append(sorted(len(path.read_text()) for path in folder.glob("code_objects/*.cpp")))
    assert len(sizes[0]) == len(sizes[1])
    assert sum(sizes[1]) < 1.01 * sum(sizes[0])


def chain(depth: int) -> Network:
    """Return so many convolutions in a row."""
    kernel, names = np.ones((2, 2, 3, 3)) / 9, [f"layer{number}" for number in range(depth)]
    layers = [Layer("in", (2, 6, 6), Input()), *(Layer(name, (2, 6, 6), IF()) for name in names)]
    pairs = zip(["in", *names], names, strict=False)
    return Network(layers, [Projection(source, target, Conv(kernel, padding=1)) for source, target in pairs])


def test_a_run_beyond_the_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulation(small(), Reference(), STEPS, record="spikes") as simulation:
        need = simulation.estimate(1000)
        assert need.disk > 1000 * simulation.estimate(1).memory // 1000
        monkeypatch.setattr(budget, "ACTIVITY", 1e12)
        message = r"the run needs about .* GB of memory and .* GB are there: record less \(record=\"totals\""
        with pytest.raises(BudgetExceeded, match=message):
            simulation.run(pixels(2))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "Simulation: steps is 0: give a whole number in [1, 2**31)"),
        ({"steps": 1.5}, "Simulation: steps is 1.5: give a whole number in [1, 2**31)"),
        ({"dt": 0.0}, "Simulation: dt is 0.0: give a positive number of seconds"),
        ({"dt": float("nan")}, "Simulation: dt is nan: give a positive number of seconds"),
        ({"precision": "half"}, "Simulation: precision is 'half': it must be 'double' or 'single'"),
    ],
)
def test_settings_out_of_bounds_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        Simulation(small(), Reference(), **{"steps": STEPS, **options})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, 2], "labels have shape (3,) and type int64: give 2 whole numbers"),
        ([0.0, 1.0], "labels have shape (2,) and type float64: give 2 whole numbers"),
        ([0, 4], "labels span [0, 4]: the output has 4 neurons, so give 0 to 3"),
        ([-1, 0], "labels span [-1, 0]: the output has 4 neurons, so give 0 to 3"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels: list[float], message: str) -> None:
    with pytest.raises(InputError) as caught:
        run(Reference(), pixels(2), labels=labels)
    assert str(caught.value) == message


def test_jobs_and_outputs_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="jobs is 0: give a whole number >= 1"):
        run(Reference(), pixels(2), jobs=0)
    monkeypatch.setattr("os.sched_getaffinity", lambda process: range(2))
    with pytest.raises(InputError, match="jobs is 2: only CppStandalone without own Brian2 objects"):
        run(Reference(), pixels(2), jobs=2)
    with pytest.raises(InputError, match="resume needs the output"):
        run(Reference(), pixels(2), resume=True)
    with pytest.raises(InputError, match=r"jobs is 10000: this process may use \d+ cores"):
        run(CPP, pixels(2), jobs=10000)
    (tmp_path / "there.h5").touch()
    with pytest.raises(InputError, match=r"there\.h5 exists: choose another output, or remove it"):
        run(Reference(), pixels(2), output=tmp_path / "there.h5")
    with pytest.raises(InputError, match=r"there is no folder .*: make it first"):
        run(Reference(), pixels(2), output=tmp_path / "none" / "new.h5")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x", Reference(), 1), "network is 'x': give a Network (Network.load reads a file)"),
        (
            (small(), "cpp", 1),
            "device is 'cpp': give Reference(), Runtime(), CppStandalone() or CudaStandalone()",
        ),
    ],
)
def test_parts_of_another_kind_are_refused(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(InputError) as caught:
        Simulation(*arguments)
    assert str(caught.value) == f"Simulation: {message}"


def test_doors_that_lead_nowhere_are_refused() -> None:
    with pytest.raises(InputError, match="Reference runs without Brian2, so brian has no effect"):
        Simulation(small(), Reference(), STEPS, brian=lambda groups: [])
    with pytest.raises(InputError, match="record: None: give a level, or a dict"):
        Simulation(small(), Reference(), STEPS, record=None)
    with (
        Simulation(small(), Reference(), STEPS) as simulation,
        pytest.raises(InputError, match="images is -1: give a whole number >= 1"),
    ):
        simulation.estimate(-1)


def test_a_relative_output_and_a_run_that_fails_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run(CPP, pixels(1), output="relative.h5")
    assert (tmp_path / "relative.h5").is_file()
    monkeypatch.setattr(engines.ReferenceEngine, "run", lambda *arguments: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(Reference(), pixels(1), output="failed.h5")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["relative.h5"]


def test_two_builders_share_one_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROSIM_CACHE", str(tmp_path))
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        threading.Event().wait(0.05)
        (folder / "main").touch()

    builders = [threading.Thread(target=build.cache.cached, args=("key", make)) for _ in range(4)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert len(made) == 1
    assert (build.cache.cached("key", make) / "main").exists()
    assert build.cache.cache_folder().stat().st_mode & 0o777 == 0o700


def test_a_failed_build_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROSIM_CACHE", str(tmp_path))

    def make(folder: Path) -> None:
        (folder / "makefile").write_text("all:\n\t@echo no such thing >&2; exit 3\n")
        build.cache.compile_project(folder)

    with pytest.raises(RunFailed, match="compiling the simulation failed with status 2: no such thing"):
        build.cache.cached("key", make)
    assert [path.name for path in build.cache.cache_folder().iterdir()] == ["key.lock"]
