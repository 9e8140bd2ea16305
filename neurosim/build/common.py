"""What all builds with equal flags share, compiled once: the kernels, and the standard headers."""

import hashlib
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ..connectivity.sources import SOURCES, copy_sources
from ..errors import RunFailed
from .cache import cached, compile_project, compiler_version, processor

__all__ = ["compile_with_common"]

HEADERS = (
    "algorithm chrono climits cmath cstdint cstdio cstdlib cstring ctime fstream iostream iterator limits "
    "map memory random set string tuple utility vector"
)
"""What Brian2's generated files include, and each of them anew."""

PREFIX, KERNELS = "prefix.h", "entry.o"


def compile_with_common(folder: Path, flags: Sequence[str]) -> None:
    """Compile a standalone project in place, with the kernels and headers that are compiled already.

    Parameters
    ----------
    folder
        As `generate` fills it.
    flags
        Of the compiler, as in the project's makefile.

    Raises
    ------
    RunFailed
        With the compiler's last lines.
    """
    common = _common(flags)
    (folder / "make.deps").touch()  # every file is compiled once: what it depends on need not be found out
    shutil.copyfile(common / KERNELS, folder / "neurosim" / KERNELS)  # newer than its source: make takes it
    compile_project(folder, f"CXX=g++ -include {shlex.quote(str(common / PREFIX))}")


def _common(flags: Sequence[str]) -> Path:
    sources = [Path(__file__).parent.parent.joinpath("connectivity", name).read_text() for name in SOURCES]
    parts = [compiler_version(), processor(), *flags, HEADERS, *sources]
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return cached(f"common-{key}", lambda folder: _compile(folder, flags))


def _compile(folder: Path, flags: Sequence[str]) -> None:
    copy_sources(folder)
    (folder / PREFIX).write_text("".join(f"#include <{name}>\n" for name in HEADERS.split()))
    commands = (
        ["g++", *flags, "-x", "c++-header", PREFIX, "-o", f"{PREFIX}.gch"],
        ["g++", *flags, "-c", "neurosim/entry.cpp", "-o", KERNELS],
    )
    running = [subprocess.Popen(c, cwd=folder, stderr=subprocess.PIPE, text=True) for c in commands]
    said = [process.communicate()[1] for process in running]
    for process, text in zip(running, said, strict=True):
        if process.returncode != 0:
            last = " | ".join(text.strip().splitlines()[-5:])
            raise RunFailed(f"compiling the kernels failed with status {process.returncode}: {last}")
    shutil.rmtree(folder / "neurosim")
