"""Can one run stream any number of images: does its memory stay, and does it matter where a run is cut?

Method: the published MNIST network as BM-IF neurons with K = 4 runs the first 20,000 training images for two
steps each in Brian2 C++, in double precision, keeping totals and outputs: all in one run, the first 2,000 in
one run, and in twenty runs of 1,000. The resident memory of the simulating processes is read from /proc every
20 ms; its growth is that from a tenth of a process's time to its end, of the process that grew most. Equal:
every total of every layer and every bit of the output after every step are those of the one run.

Reference: the same images in pieces. A device that lost its last steps, or kept something from one image for
the next, would differ in the last image or in the first ones of a piece.

Run: python analysis/streaming.py [--quick --output DIR]; NEUROSIM_DATA names the folder of data.
"""

import os
import sys
import threading
import time
from pathlib import Path

import numpy as np
import torch

from neurosim import ann
from neurosim.conversion import BMIF, convert
from neurosim.datasets import load
from neurosim.datasets.sources import locate
from neurosim.devices import CppStandalone
from neurosim.recording import Recording
from neurosim.simulation import Simulation
from neurosim.workflows.studies import Answer, identity, run_study

WEIGHTS, ARCHITECTURE = "mnist_params.pt", "mnist_cnn"
STEPS, IMAGES, PERIOD = 2, 20_000, 0.02
PROGRAM = "main"  # the name of a Brian2 program's process


class Memory(threading.Thread):
    """Reads the resident memory of this process's simulating children until stopped."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.samples: dict[int, list[int]] = {}  # by process, bytes
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(PERIOD):
            for folder in Path("/proc").glob("[0-9]*"):
                self.look(folder)

    def look(self, folder: Path) -> None:
        try:
            _, _, rest = (folder / "stat").read_text().rpartition(")")
            if int(rest.split()[1]) == os.getpid() and (folder / "comm").read_text().strip() == PROGRAM:
                pages = int((folder / "statm").read_text().split()[1])
                self.samples.setdefault(int(folder.name), []).append(pages * os.sysconf("SC_PAGE_SIZE"))
        except (FileNotFoundError, ProcessLookupError):
            return  # it has ended meanwhile

    def __enter__(self) -> "Memory":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.ended.set()
        self.join()


def measure(quick: bool) -> Answer:
    """Return a row for each way of cutting the same images."""
    count = 400 if quick else IMAGES
    weights = locate("weights", [WEIGHTS], None) / WEIGHTS
    module, known = ann.load_weights(weights, ARCHITECTURE), ann.architecture(ARCHITECTURE)
    images = load(f"mnist:train[:{count}]")
    network = convert(module, BMIF(4, 99.9), images.images[:1000], input=known.input, classes=known.classes)
    with Simulation(network, CppStandalone(), STEPS) as simulation:
        whole, row = run(simulation, [images.images])
        rows = [row | {"equal": True}]
        for pieces in ([images.images[: count // 10]], np.split(images.images, 20)):
            parts, row = run(simulation, pieces)
            rows.append(row | {"equal": equal(whole, parts)})
    return Answer(rows, {"data": images.name, "steps": STEPS, "network": identity(network)})


def run(simulation: Simulation, pieces: list[np.ndarray]) -> tuple[list[Recording], dict[str, float]]:
    """Run every piece by itself; return the recordings, and what it took."""
    started = time.perf_counter()
    with Memory() as memory:
        recordings = [simulation.run(piece) for piece in pieces]
    seconds = time.perf_counter() - started
    used = [np.array(samples) / 2**20 for samples in memory.samples.values()]
    return recordings, {
        "runs": len(pieces),
        "images": sum(map(len, pieces)),
        "processes": len(used),
        "seconds": round(seconds, 2),
        "memory_peak_mb": round(max(samples.max() for samples in used), 2),
        "memory_growth_mb": round(max(grown(samples) for samples in used), 2),
    }


def grown(samples: np.ndarray) -> float:
    """Return how much more memory a process held at its end than after the first tenth of its time [MB]."""
    return float(samples[-1] - samples[len(samples) // 10])


def equal(whole: list[Recording], parts: list[Recording]) -> bool:
    """Return whether the parts are bit for bit the first images of the whole."""
    one = whole[0]
    totals = all(
        np.array_equal(joined, one.totals(layer)[: len(joined)])
        for layer in one.layers
        for joined in [np.concatenate([part.totals(layer) for part in parts])]
    )
    output = np.concatenate([part.output() for part in parts])
    return totals and output.tobytes() == one.output()[: len(output)].tobytes()


if __name__ == "__main__":
    torch.set_num_threads(1)  # the order of sums, so the last bits of the thresholds, may depend on it
    sys.exit(run_study(__file__, __doc__, measure))
