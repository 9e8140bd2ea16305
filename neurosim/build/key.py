"""What decides a program: the hash under which it is kept."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from ..network import Network
from ..provenance import installed
from .cache import compiler_version

__all__ = ["program_key"]

PACKAGE = Path(__file__).parent.parent
SOURCES = {".py", ".h", ".cpp", ".cuh", ".cu"}


def program_key(network: Network, asked: Sequence[object], packages: Sequence[str]) -> str:
    """Return a hash of a network's structure, of what is asked for, of the tools and of our sources.

    Parameters
    ----------
    asked
        What else decides the program: anything whose `repr` tells it.
    packages
        Whose versions do.

    Raises
    ------
    DeviceUnavailable
        If g++ or make is missing.
    """
    parts = [network.structure(), *map(repr, asked), compiler_version()]
    parts += [f"{name} {installed(name)}" for name in packages]
    sources = [*PACKAGE.glob("connectivity/**/*"), *PACKAGE.glob("build/**/*"), PACKAGE / "devices.py"]
    parts += [path.read_text() for path in sorted(sources) if path.suffix in SOURCES]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
