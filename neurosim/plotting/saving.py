"""Figures as files: the same bytes for the same figure, and its data beside it."""

import os
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from neurosim import tables
from neurosim.errors import InputError
from neurosim.files import atomic
from neurosim.plotting.drawn import tables_of
from neurosim.plotting.fonts import FONT

__all__ = ["FORMATS", "save", "save_data", "save_figure"]

SAID = f"font: {FONT}"
FORMATS: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None, "ModDate": None, "Subject": SAID},
    ".png": {"Software": None, "Comment": SAID},
    ".svg": {"Date": None, "Description": SAID},
}
"""What a file of every format says of itself: no date, and the font."""


def save(figure: Figure, stem: str | os.PathLike[str], data: bool = True) -> tuple[Path, ...]:
    """Write a figure as `stem`.pdf and `stem`.png, and its data as `stem`.csv, beside and renamed.

    Parameters
    ----------
    figure
        Drawn under `style`.
    stem
        Path without suffix.
    data
        Whether to write what the panels show, as `save_data` does; not where a table says it already.

    Returns
    -------
    tuple of Path
        The PDF, the PNG, and the tables.

    Raises
    ------
    FileError
        If a file cannot be written.
    """
    paths = tuple(save_figure(figure, f"{os.fspath(stem)}{suffix}") for suffix in (".pdf", ".png"))
    return paths + (save_data(figure, stem) if data else ())


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> Path:
    """Write a figure as PDF, PNG or SVG, by the suffix of `path`; texts stay text, in TrueType.

    Raises
    ------
    InputError
        If the suffix is of no such format.
    FileError
        If the file cannot be written.
    """
    path = Path(path)
    if path.suffix not in FORMATS:
        raise InputError(f"{path}: a figure ends in {', '.join(FORMATS)}; give one of these suffixes")
    # of the very size of the figure, even where the caller's style has ended
    settings: Any = {
        "pdf.fonttype": 42,
        "svg.fonttype": "none",
        "svg.hashsalt": "neurosim",
        "savefig.bbox": None,
    }
    with atomic(path) as temporary, matplotlib.rc_context(settings):
        figure.savefig(temporary, format=path.suffix[1:], dpi="figure", metadata=FORMATS[path.suffix])
    return path


def save_data(figure: Figure, stem: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Write what the panels show as CSV, one row a bar, dot or step; return the paths.

    One table is `stem`.csv, several are `stem`_a.csv, `stem`_b.csv and so on, in the order of the panels.
    """
    found = tables_of(figure)
    letters = [""] if len(found) == 1 else [f"_{letter}" for letter in ascii_lowercase]
    return tuple(
        _write_table(Path(f"{os.fspath(stem)}{letter}.csv"), rows)
        for letter, rows in zip(letters, found, strict=False)
    )


def _write_table(path: Path, rows: list[dict[str, Any]]) -> Path:
    with atomic(path) as temporary:
        temporary.write_text(tables.to_csv(rows), encoding="utf-8")
    return path
