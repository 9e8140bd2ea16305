"""Figures as files: the same bytes for the same figure, and its data beside it."""

import os
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from neurosim import tables
from neurosim.files import atomic
from neurosim.plotting.drawn import tables_of
from neurosim.plotting.fonts import FONT

__all__ = ["FORMATS", "save"]

SAID = f"font: {FONT}"
FORMATS: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None, "ModDate": None, "Subject": SAID},
    ".png": {"Software": None, "Comment": SAID},
    ".svg": {"Date": None, "Description": SAID},
}
"""What a file of every format says of itself: no date, and the font."""


def save(figure: Figure, path: str | os.PathLike[str], data: bool = True) -> tuple[Path, ...]:
    """Write a figure, and its data beside it as CSV; each file is written beside and renamed.

    Texts stay text, in TrueType. One table of data is `<stem>.csv`, with a row a bar, dot or step; those of
    several panels are `<stem>_a.csv`, `<stem>_b.csv` and so on.

    Parameters
    ----------
    figure
        Drawn under `style`.
    path
        Ends in .pdf, .png or .svg; without such a suffix it is the stem of a PDF and a PNG.
    data
        Whether to write what the panels show; needless where a table says it already.

    Returns
    -------
    tuple of Path
        The figures, then the tables.

    Raises
    ------
    FileError
        If a file cannot be written.
    """
    path = Path(path)
    one = path.suffix in FORMATS
    stem = path.with_suffix("") if one else path
    figures = [path] if one else [stem.with_name(f"{stem.name}{suffix}") for suffix in (".pdf", ".png")]
    written = tuple(_write_figure(figure, each) for each in figures)
    return written + (_write_tables(figure, stem) if data else ())


def _write_figure(figure: Figure, path: Path) -> Path:
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


def _write_tables(figure: Figure, stem: Path) -> tuple[Path, ...]:
    found = tables_of(figure)
    letters = [""] if len(found) == 1 else [f"_{letter}" for letter in ascii_lowercase]
    paths = [stem.with_name(f"{stem.name}{letter}.csv") for letter in letters]
    return tuple(_write_table(path, rows) for path, rows in zip(paths, found, strict=False))


def _write_table(path: Path, rows: list[dict[str, Any]]) -> Path:
    with atomic(path) as temporary:
        temporary.write_text(tables.to_csv(rows), encoding="utf-8")
    return path
