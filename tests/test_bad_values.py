"""Values that cannot be, at the Python door, and machines that lack something: one clear line each."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from commands import network

from neurosim import (
    CppStandalone,
    DeviceUnavailable,
    InputError,
    NeurosimError,
    Potential,
    Recording,
    Reference,
    Runtime,
    Simulation,
    cli,
    devices,
    verify,
)
from neurosim.errors import BudgetExceeded, FileError
from neurosim.network import Network


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network().save("net.safetensors")
    return tmp_path


PIXELS = np.random.default_rng(0).random((3, 1, 8, 8))
NUMBERS = (
    "Direct.values has shape {} and type {}: give numbers of shape (images, *shape) with at least one image"
)
SIMULATIONS = {
    "steps=0": ({"steps": 0}, "Simulation: steps is 0: give a whole number in [1, 2**31)"),
    "steps=True": ({"steps": True}, "Simulation: steps is True: give a whole number in [1, 2**31)"),
    "steps='8'": ({"steps": "8"}, "Simulation: steps is '8': give a whole number in [1, 2**31)"),
    "steps=2**31": ({"steps": 2**31}, "Simulation: steps is 2147483648: give a whole number in [1, 2**31)"),
    "dt=0": ({"dt": 0}, "Simulation: dt is 0: give a positive number of seconds"),
    "dt=nan": ({"dt": float("nan")}, "Simulation: dt is nan: give a positive number of seconds"),
    "dt='1'": ({"dt": "1"}, "Simulation: dt is '1': give a positive number of seconds"),
    "precision": ({"precision": "half"}, "Simulation: precision is 'half': it must be 'double' or 'single'"),
    "record": ({"record": "all"}, "record: 'all' is no level; give one of totals, counts, spikes or "),
    "neuron": (
        {"record": {"hidden": Potential((6,))}},
        "record: Potential of layer 'hidden' names neuron 6; give indices in 0..5",
    ),
}
RUNS = {
    "no image": ({"inputs": PIXELS[:0]}, NUMBERS.format("(0, 1, 8, 8)", "float64")),
    "one image without an axis": (
        {"inputs": PIXELS[0]},
        "images have shape (8, 8) and the input layer (1, 8, 8): resize them, or give one frame a step, "
        "(2, 1, 8, 8)",
    ),
    "channels last": ({"inputs": PIXELS.transpose(0, 2, 3, 1)}, "images have shape (8, 8, 1) and the input"),
    "frames of other steps": ({"inputs": PIXELS[:, None].repeat(3, 1)}, "images have shape (3, 1, 8, 8) and"),
    "objects": ({"inputs": PIXELS.astype(object)}, NUMBERS.format("(3, 1, 8, 8)", "object")),
    "ragged": ({"inputs": [[1, 2], [3]]}, "Direct.values"),
    "nothing": ({"inputs": None}, "Direct.values"),
    "complex": ({"inputs": PIXELS * 1j}, NUMBERS.format("(3, 1, 8, 8)", "complex128")),
    "NaN": ({"inputs": PIXELS * np.nan}, "input pixels contain NaN or infinity: give finite values"),
    "labels too few": ({"labels": [1]}, "labels have shape (1,) and type int64: give 3 whole numbers"),
    "labels with a point": ({"labels": [1.5, 2, 3]}, "labels have shape (3,) and type float64: give 3 whole"),
    "labels of no class": (
        {"labels": [0, 1, 10]},
        "labels span [0, 10]: the output has 10 neurons, so give 0 to 9",
    ),
    "negative labels": ({"labels": [-1, 1, 1]}, "labels span [-1, 1]: the output has 10 neurons"),
    "jobs=0": ({"jobs": 0}, "Simulation: jobs is 0: give a whole number >= 1"),
    "jobs=True": ({"jobs": True}, "Simulation: jobs is True: give a whole number >= 1"),
    "resume without output": (
        {"resume": True},
        "Simulation.run: resume needs the output of the run that",
    ),
    "another structure": ({"network": network(hidden=7)}, "network has another structure than the one that"),
    "output exists": (
        {"output": "net.safetensors"},
        "net.safetensors exists: choose another output, or remove it",
    ),
}


def in_one_line(error: type[NeurosimError], text: str, call) -> None:
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", SIMULATIONS)
def test_simulations_that_cannot_be(kind):
    changes, text = SIMULATIONS[kind]
    in_one_line(InputError, text, lambda: Simulation(network(), Reference(), **{"steps": 2, **changes}))


@pytest.mark.parametrize("kind", RUNS)
def test_runs_that_cannot_be(kind):
    changes, text = RUNS[kind]
    with Simulation(network(), Reference(), steps=2) as simulation:
        in_one_line(
            InputError, text, lambda: simulation.run(**{"inputs": PIXELS, "progress": False, **changes})
        )


@pytest.mark.parametrize("threads", [0, True, "2", 1.0])
def test_threads(threads):
    text = f"CppStandalone.threads is {threads!r}: give a whole number >= 1"
    in_one_line(InputError, text, lambda: CppStandalone(threads=threads))


def test_verify_needs_two_devices():
    text = "verify: devices is [Reference()]: give at least two, the first is the measure"
    in_one_line(InputError, text, lambda: verify(network(), PIXELS, [Reference()], 2))


def test_a_run_beyond_the_machine_is_refused_before_it_starts(monkeypatch, here):
    from neurosim.simulation import budget

    monkeypatch.setattr(
        budget.shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**9, 10**9, 1000)
    )
    with Simulation(network(), Reference(), steps=50, record="spikes") as simulation:
        text = "GB of disk and 1e-06 GB are there: record less"
        in_one_line(BudgetExceeded, text, lambda: simulation.run(PIXELS, output="out.h5", progress=False))
    assert not Path("out.h5").exists()


# ---- the machine


@pytest.mark.parametrize("device", ["runtime", "cpp"])
def test_a_preference_file_in_the_working_folder_is_refused(device, here, capsys, monkeypatch):
    monkeypatch.setenv("NEUROSIM_CACHE", str(here / "cache"))
    Path("brian_preferences").write_text("codegen.target = 'cython'")
    words = ("run", "net.safetensors", "digits:test[:2]", "--device", device, "-o", "out.h5")
    assert cli.main(list(words)) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    found = (here / "brian_preferences").absolute()
    assert last == f"neurosim: {found} would change Brian2's results unseen: move it away"
    assert not Path("out.h5").exists()


@pytest.mark.parametrize(
    ("package", "found", "remedy"),
    [
        ("brian2", "2.10.1", "brian2 is 2.10.1: pip install brian2==2.8.0"),
        ("numpy", "2.4.0", "numpy is 2.4.0: pip install 'numpy>=2.0,<2.4'"),
    ],
)
def test_a_broken_pin_is_named_before_brian2_is_imported(package, found, remedy, monkeypatch):
    right = devices.version
    monkeypatch.setattr(devices, "version", lambda name: found if name == package else right(name))
    in_one_line(DeviceUnavailable, remedy, lambda: Simulation(network(), Runtime(), steps=2))


def test_recordings_and_networks_are_not_confused():
    in_one_line(FileError, "expected those of HDF5", lambda: Recording.load("net.safetensors"))
    Path("out.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 100)
    in_one_line(FileError, "out.h5: ", lambda: Network.load("out.h5"))
