"""Load a network, run it on one picture, and print the seconds and peak bytes that it took.

Run: python -m harness.one_run FOLDER STEPS
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from harness.memory import Watch, high_water
from neurosim import CppStandalone, Network, Simulation


def main(folder: str, steps: str) -> None:
    """Print one JSON object."""
    network = Network.load(Path(folder) / "net.safetensors")
    picture = np.load(Path(folder) / "picture.npy")
    started = time.perf_counter()
    with Simulation(network, CppStandalone(), int(steps), precision="single", record="counts") as simulation:
        built = time.perf_counter()
        with Watch() as watch:
            simulation.run(picture, progress=False)
        took = {"build": built - started, "run": time.perf_counter() - built}
    print(json.dumps(took | {"program": watch.peak, "python": high_water()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
