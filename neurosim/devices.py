"""Devices: where a network runs, and the only place that touches Brian2's global state."""

import contextlib
import dataclasses
import logging
import sys
import warnings
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from .errors import DeviceUnavailable, InputError

__all__ = [
    "CppStandalone",
    "CudaStandalone",
    "Device",
    "Reference",
    "Runtime",
    "compiler_flags",
    "cuda_standalone",
    "runtime",
    "standalone",
]


@dataclasses.dataclass(frozen=True)
class Reference:
    """The contract in plain numpy: slow, without Brian2, the oracle for every other device."""


@dataclasses.dataclass(frozen=True)
class Runtime:
    """Brian2 in this process, on its numpy target: nothing is compiled, the user's own objects run live."""


@dataclasses.dataclass(frozen=True)
class CppStandalone:
    """Brian2's standalone C++ code, compiled once and cached, run as a process of its own.

    Parameters
    ----------
    threads : int
        Threads that share the projections' sums; results do not depend on it.
    """

    threads: int = 1

    def __post_init__(self) -> None:
        if isinstance(self.threads, bool) or not isinstance(self.threads, int) or self.threads < 1:
            raise InputError(f"CppStandalone.threads is {self.threads!r}: give a whole number >= 1")


@dataclasses.dataclass(frozen=True)
class CudaStandalone:
    """Brian2's standalone CUDA code through brian2cuda, on one NVIDIA GPU: a batch of images side by side.

    Parameters
    ----------
    gpu : int
        Number of the GPU, as nvidia-smi counts those that this process may see.
    batch : int
        Images that are simulated at once; results do not depend on it.
    numerics : "strict" or "fast"
        "strict" rounds every product and sum as C++ and numpy do; "fast" contracts and approximates
        (`-use_fast_math`), and promises no equality.
    compute_capability : float, optional
        What is compiled for, such as 9.0; None: what the GPU is.
    cuda_version : float, optional
        Of the toolkit, such as 12.4; None: what nvcc says.
    """

    gpu: int = 0
    batch: int = 64
    numerics: str = "strict"
    compute_capability: float | None = None
    cuda_version: float | None = None

    def __post_init__(self) -> None:
        for field, least in (("gpu", 0), ("batch", 1)):
            value = getattr(self, field)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise InputError(f"CudaStandalone.{field} is {value!r}: give a whole number >= {least}")
        if self.numerics not in ("strict", "fast"):
            raise InputError(f"CudaStandalone.numerics is {self.numerics!r}: it must be 'strict' or 'fast'")
        for field, low in (("compute_capability", 5.0), ("cuda_version", 12.0)):
            value = getattr(self, field)
            if value is not None and not (isinstance(value, float) and low <= value < 100):
                raise InputError(
                    f"CudaStandalone.{field} is {value!r}: give a number >= {low}, such as {low}"
                )


Device = Reference | Runtime | CppStandalone | CudaStandalone

STRICT = (
    "-O3",
    "-march=native",
    "-ffp-contract=off",
    "-fno-trapping-math",
    "-fno-math-errno",
    "-std=c++17",
    "-w",
)
"""Flags under which C++ and numpy round alike."""


def compiler_flags(device: CppStandalone, precision: str) -> list[str]:
    """Return the compiler's flags for a device and precision."""
    real = {"double": "double", "single": "float"}[precision]
    return [*STRICT, f"-DNEUROSIM_REAL={real}"] + ["-fopenmp"] * (device.threads > 1)


@contextlib.contextmanager
def standalone(device: CppStandalone, precision: str) -> Iterator[Any]:
    """Make a new C++ standalone device Brian2's current one, and put everything back on leaving.

    Yields
    ------
    brian2.devices.cpp_standalone.device.CPPStandaloneDevice
        An instance of its own, so that a script's own standalone project is left alone.
    """
    brian2 = _import_brian2()
    from brian2.devices import reset_device
    from brian2.devices.cpp_standalone.device import CPPStandaloneDevice

    preferences = _preferences(precision) | {
        "codegen.cpp.extra_compile_args_gcc": compiler_flags(device, precision),
        "codegen.cpp.extra_link_args": ["-fopenmp"] if device.threads > 1 else [],
        "codegen.cpp.headers": ['"neurosim/entry.h"'],
        "devices.cpp_standalone.openmp_threads": 0,
    }
    made = CPPStandaloneDevice()
    with _preferred(preferences):
        brian2.set_device(made, build_on_run=False)
        try:
            yield made
        finally:
            reset_device()


@contextlib.contextmanager
def cuda_standalone(precision: str) -> Iterator[Any]:
    """Make a new CUDA standalone device Brian2's current one, and put everything back on leaving.

    It writes code, for which neither compiler nor GPU is needed; what the compiler is told is not its matter.

    Yields
    ------
    brian2cuda.device.CUDAStandaloneDevice
        An instance of its own.
    """
    brian2 = _import_brian2()
    from brian2.devices import reset_device
    from brian2cuda.device import CUDAStandaloneDevice

    backend = "devices.cuda_standalone.cuda_backend"
    preferences = _preferences(precision) | {
        "codegen.cpp.headers": ['"neurosim/cuda/entry.cuh"'],
        f"{backend}.detect_gpus": False,
        f"{backend}.detect_cuda": False,
        f"{backend}.cuda_path": "/unused",
        f"{backend}.gpu_id": 0,
        f"{backend}.compute_capability": 9.0,
        f"{backend}.cuda_runtime_version": 13.0,
        f"{backend}.extra_compile_args_nvcc": [],
    }
    made = CUDAStandaloneDevice()
    with _preferred(preferences, logging.ERROR):  # it warns of the compiler that it was told not to look for
        brian2.set_device(made, build_on_run=False)
        try:
            yield made
        finally:
            reset_device()


@contextlib.contextmanager
def runtime(precision: str) -> Iterator[None]:
    """Make Brian2's runtime device with the numpy target current, and put everything back on leaving."""
    brian2 = _import_brian2()
    from brian2.devices import reset_device

    with _preferred(_preferences(precision) | {"codegen.target": "numpy"}):
        brian2.set_device("runtime")
        try:
            yield
        finally:
            reset_device()


def _preferences(precision: str) -> dict[str, Any]:
    return {
        "codegen.loop_invariant_optimisations": False,  # it would reorder sums and turn divisions around
        "core.default_float_dtype": {"double": np.float64, "single": np.float32}[precision],
    }


def check_brian2() -> None:
    """Raise DeviceUnavailable unless Brian2 can be imported here and will do what it should.

    Brian2 2.8.0 fails with numpy 2.4, and evaluates a file `brian_preferences` that lies in the working
    directory when it is imported.
    """
    for package, remedy in (("brian2", "brian2==2.8.0"), ("numpy", "'numpy>=2.0,<2.4'")):
        try:
            found = version(package)
        except PackageNotFoundError:
            found = "not installed"
        if not found.startswith({"brian2": ("2.8.",), "numpy": ("2.0.", "2.1.", "2.2.", "2.3.")}[package]):
            raise DeviceUnavailable(f"{package} is {found}: pip install {remedy}")
    if Path("brian_preferences").exists():
        raise DeviceUnavailable(
            f"{Path('brian_preferences').absolute()} would change Brian2's results unseen: move it away"
        )


def _import_brian2() -> Any:
    """Check and import Brian2 without what the import does to the rest of the process.

    It makes setuptools warn of a function that only Windows needs, sends everybody's warnings to
    Brian2's log, and calls every later exception that nobody caught a bug in Brian2.
    """
    check_brian2()
    if "brian2" in sys.modules:
        return sys.modules["brian2"]
    hook = sys.excepthook
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "_get_vc_env is private", UserWarning)
        import brian2

        logging.captureWarnings(False)
    sys.excepthook = hook
    return brian2


@contextlib.contextmanager
def _preferred(wanted: dict[str, Any], spoken: int = logging.WARNING) -> Iterator[None]:
    """Hold some of Brian2's preferences, and keep its logger from speaking below some level."""
    from brian2 import prefs

    kept = {name: prefs[name] for name in wanted}
    logger = logging.getLogger("brian2")
    level = logger.level
    try:
        for name, value in wanted.items():
            prefs[name] = value
        logger.setLevel(max(level, spoken))
        yield
    finally:
        logger.setLevel(level)
        for name, value in kept.items():
            prefs[name] = value
