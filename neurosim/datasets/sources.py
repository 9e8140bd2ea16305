"""Where the files of a data set are looked for, and how to say which of them are missing."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from neurosim.errors import FileError

__all__ = ["locate", "missing"]

VARIABLE = "NEUROSIM_DATA"


def locate(
    kind: str, files: Sequence[str], data_dir: str | os.PathLike[str] | None, hint: str | None = None
) -> Path:
    """Return the folder `kind` in `data_dir`, else in the folder named by NEUROSIM_DATA.

    Parameters
    ----------
    kind
        Name of the data set and of its folder.
    files
        What has to lie in it, for the message.
    data_dir
        The folder of data sets, if the caller named one.
    hint
        Where to get the files, for the message.

    Raises
    ------
    FileError
        If there is no such folder.
    """
    root = os.fspath(data_dir) if data_dir is not None else os.environ.get(VARIABLE)
    if not root:
        raise FileError(
            f"data {kind!r}: no data folder is named: put {', '.join(files)} into FOLDER/{kind} and "
            f"give FOLDER as data_dir (--data-dir) or {VARIABLE}{_clause(hint)}"
        )
    folder = Path(root) / kind
    if not folder.is_dir():
        missing(kind, folder, files, hint)
    return folder


def missing(kind: str, folder: Path, files: Sequence[str], hint: str | None = None) -> NoReturn:
    """Raise the FileError that says which files to put where."""
    raise FileError(f"data {kind!r}: files are missing: put {', '.join(files)} into {folder}{_clause(hint)}")


def _clause(hint: str | None) -> str:
    return f"; {hint}" if hint else ""
