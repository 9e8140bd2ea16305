"""Plates: one panel, or several with letters, drawn under a preset's style and saved."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neurosim.errors import InputError
from neurosim.plotting.saving import save
from neurosim.plotting.styles import style

__all__ = ["panels", "plate"]


def plate(
    path: str | os.PathLike[str],
    draw: Callable[[Axes], object],
    preset: str = "nature-single",
    height: float | None = None,
    data: bool = True,
) -> tuple[Path, ...]:
    """Draw one panel as a figure of its own and write it and its data, as `save` does.

    Parameters
    ----------
    path
        As for `save`: .pdf, .png, .svg, or the stem of a PDF and a PNG.
    draw
        Draws into the Axes it is given.
    preset, height
        As for `style`.
    data
        As for `save`.

    Returns
    -------
    tuple of Path
        The figures, then the tables.

    Raises
    ------
    InputError
        As `style`.
    FileError
        If a file cannot be written.
    """
    settings: Any = style(preset, height)
    with matplotlib.rc_context(settings):
        figure = Figure(layout="compressed")
        draw(figure.add_subplot())
        return save(figure, path, data)


def panels(
    path: str | os.PathLike[str],
    draws: Sequence[Callable[[Axes], object]],
    columns: int = 2,
    preset: str = "nature-double",
    height: float | None = None,
    data: bool = True,
) -> tuple[Path, ...]:
    """Draw panels side by side, lettered a, b, c, ... row by row, and write them and their data, as `save`.

    Parameters
    ----------
    path
        As for `save`: .pdf, .png, .svg, or the stem of a PDF and a PNG.
    draws
        Each draws one panel into the Axes it is given.
    columns
        Panels a row.
    preset, height
        As for `style`.
    data
        As for `save`.

    Returns
    -------
    tuple of Path
        The figures, then the tables.

    Raises
    ------
    InputError
        As `style`, or if there are no panels, more than letters, or no column.
    FileError
        If a file cannot be written.
    """
    if not 0 < len(draws) <= len(ascii_lowercase) or columns < 1:
        raise InputError(
            f"panels: {len(draws)} panels in {columns} columns; give 1 to 26 of them, and a column"
        )
    settings: Any = style(preset, height)
    with matplotlib.rc_context(settings):
        figure = Figure(layout="compressed")
        for number, (letter, draw) in enumerate(zip(ascii_lowercase, draws, strict=False), start=1):
            ax = figure.add_subplot(-(-len(draws) // columns), columns, number)
            ax.set_title(letter, loc="left", fontweight="bold")
            draw(ax)
        return save(figure, path, data)
