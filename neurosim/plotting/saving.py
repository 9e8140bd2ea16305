"""Figures as files: PDF and PNG of the same stem, the same bytes for the same figure."""

import os
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from neurosim.files import atomic
from neurosim.plotting.styles import font

__all__ = ["save"]


def save(figure: Figure, stem: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Write a figure as `stem`.pdf and `stem`.png, beside and renamed.

    Neither holds a date; both name the font. PDF text stays text (TrueType).

    Parameters
    ----------
    figure
        Drawn under `style`.
    stem
        Path without suffix.

    Returns
    -------
    pdf, png : Path

    Raises
    ------
    FileError
        If a file cannot be written.
    """
    said = f"font: {font()}"
    metadata: dict[str, dict[str, Any]] = {
        "pdf": {"CreationDate": None, "ModDate": None, "Subject": said},
        "png": {"Software": None, "Comment": said},
    }
    pdf, png = (_write(figure, Path(f"{os.fspath(stem)}.{kind}"), metadata[kind]) for kind in ("pdf", "png"))
    return pdf, png


def _write(figure: Figure, path: Path, metadata: dict[str, Any]) -> Path:
    # a TrueType PDF of the very size of the figure, even where the caller's style has ended
    with atomic(path) as temporary, matplotlib.rc_context({"pdf.fonttype": 42, "savefig.bbox": None}):
        figure.savefig(temporary, format=path.suffix[1:], dpi="figure", metadata=metadata)
    return path
