"""The torch peers: their environment, and processes in it that answer questions."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["PEERS", "Peer", "environment"]

PEERS = {"spikingjelly": "2.0.0", "sinabs": "3.1.3"}
BESIDE = ("torch", "numpy", "h5py", "matplotlib", "scipy", "tqdm")
"""What the peers need of what neurosim needs too, at the versions of constraints.txt."""
IMPORTED = ("loguru==0.7.3", "nir==1.0.4", "nirtorch==2.6", "pbr==7.1.3")
"""What else they need to be imported."""

HERE = Path(__file__).resolve().parents[1]
FOLDER = HERE / ".venv"


def environment() -> Path:
    """Return the Python of the peers' environment, which is made if it is not there."""
    python, stamp = FOLDER / "bin" / "python", FOLDER / ".installed"
    wanted = json.dumps([PEERS, BESIDE, IMPORTED])
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    print(f"making {FOLDER} with {', '.join(f'{n} {v}' for n, v in PEERS.items())}", file=sys.stderr)
    venv.create(FOLDER, clear=True, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "-c", str(HERE.parent / "constraints.txt"), *BESIDE], check=True)
    pinned = [f"{name}=={version}" for name, version in PEERS.items()]
    subprocess.run([*pip, "--no-deps", *pinned, *IMPORTED], check=True)
    stamp.write_text(wanted)
    return python


class Peer:
    """One engine with one network in a process of its own; a context manager."""

    def __init__(self, name: str, network: Path) -> None:
        command = [str(environment()), "-m", "harness.torch_peers", name, str(network)]
        own = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        self.process = subprocess.Popen(
            command,
            cwd=HERE,
            env=own | {"OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.name = name

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.kill()
        self.process.wait()

    def ask(self, **question: Any) -> dict[str, Any]:
        """Return the answer to one line."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.name} ended with status {self.process.wait()}: see its message above")
        return json.loads(answer)

    def counts(self, path: Path) -> dict[str, np.ndarray]:
        """Return the number of spikes of every neuron and image, by layer."""
        self.ask(counts=str(path))
        with np.load(path) as file:
            return dict(file)
