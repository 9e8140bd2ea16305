"""Builds are compiled once: a per-user cache of folders, each named by the hash of what made it."""

import fcntl
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import DeviceUnavailable, RunFailed

__all__ = ["cache_folder", "cached", "compile_project", "compiler_version", "processor"]


def cache_folder() -> Path:
    """Return the folder of this user's builds, made with access for the user alone.

    Raises
    ------
    RunFailed
        If it cannot be made.
    """
    base = os.environ.get("NEUROSIM_CACHE") or Path(
        os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "neurosim"
    )
    folder = Path(base, "builds")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    except OSError as error:
        raise RunFailed(
            f"cache folder {folder}: {error.strerror}: set NEUROSIM_CACHE to a writable folder"
        ) from None
    return folder


def cached(key: str, make: Callable[[Path], None]) -> Path:
    """Return the build called `key`; if there is none, let `make` fill an empty folder and keep it.

    Two processes that want the same build wait for each other; a build that fails leaves nothing.
    """
    folder = cache_folder() / key
    if folder.is_dir():
        return folder
    with _locked(folder.with_suffix(".lock")):
        if not folder.is_dir():
            temporary = Path(tempfile.mkdtemp(prefix=f"{key[:8]}-", dir=folder.parent))
            try:
                make(temporary)
                temporary.rename(folder)
            except BaseException:
                shutil.rmtree(temporary, ignore_errors=True)
                raise
    return folder


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def compiler_version() -> str:
    """Return what g++ and make call themselves.

    Raises
    ------
    DeviceUnavailable
        If one of them is missing, naming the package to install.
    """
    for tool in ("g++", "make"):
        if shutil.which(tool) is None:
            raise DeviceUnavailable(
                f"CppStandalone: {tool} not found: install it with apt-get install {tool}"
            )
    said = subprocess.run(["g++", "--version"], capture_output=True, text=True, check=True)
    return said.stdout.splitlines()[0]


def processor() -> str:
    """Return what -march=native depends on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return "".join(sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))}))


def compile_project(folder: Path, *variables: str) -> None:
    """Compile a standalone project in place; `variables` are make's, NAME=VALUE.

    Raises
    ------
    RunFailed
        With the compiler's last lines.
    """
    jobs = f"-j{os.cpu_count() or 1}"
    made = subprocess.run(["make", jobs, *variables], cwd=folder, capture_output=True, text=True)
    if made.returncode != 0 or not (folder / "main").is_file():
        last = " | ".join(made.stderr.strip().splitlines()[-5:])
        raise RunFailed(f"compiling the simulation failed with status {made.returncode}: {last}")
    for source in folder.rglob("*.o"):
        source.unlink()
