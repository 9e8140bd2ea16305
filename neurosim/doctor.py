"""What neurosim needs of a machine, looked at without importing any of it."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from neurosim.build.cache import cache_folder
from neurosim.build.toolkit import BRIAN2CUDA, find_gpus, find_toolkit
from neurosim.devices import CudaStandalone
from neurosim.errors import DeviceUnavailable, RunFailed

__all__ = ["Check", "checks"]


@dataclass(frozen=True)
class Check:
    """One thing looked at: whether it is as it must be, what was found, and what to do if it is not."""

    name: str
    ok: bool
    found: str
    remedy: str


def checks(cuda: bool = False) -> list[Check]:
    """Return what was found on this machine.

    Parameters
    ----------
    cuda
        Look for what the CUDA device needs, too.
    """
    looked = [
        _python(),
        _package(
            "numpy", (2, 0), (2, 4), "pip install 'numpy>=2.0,<2.4' (brian2 2.8.0 fails with numpy 2.4)"
        ),
        _package("brian2", (2, 8, 0), (2, 8, 1), "pip install brian2==2.8.0"),
        _tool("g++", "apt-get install g++"),
        _tool("make", "apt-get install make"),
        _cache(),
        *_preferences(),
        _package("torch", (2, 11), (3,), "pip install 'neurosim-brian2[torch]' (to train and convert)"),
    ]
    return looked + list(_cuda()) if cuda else looked


def _python() -> Check:
    version = sys.version_info[:3]
    found = ".".join(map(str, version))
    return Check("python", (3, 11) <= version < (3, 14), found, "make venv PYTHON=python3.12 (3.11 to 3.13)")


def _package(name: str, low: tuple[int, ...], high: tuple[int, ...], remedy: str) -> Check:
    """Compare what is installed with low <= version < high, from its metadata alone."""
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Check(name, False, "not installed", remedy)
    return Check(name, low <= _numbers(found) < high, found, remedy)


def _numbers(version: str) -> tuple[int, ...]:
    """Return the release of a version: 2.13.0+cpu gives (2, 13, 0)."""
    parts = version.partition("+")[0].split(".")
    return tuple(int(part) for part in parts if part.isdigit())


def _tool(name: str, remedy: str) -> Check:
    path = shutil.which(name)
    return Check(name, path is not None, path or "not found", remedy)


def _cache() -> Check:
    remedy = "set NEUROSIM_CACHE to a writable folder"
    try:
        folder = cache_folder()
        with tempfile.TemporaryFile(dir=folder):
            return Check("cache", True, str(folder), remedy)
    except (RunFailed, OSError) as error:
        return Check("cache", False, str(error), remedy)


def _preferences() -> Iterator[Check]:
    """Brian2 evaluates these files when it is imported."""
    files = {
        "preferences here": Path("brian_preferences"),
        "your preferences": Path.home() / ".brian/user_preferences",
    }
    for name, path in files.items():
        found = str(path.absolute()) if path.exists() else "none"
        yield Check(name, not path.exists(), found, f"move {path} away: it changes Brian2's results unseen")


def _cuda() -> Iterator[Check]:
    """Look as the device does; its own words are the remedy."""
    yield _package("brian2cuda", (1, 0), (1, 1), f"pip install brian2cuda=={BRIAN2CUDA}")
    yield _found("nvcc", _toolkit)
    yield _found("gpu", _gpus)


def _found(name: str, look: Callable[[], str]) -> Check:
    try:
        found = look()
    except DeviceUnavailable as error:
        return Check(name, False, "not usable", str(error))
    remedy = "use a machine with an NVIDIA GPU, or free it for this process (CUDA_VISIBLE_DEVICES)"
    return Check(name, bool(found), found or "none", remedy)


def _toolkit() -> str:
    toolkit = find_toolkit(CudaStandalone())
    return f"{toolkit.nvcc}, CUDA {toolkit.version}, cuRAND {toolkit.curand or 'beside it'}"


def _gpus() -> str:
    return "; ".join(
        f"{gpu.name}, compute capability {gpu.compute_capability}, {gpu.memory / 2**30:.0f} GiB, driver "
        f"{gpu.driver}"
        for gpu in find_gpus()
    )
