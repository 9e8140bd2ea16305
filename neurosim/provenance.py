"""What made a result: versions, machine and revision, as plain JSON."""

import datetime
import functools
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["installed", "provenance"]

PACKAGES = {"neurosim": "neurosim-brian2", "numpy": "numpy", "brian2": "brian2", "torch": "torch"}
CHECKOUT = Path(__file__).resolve().parents[1]


def provenance(*, compiler: bool = False, time: bool = False) -> dict[str, Any]:
    """Return what the results depend on; nothing is imported to find out.

    Parameters
    ----------
    compiler
        Ask g++ for its version.
    time
        Add the present UTC time; without it, equal surroundings give equal provenance.

    Returns
    -------
    dict
        versions (None: not installed), python, platform, cpu, revision (None: no checkout), and as asked
        compiler (None: no g++) and time.
    """
    found: dict[str, Any] = {
        "versions": {name: installed(package) for name, package in PACKAGES.items()},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": _cpu(),
        "revision": _revision(),
    }
    if compiler:
        found["compiler"] = _say("g++", "--version")
    if time:
        found["time"] = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return found


@functools.cache
def installed(package: str) -> str | None:
    """Return the version of a package, None if it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


@functools.cache
def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _revision() -> str | None:
    """Return the commit of the checkout this package runs from, with "+" after it when files were changed."""
    if not (CHECKOUT / ".git").exists():
        return None
    commit = _say("git", "-C", str(CHECKOUT), "rev-parse", "HEAD")
    changed = _say("git", "-C", str(CHECKOUT), "status", "--porcelain", "--untracked-files=no")
    return commit and commit + ("+" if changed else "")


def _say(*command: str) -> str | None:
    """Return the first line a command prints, None if it is missing or fails."""
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.partition("\n")[0] if done.returncode == 0 else None
