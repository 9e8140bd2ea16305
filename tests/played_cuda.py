"""The GPU's session played on the host: its own text, compiled by g++ with the headers of `cuda_on_host`."""

import contextlib
import ctypes
import hashlib
import subprocess
from pathlib import Path

import numpy as np
from played_sessions import PRECISIONS, write_session

import neurosim
from neurosim.build.cache import cached
from neurosim.build.populations import first_neurons
from neurosim.connectivity.plan import channels_last
from neurosim.neurons.base import initial_state
from neurosim.reference import parameter_arrays

__all__ = ["cuda_on_host", "play_batches"]

HERE = Path(__file__).parent
FLAGS = ["-O0", "-ffp-contract=off", "-std=c++17", "-w", "-shared", "-fPIC"]


def cuda_on_host():
    """Return the shared library of `cuda_kernels.cpp`."""
    folder, headers = Path(neurosim.__file__).parent / "connectivity", HERE / "cuda_on_host" / "include"
    main = HERE / "cuda_kernels.cpp"
    read = [main, *sorted(folder.rglob("*.h")), *sorted(folder.rglob("*.cu*")), *sorted(headers.rglob("*.h"))]
    key = hashlib.sha256("".join(path.read_text() for path in read).encode()).hexdigest()

    def make(target):
        command = ["g++", *FLAGS, f"-I{folder}", f"-I{headers}", str(main), "-o", str(target / "cuda.so")]
        subprocess.run(command, check=True)

    return ctypes.CDLL(str(cached(key, make) / "cuda.so"))


def play_batches(library, network, frames, steps, batch, folder):
    """Run a session on batches of images; return strengths and potentials, (images, steps, *shape)."""
    write_session(folder, network, frames, steps, batch=batch)
    images, dtype = len(frames), frames.dtype
    call = {
        name: getattr(library, f"{name}_{PRECISIONS[dtype]}")
        for name in ("open", "propagate", "say", "close")
    }
    call["open"].restype = ctypes.c_void_p
    session = ctypes.c_void_p(call["open"]())
    first, batches = first_neurons(network), -(-images // batch)
    currents = np.zeros(batch * sum(layer.size for layer in network.neurons), dtype)
    parts = {name: parameter_arrays(network, network[name], 1e-3, dtype) for name in first}
    shapes = {name: (batches, steps, batch, *network[name].shape) for name in first}
    strengths, potentials = ({name: np.zeros(shape, dtype) for name, shape in shapes.items()} for _ in "ab")
    states = {}
    for step in range(batches * steps + network.depth + 1):
        with contextlib.chdir(folder):
            call["propagate"](session, ctypes.c_int64(step), currents.ctypes.data_as(ctypes.c_void_p))
        for name, begin in first.items():
            layer = network[name]
            window, k = divmod(step - network.latency[name], steps)
            said = np.zeros((batch, *layer.shape), dtype)
            if 0 <= window < batches:
                if k == 0:
                    states[name] = initial_state(layer.model, said.shape, parts[name], dtype)
                mine = currents[batch * begin : batch * (begin + layer.size)]
                drive = np.moveaxis(mine.reshape(batch, *layer.shape[1:], layer.shape[0]), -1, 1).copy()
                said = layer.model.step(states[name], drive, parts[name])
                strengths[name][window, k], potentials[name][window, k] = said, states[name]["v"]
            flat = np.ascontiguousarray(channels_last(said, len(layer.shape)), dtype)
            where = ctypes.c_int64(batch * begin), ctypes.c_int64(flat.size)
            call["say"](session, ctypes.c_int64(step), *where, flat.ctypes.data_as(ctypes.c_void_p))
    call["close"](session)
    return tuple(
        {name: _by_image(array, images) for name, array in kind.items()} for kind in (strengths, potentials)
    )


def _by_image(array, images):
    """Return (images, steps, *shape) of (batches, steps, images of a batch, *shape)."""
    return np.moveaxis(array, 2, 1).reshape(-1, array.shape[1], *array.shape[3:])[:images]
