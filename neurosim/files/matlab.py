"""MATLAB files, as those in which hyperspectral scenes are exchanged: one numeric array out of them."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from neurosim.files import matlab5
from neurosim.files.checks import MAGIC, parsing, refuse, regular_size
from neurosim.files.hdf5 import open_hdf5
from neurosim.files.matlab5 import NUMBERS, Variable

__all__ = ["read_matlab"]

USER_BLOCK = 512
HDF5 = next(magic for magic, name in MAGIC.items() if name == "HDF5")
VERSIONS = {b"\x00\x01IM": 5, b"\x01\x00MI": 5, b"\x00\x02IM": 7.3, b"\x02\x00MI": 7.3}
KINDS = {"cell": "cell array", "char": "text", "struct": "struct"}


def read_matlab(
    path: str | os.PathLike[str], variable: str | None = None, *, rank: int | None = None
) -> NDArray[Any]:
    """Read one real numeric array of a `.mat` file of version 5 (`save -v6`, `-v7`) or 7.3 (HDF5).

    Nothing else in the file is read: cell arrays, structs, objects, text, sparse and complex arrays are
    refused where they are asked for, and a file of version 7.3 with references in it as a whole. scipy.io
    reads the same numbers, but not version 7.3, and a damaged tag kills its process (`SIGBUS`, scipy 1.17).

    Parameters
    ----------
    path
    variable
        Its name; None: the only numeric array of the file, or the only one with so many dimensions.
    rank
        How many dimensions it must have; None: any.

    Returns
    -------
    ndarray
        In MATLAB's shape and type.

    Raises
    ------
    FileError
        If the file is of another version or damaged, there is no such variable, or more than one, or it is no
        array of real numbers, or declares more than the file can hold.
    """
    path = Path(path)
    with parsing(path, "MATLAB"), _variables(path) as found:
        chosen = _choose(path, found, variable, rank)
        if chosen.kind != NUMBERS:
            refuse(path, chosen.name, f"a variable of kind {chosen.kind}", "an array of real numbers")
        if not chosen.shape or min(chosen.shape) < 1 or rank not in (None, len(chosen.shape)):
            wanted = f"{rank} dimensions" if rank else "dimensions"
            refuse(path, chosen.name, f"shape {chosen.shape}", f"{wanted} of at least 1")
        return chosen.read()


def _choose(path: Path, found: Sequence[Variable], name: str | None, rank: int | None) -> Variable:
    fitting = [v for v in found if v.kind == NUMBERS and rank in (None, len(v.shape))]
    chosen = fitting if name is None else [v for v in found if v.name == name]
    if len(chosen) != 1:
        there = ", ".join(f"{v.name} {v.shape or v.kind}" for v in found) or "none"
        numeric = f"one numeric array of {rank} dimensions" if rank else "one numeric array"
        wanted = f"{numeric}: name the variable" if name is None else f"one called {name!r}"
        refuse(path, "variables", there, wanted)
    return chosen[0]


@contextmanager
def _variables(path: Path) -> Iterator[list[Variable]]:
    regular_size(path)
    with path.open("rb") as file:
        head = file.read(matlab5.HEADER)
    version = VERSIONS.get(head[124:128])
    if version == 5:
        yield matlab5.variables(path)
    elif version == 7.3 or head.startswith(HDF5):
        with open_hdf5(path, user_block=0 if head.startswith(HDF5) else USER_BLOCK) as file:
            yield [_of_hdf5(name, item) for name, item in file.items()]
    else:
        refuse(path, "first bytes", repr(head[:16]), "those of a MATLAB file of version 5 or 7.3")


def _of_hdf5(name: str, item: Any) -> Variable:
    """Return a variable of version 7.3; HDF5 has MATLAB's arrays transposed, which are in Fortran's order."""
    said = item.attrs.get("MATLAB_class", b"")
    kind = KINDS.get(said.decode("ascii", "replace") if isinstance(said, bytes) else "", "")
    if isinstance(item, h5py.Group):
        return Variable(name, kind or "struct", (), partial(np.empty, 0))
    numeric = item.dtype.kind in "biuf" and "MATLAB_empty" not in item.attrs
    return Variable(name, kind or (NUMBERS if numeric else "other"), item.shape[::-1], lambda: item[()].T)
