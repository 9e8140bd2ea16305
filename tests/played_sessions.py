"""Sessions of the connectivity played without Brian2: the neurons' own rule in numpy around its currents."""

import contextlib
import ctypes
import hashlib
import subprocess
from pathlib import Path

import numpy as np

import neurosim
from neurosim.build.cache import cached
from neurosim.build.populations import first_neurons
from neurosim.connectivity.host import HostSession
from neurosim.connectivity.plan import channels_last, make_plan, three_axes
from neurosim.devices import CppStandalone, compiler_flags
from neurosim.neurons.base import initial_state
from neurosim.reference import parameter_arrays, simulate

__all__ = ["PRECISIONS", "Compiled", "Hosted", "compiled_kernels", "play", "referred", "write_session"]

PRECISIONS = {np.dtype(np.float64): "double", np.dtype(np.float32): "single"}


def compiled_kernels():
    """Return the shared library of `kernels.cpp`, compiled with the flags of the standalone device."""
    folder, main = Path(neurosim.__file__).parent / "connectivity", Path(__file__).with_name("kernels.cpp")
    flags = [*compiler_flags(CppStandalone(threads=2), "double"), "-shared", "-fPIC", f"-I{folder}"]
    sources = "".join(path.read_text() for path in [main, *sorted(folder.glob("*.h"))])
    key = hashlib.sha256(" ".join([sources, *flags]).encode()).hexdigest()

    def make(target):
        subprocess.run(["g++", *flags, str(main), "-o", str(target / "kernels.so")], check=True)

    return ctypes.CDLL(str(cached(key, make) / "kernels.so"))


def write_session(folder, network, frames, steps, block=1, batch=1):
    """Write the files that a session reads into `folder`, and the folder that it writes to."""
    first, shape = first_neurons(network), network.input.shape
    plan = make_plan(network, network.projections, first, frames.dtype.type, block)
    sizes = [len(frames), steps, frames.shape[1], shape[0], *three_axes(shape[1:])]
    files = {
        "plan": plan.numbers,
        "weights": plan.weights,
        "record": np.array([(0, 1, network[name].model.signed) for name in first], np.int64),
        "watched": np.zeros(sum(layer.size for layer in network.neurons), np.uint8),
        "draws": np.zeros(1, np.int64),
        "frames": channels_last(frames, len(shape)),
        "run": np.array([*sizes, network.depth * block, block, steps, 0, batch], np.int64),
    }
    (folder / "recorded").mkdir(exist_ok=True)
    for name, values in files.items():
        values.tofile(folder / f"{name}.bin")


class Compiled:
    """`session.h`, which reads its files in `folder`."""

    def __init__(self, library, network, frames, steps, folder, threads=1, block=1):
        self.block = block
        write_session(folder, network, frames, steps, block)
        size = sum(layer.size for layer in network.neurons)
        precision = PRECISIONS[frames.dtype]
        self._propagate, self._close = (getattr(library, f"{n}_{precision}") for n in ("propagate", "close"))
        opener = getattr(library, f"open_{precision}")
        opener.restype = ctypes.c_void_p
        self._session, self._folder = ctypes.c_void_p(opener(threads)), folder
        self._spikes = [], []
        self.currents = np.zeros(size, frames.dtype)

    def propagate(self, step):
        empty = np.empty(0, np.int32)
        neurons = np.concatenate([empty, *self._spikes[0]])
        strengths = np.concatenate([empty, *self._spikes[1]]).astype(self.currents.dtype)
        self._spikes = [], []
        arrays = [array.ctypes.data_as(ctypes.c_void_p) for array in (neurons, strengths, self.currents)]
        with contextlib.chdir(self._folder):
            self._propagate(
                self._session, ctypes.c_int64(step), *arrays[:2], ctypes.c_int64(len(neurons)), arrays[2]
            )

    def fire(self, neurons, strengths, step):
        speaking = np.flatnonzero(strengths)
        self._spikes[0].append(neurons[speaking].astype(np.int32))
        self._spikes[1].append(strengths[speaking])

    def close(self):
        self._close(self._session)


class Hosted:
    """`HostSession`."""

    block = 1

    def __init__(self, network, frames, steps):
        self._session = HostSession(network, network.projections, first_neurons(network), frames, steps)
        self.propagate, self.fire = self._session.propagate, self._session.fire

    @property
    def currents(self):
        return self._session.currents

    def close(self):
        pass


def play(session, network, images, steps, dtype):
    """Run a session as a device does; return strengths and potentials by layer, (images, steps, *shape)."""
    first = first_neurons(network)
    parts = {name: parameter_arrays(network, network[name], 1e-3, dtype) for name in first}
    states = {}
    shapes = {name: (images, steps, *network[name].shape) for name in first}
    strengths, potentials = ({name: np.zeros(shape, dtype) for name, shape in shapes.items()} for _ in "ab")
    for step in range(images * steps + session.block * network.depth + 1):
        session.propagate(step)
        for name, begin in first.items():
            layer = network[name]
            image, k = divmod(step - session.block * network.latency[name], steps)
            if not 0 <= image < images:
                continue
            if k == 0:
                states[name] = initial_state(layer.model, (1, *layer.shape), parts[name], np.dtype(dtype))
            drive = session.currents[begin : begin + layer.size].reshape(*layer.shape[1:], layer.shape[0])
            said = layer.model.step(states[name], np.moveaxis(drive, -1, 0)[None].copy(), parts[name])
            strengths[name][image, k], potentials[name][image, k] = said[0], states[name]["v"][0]
            session.fire(np.arange(begin, begin + layer.size), channels_last(said[0], len(layer.shape)), step)
    session.close()
    return strengths, potentials


def referred(network, frames, steps):
    """Return the same from the reference."""
    made = list(simulate(network, frames, steps, dtype=frames.dtype.type))
    return tuple(
        {name: np.stack([getattr(step[name], part) for step in made], axis=1) for name in made[0]}
        for part in ("strength", "potential")
    )
