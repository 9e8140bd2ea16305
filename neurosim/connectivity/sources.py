"""The C++ sources of the connectivity, which every generated project gets a copy of."""

import shutil
from pathlib import Path

__all__ = ["SOURCES", "copy_sources"]

SOURCES = (
    "all_ops.h",
    "conv.h",
    "draws.h",
    "entry.cpp",
    "entry.h",
    "gather.h",
    "maxpool.h",
    "network.h",
    "nonzero.h",
    "ops.h",
    "recorder.h",
    "reshape.h",
    "session.h",
    "stretches.h",
    "timing.h",
)
"""The C++ sources of the connectivity."""


def copy_sources(folder: Path) -> None:
    """Copy the C++ sources into a project's folder, below neurosim/."""
    (folder / "neurosim").mkdir()
    for name in SOURCES:
        shutil.copyfile(Path(__file__).with_name(name), folder / "neurosim" / name)
