"""Programs that fail are not believed: stand-ins that die, complain, or leave files that are not whole."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from test_simulation import pixels, small

from neurosim.build.standalone import Program
from neurosim.devices import CppStandalone
from neurosim.errors import DeviceUnavailable, RunFailed
from neurosim.recording import parse_record
from neurosim.simulation import Simulation, binary
from neurosim.simulation.job import Job

IMAGES, STEPS = 2, 3
WHOLE = {
    "done": np.array([IMAGES], np.int64),
    "totals_0.bin": np.zeros(IMAGES, np.int64),
    "totals_1.bin": np.zeros(IMAGES, np.int64),
    "potentials_1.bin": np.zeros(IMAGES * STEPS * 4),
}


def job() -> Job:
    network = small()
    record = parse_record("totals", {layer.name: layer.shape for layer in network.neurons})
    return Job(network, STEPS, 1e-3, "double", record)


def run(tmp_path: Path, script: str, files: dict[str, np.ndarray]) -> None:
    """Run a shell script in place of the compiled program, which leaves these files."""
    folder = tmp_path / "program"
    (folder / "static_arrays").mkdir(parents=True)
    (folder / "files").mkdir()
    for name, values in files.items():
        values.tofile(folder / "files" / name)
    main = folder / "main"
    main.write_text(f'#!/bin/sh\ncp "{folder}"/files/* recorded/\n{script}\n')
    main.chmod(0o700)
    for made in ("shared", "run"):
        (tmp_path / made).mkdir()
    prepared = binary.prepare(Program(folder), job(), tmp_path / "shared", threads=1, block=1)
    frames = pixels(IMAGES)[:, None]
    binary.run_images(prepared, tmp_path / "run", frames, 0, binary.Children(), lambda images: None)


def test_a_whole_run_is_believed(tmp_path: Path) -> None:
    run(tmp_path, 'echo "@images 1"', WHOLE)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 3", "the simulation failed with status 3: it said nothing"),
        ("echo odd", "the simulation failed with status 0: odd"),
        ("echo lost >&2", "the simulation failed with status 0: lost"),
        ("echo disk full >&2; exit 3", "the simulation failed with status 3: disk full"),
        ("kill -SEGV $$", "the simulation was ended by signal SIGSEGV"),
        ("rm recorded/done", "the simulation ended before its last step"),
    ],
)
def test_a_program_that_fails_is_not_believed(tmp_path: Path, script: str, message: str) -> None:
    with pytest.raises(RunFailed) as caught:
        run(tmp_path, script, WHOLE)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("name", [name for name in WHOLE if name != "done"])
@pytest.mark.parametrize("change", [-1, 1])
def test_a_file_of_the_wrong_size_is_not_believed(tmp_path: Path, name: str, change: int) -> None:
    size = WHOLE[name].size + change
    with pytest.raises(RunFailed) as caught:
        run(tmp_path, "", WHOLE | {name: np.zeros(size)})
    expected = (
        f"{name} has {8 * size} bytes and should have {WHOLE[name].nbytes}: the run did not end properly"
    )
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_potentials_that_are_no_numbers_are_not_believed(tmp_path: Path, value: float) -> None:
    files = WHOLE | {"potentials_1.bin": np.full(IMAGES * STEPS * 4, value)}
    with pytest.raises(RunFailed, match="layer 'out': a potential is NaN or infinite"):
        run(tmp_path, "", files)


def test_the_real_program_complains_in_one_line(tmp_path: Path) -> None:
    """A frame file that ends too early, and a folder that cannot be written, end the run."""
    with Simulation(small(), CppStandalone(), STEPS) as simulation:
        program = simulation._engine.program  # type: ignore[attr-defined]
        for made in ("shared", "run"):
            (tmp_path / made).mkdir()
        prepared = binary.prepare(program, job(), tmp_path / "shared", threads=1, block=1)
        plan = tmp_path / "shared" / "watched.bin"
        plan.write_bytes(plan.read_bytes()[:-1])
        frames = pixels(IMAGES)[:, None]
        with pytest.raises(RunFailed, match=r"status 3: neurosim: watched\.bin does not fit the network"):
            binary.run_images(prepared, tmp_path / "run", frames, 0, binary.Children(), lambda images: None)


def test_ended_children_start_no_more(tmp_path: Path) -> None:
    children = binary.Children()
    children.end()
    with pytest.raises(RunFailed, match="the run was interrupted"):
        children.start(["true"], tmp_path, threads=1)


@pytest.mark.parametrize("tool", ["g++", "make"])
def test_a_missing_tool_is_named(tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = {"g++": "make", "make": "g++"}[tool]
    (tmp_path / other).symlink_to("/bin/true")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeviceUnavailable) as caught:
        Simulation(small(), CppStandalone(), STEPS)
    assert str(caught.value) == f"CppStandalone: {tool} not found: install it with apt-get install {tool}"


@pytest.mark.parametrize("threads", [0, -1, 1.5, True])
def test_threads_are_checked(threads: object) -> None:
    with pytest.raises(ValueError, match=r"CppStandalone\.threads is .*: give a whole number >= 1"):
        dataclasses.replace(CppStandalone(), threads=threads)
