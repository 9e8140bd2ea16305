"""How many images a second does a GPU simulate, beside SpikingJelly on the same GPU and our C++ device?

Method: VGG11, VGG16 and ResNet18 at 32 px and ResNet34 at 224 px with random weights and IF neurons, 4 to 64
steps an image, thresholds for the wanted activity. SpikingJelly runs the same network in inference mode, with
its torch backend and, where cupy is installed, its cupy backend; TF32 is off, single precision, same batch,
the spikes of all neurons counted. Our rate is that of the second batch: the time of two batches less that of
one, so that starting is left out ("whole" has it in). Memory is torch's peak, and what ours is reckoned to
take. The C++ device runs on one thread. The share of the
bandwidth is the bytes that must move, by `harness/gpu.py`, over those that a copy reaches. Weights and
thresholds are dyadic, so every engine must count the same spikes: "differs" is the share of neurons for which
GPU and C++ do not.

Needs an NVIDIA GPU, and torch with CUDA and spikingjelly in this environment (docs/gpu.md).
Run: python benchmarks/cuda_device.py [--quick --output DIR]
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from harness.cases import Case
from harness.gpu import BATCHES, Peer, gpu_cases, rate, row
from harness.graph import write_graph
from harness.timing import step_cost

from neurosim import CppStandalone, CudaStandalone, Recording, Simulation
from neurosim.build.toolkit import check_package, find_gpu, find_toolkit
from neurosim.simulation.gpu import gpu_bytes
from neurosim.workflows.studies import Answer, run_study

CPP_IMAGES, COPY = 2, 2**30
HERE = Path(__file__).resolve().parent


def measure(quick: bool) -> Answer:
    """Return a row for each net, activity and number of steps; raise DeviceUnavailable without a GPU."""
    check_package()
    device = CudaStandalone()
    gpu, toolkit = find_gpu(device), find_toolkit(device)
    rows = [time_case(case) for case in gpu_cases(quick)]
    named = {"gpu": gpu.name, "driver": gpu.driver, "cuda": toolkit.version, "backends": backends()}
    return Answer(rows, {"precision": "single", "tf32": False, **named})


def backends() -> list[str]:
    """Return SpikingJelly's backends that can be used."""
    return ["torch", *["cupy"] * (importlib.util.find_spec("cupy") is not None)]


def time_case(case: Case) -> dict[str, Any]:
    """Return one row."""
    batch = BATCHES[case.name]
    how = {"precision": "single", "record": "counts"}
    with Simulation(case.network, CudaStandalone(batch=batch), case.steps, **how) as simulation:
        recording = simulation.run(case.images[:batch], progress=False)
        ours = rate(lambda images: seconds(simulation, case, images), batch)
        memory = gpu_bytes(simulation._job, batch) / 1e9
    with Simulation(case.network, CppStandalone(), case.steps, **how) as simulation:
        few = Case(case.name, case.activity, case.network, case.images[:CPP_IMAGES], case.steps)
        cpp = 1 / (step_cost(simulation, few).wall * case.steps)
        differs = differing(recording, simulation.run(few.images, progress=False))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "net.npz")
        write_graph(path, case.network, case.images, case.steps)
        peers = {backend: ask_peer(backend, path, batch) for backend in backends()}
        bandwidth = ask("torch", path, [{"copy": COPY}])[0]["bandwidth"]
    facts = {"bandwidth": bandwidth, "memory_gb": memory, "differs": differs}
    return row(case, ours, cpp, peers, facts)


def seconds(simulation: Simulation, case: Case, images: int) -> float:
    """Return the clock's time of one run."""
    started = time.perf_counter()
    simulation.run(case.images[:images], progress=False)
    return time.perf_counter() - started


def differing(recording: Recording, other: Recording) -> float:
    """Return the share of neurons and images, of those that both have, whose counts differ."""
    few = other.images
    wrong = sum(int((recording.counts(name)[:few] != other.counts(name)).sum()) for name in other.layers)
    return wrong / sum(other.counts(name).size for name in other.layers)


def ask_peer(backend: str, path: Path, batch: int) -> Peer:
    """Return SpikingJelly's rate: the first batch warms it up."""
    _, found = ask(backend, path, [{"images": batch, "batch": batch}, {"images": 2 * batch, "batch": batch}])
    return Peer(2 * batch / found["seconds"], found["memory_gb"])


def ask(backend: str, path: Path, questions: list[dict[str, int]]) -> list[dict[str, float]]:
    """Return the answers of a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "harness.cuda_peers", backend, str(path)],
        cwd=HERE,
        input="".join(json.dumps(question) + "\n" for question in questions),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=os.environ | {"NVIDIA_TF32_OVERRIDE": "0"},
    )
    return list(map(json.loads, done.stdout.splitlines()))


if __name__ == "__main__":
    sys.exit(run_study(__file__, __doc__, measure))
