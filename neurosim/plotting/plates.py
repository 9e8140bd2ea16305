"""Plates: one panel, drawn under a preset's style and saved."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neurosim.plotting.saving import save
from neurosim.plotting.styles import style

__all__ = ["plate"]


def plate(
    stem: str | os.PathLike[str],
    draw: Callable[[Axes], object],
    preset: str = "nature-single",
    height: float | None = None,
) -> tuple[Path, Path]:
    """Draw one panel as a figure of its own and write it as `stem`.pdf and `stem`.png.

    Parameters
    ----------
    stem
        Path without suffix.
    draw
        Draws into the Axes it is given.
    preset, height
        As for `style`.

    Returns
    -------
    pdf, png : Path

    Raises
    ------
    InputError
        As `style`.
    FileError
        If a file cannot be written.
    """
    settings: Any = style(preset, height)
    with matplotlib.rc_context(settings):
        figure = Figure(layout="constrained")
        draw(figure.add_subplot())
        return save(figure, stem)
