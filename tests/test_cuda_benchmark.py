"""The GPU's benchmark as far as it goes without one: refused in one line, and every number it works out."""

import math
import os
import re
import shutil
import subprocess
import sys
import tarfile
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from neurosim import IF, AvgPool, Conv, Input, Layer, Network, Projection, Reference, Simulation

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
sys.path.append(str(BENCHMARKS))

from harness import cases, gpu, nets  # noqa: E402
from harness.goals import judged  # noqa: E402


def test_without_a_gpu_it_says_so_in_one_line(tmp_path):
    smi = tmp_path / "nvidia-smi"
    smi.write_text("#!/bin/sh\necho 'No devices were found'; exit 6\n")
    smi.chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, BENCHMARKS / "cuda_device.py", "--quick", "--output", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    words = (
        "cuda_device.py: CudaStandalone: the driver sees no GPU: use a machine with an NVIDIA GPU, or free it"
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(words)


def test_cases(monkeypatch):
    monkeypatch.setattr(gpu, "_calibrated", lambda *_: small())
    (quick,) = gpu.gpu_cases(quick=True)
    assert (quick.name, quick.activity, quick.steps) == ("vgg11", 0.05, 4)
    assert quick.images.shape == (2 * gpu.BATCHES["vgg11"], 3, 32, 32)
    monkeypatch.setattr(nets, "images", lambda count, shape, seed=0: np.zeros((0, *shape)))
    every = [
        (case.name, case.activity, case.steps, case.images.shape[-1]) for case in gpu.gpu_cases(quick=False)
    ]
    assert len(every) == len(set(every)) == 4 * 3 * 3
    assert {size for name, *_, size in every if name == "resnet34"} == {224}
    assert {steps for *_, steps, _ in every} == {4, 16, 64}


def small() -> Network:
    """Two channels of 4x4 into one of 2x2, by pooling and a 1x1 convolution."""
    layers = [
        Layer("in", (2, 4, 4), Input()),
        Layer("a", (2, 4, 4), IF()),
        Layer("b", (1, 2, 2), IF()),
    ]
    weight = np.ones((1, 2, 1, 1))
    chain = (AvgPool(2), Conv(weight))
    return Network(layers, [Projection("in", "a", Conv(np.ones((2, 2, 1, 1)))), Projection("a", "b", chain)])


def test_bytes_are_those_counted_by_hand():
    """36 neurons; the input's current is made once an image and not counted."""
    neurons = 36 * (8 * 4 + 5 * 4 + 1 / 8)
    pooled = 32 * 4 + 8 * 2 * 4 + 8 * (2 * 4 + 1 / 8)  # sources, targets added, cleared and noted
    gathered = 8 / 8 + 4 * 2 * 4 + 4 * 2 / 10  # bits, targets, two weights for ten images
    assert gpu.bytes_moved(small(), batch=10) == pytest.approx(neurons + pooled + gathered)
    assert gpu.bytes_moved(small(), 10, itemsize=8) < 2 * gpu.bytes_moved(small(), 10)


def test_starting_is_left_out_of_a_rate():
    alone, whole = gpu.rate(lambda images: 5 + images / 100, 50)
    assert alone == pytest.approx(100)
    assert whole == pytest.approx(100 / 6)


def test_a_row_has_every_number():
    case = cases.Case("vgg11", 0.05, small(), np.zeros((2, 2, 4, 4)), 4)
    peers = {"torch": gpu.Peer(50.0, 1.5)}
    facts = {"bandwidth": 1e9, "memory_gb": 2.0, "differs": 0.0}
    row = gpu.row(case, (100.0, 80.0), 4.0, peers, facts)
    assert (row["over_cpp"], row["over_spikingjelly"], row["batch"]) == (25.0, 2.0, gpu.BATCHES["vgg11"])
    assert math.isnan(row["cupy"])
    assert row["torch_gb"] == 1.5
    moved = gpu.bytes_moved(case.network, gpu.BATCHES["vgg11"]) * 4 * 100 / 1e9
    assert row["bandwidth_share"] == pytest.approx(moved, rel=1e-3)
    both = gpu.row(case, (100.0, 80.0), 4.0, peers | {"cupy": gpu.Peer(200.0, 1.0)}, facts)
    assert both["over_spikingjelly"] == 0.5
    assert [goal["met"] for goal in judged({"cuda": [row, both]})] == ["yes", "yes"]


def test_counts_that_differ_are_shared_out():
    sys.path.insert(0, str(BENCHMARKS))
    import cuda_device

    with Simulation(small(), Reference(), 3, record="counts") as simulation:
        shown = np.random.default_rng(0).random((2, 2, 4, 4))
        one, other = (simulation.run(images, progress=False) for images in (shown, 1 - shown))
    assert cuda_device.differing(one, one) == 0
    wrong = sum((one.counts(name) != other.counts(name)).sum() for name in one.layers)
    assert cuda_device.differing(one, other) == wrong / 72 > 0


def test_the_pack_for_a_bare_machine_holds_sources_wheels_and_one_command(tmp_path):
    """A stand-in for Python fetches no wheel, but notes which."""
    python = tmp_path / "python"
    python.write_text(
        '#!/bin/sh\necho "$@" > "$NOTED"\nwhile [ "$1" != --dest ]; do shift; done\ntouch "$2/a.whl"\n'
    )
    python.chmod(0o755)
    packed, noted = tmp_path / "gpu.tar.gz", tmp_path / "noted"
    environment = os.environ | {"PYTHON": str(python), "NOTED": str(noted)}
    script = BENCHMARKS / "gpu" / "pack.sh"
    done = subprocess.run([script, packed], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout == f"{packed}: 1 wheels; there: tar xzf gpu.tar.gz && gpu/run.sh\n"
    assert "--only-binary :all:" in noted.read_text()
    with tarfile.open(packed) as file:
        names = set(file.getnames())
    wanted = ("run.sh", "wheels.txt", "wheels/a.whl", "neurosim/setup.cfg", "neurosim/tests/nets.py")
    assert {f"gpu/{name}" for name in wanted} <= names


def test_the_list_of_wheels_has_what_is_imported():
    lines = (BENCHMARKS / "gpu" / "wheels.txt").read_text().splitlines()
    listed = {re.split("[=<>]", line)[0] for line in lines if not line.startswith("#")}
    needed = {
        re.split("[ =<>(]", word)[0].lower()
        for word in metadata.requires("neurosim-brian2")
        if "extra" not in word
    }
    assert needed | {"brian2cuda", "nvidia-cuda-nvcc", "nvidia-curand", "spikingjelly", "torch"} <= listed


def test_the_bare_machine_is_asked_for_a_driver(tmp_path):
    for tool in ("sh", "dirname"):
        (tmp_path / tool).symlink_to(Path("/usr/bin", tool))
    script = shutil.copy(BENCHMARKS / "gpu" / "run.sh", tmp_path)
    done = subprocess.run(["/bin/sh", script], capture_output=True, text=True, env={"PATH": str(tmp_path)})
    words = "run.sh: nvidia-smi not found: the GPU machine needs its driver, g++ and make\n"
    assert (done.returncode, done.stderr) == (2, words)
