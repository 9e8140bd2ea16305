"""How much memory does a network of millions of neurons take?

Method: ResNet34 on one picture of 3x224x224, 4 steps, in single precision, counting every spike; thresholds
for 5 % activity. A fresh process loads the network from its file and runs it; peak memory is the high-water
mark of that process and of the program that it starts.

Run: python benchmarks/memory.py [--quick --output DIR]
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from harness import nets
from harness.activity import calibrated

from neurosim.workflows.studies import Answer, run_study

ACTIVITY, STEPS, GIGA = 0.05, 4, 1e9


def measure(quick: bool) -> Answer:
    """Return one row."""
    torch.set_num_threads(1)
    blank = nets.chain(5) if quick else nets.resnet34()
    picture = nets.images(1, blank.input.shape)
    network = calibrated(blank, picture, STEPS, ACTIVITY)
    row: dict[str, Any] = {"net": "chain5" if quick else "resnet34"}
    row |= {"neurons": sum(layer.size for layer in network.neurons), "steps": STEPS}
    with tempfile.TemporaryDirectory() as folder:
        network.save(Path(folder) / "net.safetensors")
        np.save(Path(folder) / "picture.npy", picture)
        command = [sys.executable, "-m", "harness.one_run", folder, str(STEPS)]
        here = Path(__file__).resolve().parent
        done = subprocess.run(command, cwd=here, check=True, stdout=subprocess.PIPE, text=True)
    said = json.loads(done.stdout)
    row |= {"build_s": round(said["build"], 2), "run_s": round(said["run"], 2)}
    row |= {f"{name}_gb": round(said[name] / GIGA, 4) for name in ("program", "python")}
    return Answer([row | {"together_gb": round((said["program"] + said["python"]) / GIGA, 4)}])


if __name__ == "__main__":
    sys.exit(run_study(__file__, __doc__, measure))
