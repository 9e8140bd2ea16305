"""Liberation Sans, which comes with the package, so that no figure depends on the fonts of a machine."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from matplotlib import font_manager

__all__ = ["FONT", "SUBSTITUTE", "ship"]

FONT = "Liberation Sans"
"""Drawn to the widths of Arial; under the SIL Open Font License, see `neurosim/data/fonts/OFL.txt`."""
SUBSTITUTE = "DejaVu Sans"
"""Comes with matplotlib, for letters that Liberation Sans lacks."""


@cache
def ship() -> str:
    """Make matplotlib know the font, before any other of the same name, and return its name."""
    manager = font_manager.fontManager
    installed = list(manager.ttflist)
    for path in sorted(Path(str(files("neurosim") / "data" / "fonts")).glob("*.ttf")):
        manager.addfont(path)
    manager.ttflist[:] = manager.ttflist[len(installed) :] + installed
    return FONT
