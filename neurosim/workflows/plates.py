"""Plates: what every script in figures/ does around its panels."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .. import plotting
from ..errors import NeurosimError

__all__ = ["Panels", "draw_plate"]

DONE, BAD_INPUT = 0, 2

Panels = Sequence[Callable[[Any], object]]
"""Each draws one panel into the Axes it is given."""


def draw_plate(
    script: str,
    document: str,
    panels: Callable[[Path], Panels],
    arguments: Sequence[str] | None = None,
    *,
    columns: int = 2,
    height: float | None = None,
    preset: str = "nature-single",
) -> int:
    """Read the command line, draw, and write `<script>.pdf` and `.png`; return the exit status.

    One panel is as wide as `preset`, several are as wide as Nature's page and lettered. The script's
    options are `--output`, a folder, by default the script's own, and `--quick`, which every script has. The
    data are in the tables and recordings of `analysis/results`, so none are written.

    Parameters
    ----------
    script
        The script's `__file__`.
    document
        Its docstring; the first line is what the figure shows.
    panels
        Called with the folder of the tables and recordings, `analysis/results`; returns what to draw.
    arguments
        Of the command line; None: the process's own.
    columns
        Panels a row.
    height
        Of the figure [mm].
    preset
        Of one panel.

    Returns
    -------
    int
        0, or 2 with one line on stderr after an error of ours.
    """
    path = Path(script).resolve()
    parser = argparse.ArgumentParser(prog=path.name, description=document.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="as every script has; drawing is quick anyway")
    parser.add_argument("--output", type=Path, default=path.parent, help="folder; default: beside the script")
    stem = parser.parse_args(arguments).output / path.stem
    try:
        draws = panels(path.parents[1] / "analysis" / "results")
        if len(draws) == 1:
            written = plotting.plate(stem, draws[0], preset, height, data=False)
        else:
            written = plotting.panels(stem, draws, columns, height=height, data=False)
    except NeurosimError as error:
        print(f"{path.name}: {error}", file=sys.stderr)
        return BAD_INPUT
    print(*written, sep="\n")
    return DONE
