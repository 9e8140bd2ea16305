"""Does a published spiking network, read from its NIR file, recognise the recordings it was trained for?

Method: `scnn_mnist.nir` (five layers of integrate-and-fire neurons on 2x34x34 events; its file says nothing
about steps, resets or bounds) is read by the convention of sinabs, where it comes from: neurons say
trunc(V / threshold), subtract, and do not sink below -threshold. It runs on the 100 test recordings of the
small N-MNIST in C++; a recording's events keep their own times to a millisecond, or are spread over fewer
steps. The class is the output neuron with most spikes. Read by NIR's own equations instead (one spike a step,
reset to 0), it shows what the convention is worth. Data: NEUROSIM_DATA.

Reference: Pedersen et al. 2024, Neuromorphic intermediate representation, Nat. Commun. 15:8122; Orchard et
al. 2015, Front. Neurosci. 9:437 (N-MNIST).
"""

import os
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np

from neurosim.datasets import read_events
from neurosim.datasets.sources import locate
from neurosim.devices import CppStandalone
from neurosim.files import sha256
from neurosim.network import Network
from neurosim.nir import from_nir
from neurosim.simulation import Simulation
from neurosim.stimuli import CameraEvents, binned
from neurosim.workflows.studies import Answer, identity, run_study

FILE, ARCHIVE, TABLE = "scnn_mnist.nir", "NMNISTsmall.tar.xz", "NMNISTsmall/test100.txt"
WINDOWS = {"a step a millisecond": (337, 1e-3), "100 steps": (100, None), "20 steps": (20, None)}
READINGS = {"sinabs": 1e-4, "nir": 1.0}
"""The step [s] of each convention: the file's r of 1 is a gain of 1 for dt = 1 s, by NIR's own equations."""


def measure(quick: bool) -> Answer:
    """Return one row for every convention and window."""
    path = locate("weights", [FILE], None) / FILE
    recordings, labels = test_recordings(3 if quick else 100)
    windows = {"20 steps": WINDOWS["20 steps"]} if quick else WINDOWS
    networks = {name: from_nir(path, convention=name, dt=dt) for name, dt in READINGS.items()}
    rows = [
        row(name, network, window, recordings, labels, *extent)
        for name, network in networks.items()
        for window, extent in windows.items()
    ]
    settings = {
        "data": f"{ARCHIVE}: {TABLE}",
        "weights_sha256": sha256(path),
        "networks": {name: identity(network) for name, network in networks.items()},
    }
    return Answer(rows, settings)


def test_recordings(count: int) -> tuple[list[CameraEvents], np.ndarray]:
    """Return the first test recordings and their classes."""
    with (
        tempfile.TemporaryDirectory() as folder,
        tarfile.open(locate("nmnist", [ARCHIVE], None) / ARCHIVE) as tar,
    ):
        lines = tar.extractfile(TABLE).read().decode().splitlines()[1 : 1 + count]
        pairs = [tuple(map(int, line.split())) for line in lines]
        recordings = []
        for number, _ in pairs:
            copy = Path(folder) / f"{number}.bs2"
            copy.write_bytes(tar.extractfile(f"NMNISTsmall/{number}.bs2").read())
            recordings.append(read_events(copy))
    return recordings, np.array([label for _, label in pairs])


def row(
    convention: str,
    network: Network,
    window: str,
    recordings: list[CameraEvents],
    labels: np.ndarray,
    steps: int,
    dt: float | None,
) -> dict[str, float | str]:
    """Return what one reading makes of the recordings."""
    with Simulation(network, CppStandalone(), steps, record="totals") as simulation:
        recording = simulation.run(
            binned(recordings, steps, dt=dt), labels, jobs=len(os.sched_getaffinity(0))
        )
    said = recording.predictions("count")[:, -1]
    hidden = [layer.name for layer in network.neurons]
    return {
        "convention": convention,
        "window": window,
        "steps": steps,
        "recordings": len(labels),
        "correct": int((said == labels).sum()),
        "accuracy": float((said == labels).mean()),
        "spikes_a_recording": sum(float(recording.totals(layer).mean()) for layer in hidden),
    }


if __name__ == "__main__":
    sys.exit(run_study(__file__, __doc__, measure))
