"""The C++ and CUDA sources of the connectivity, which every generated project gets a copy of."""

import shutil
from collections.abc import Sequence
from pathlib import Path

__all__ = ["CUDA_SOURCES", "SOURCES", "copy_sources"]

SOURCES = (
    "all_ops.h",
    "conv.h",
    "draws.h",
    "entry.cpp",
    "entry.h",
    "files.h",
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

CUDA_SOURCES = (
    "draws.h",
    "files.h",
    "nonzero.h",
    "ops.h",
    "recorder.h",
    "cuda/board.cuh",
    "cuda/entry.cu",
    "cuda/entry.cuh",
    "cuda/kernels.cuh",
    "cuda/memory.cuh",
    "cuda/network.cuh",
    "cuda/ops.cuh",
    "cuda/recorder.cuh",
    "cuda/session.cuh",
)
"""Those of the GPU's, with what they share with C++."""


def copy_sources(folder: Path, names: Sequence[str] = SOURCES) -> None:
    """Copy sources into a project's folder, below neurosim/."""
    for name in names:
        copied = folder / "neurosim" / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(__file__).parent / name, copied)
