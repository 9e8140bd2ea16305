"""Looks as values: what journals ask of a figure, as matplotlib's own parameters."""

import math
from dataclasses import dataclass
from typing import Any

from cycler import cycler

from neurosim.errors import InputError
from neurosim.plotting.fonts import FONT, SUBSTITUTE, ship

__all__ = ["FILLS", "INCH", "INKS", "MAP", "PALETTE", "POINTS", "PRESETS", "SIGNED_INKS", "Preset", "style"]

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
"""Colours that the colour-blind can tell apart: B. Wong, Nature Methods 8, 441 (2011)."""
INKS = PALETTE[:7]
"""The same without yellow, for lines and dots on white."""

SIGNED_INKS = PALETTE[:6]
"""The same without black, where black says that something is negative."""
FILLS = (PALETTE[0], PALETTE[4], PALETTE[6], PALETTE[7], "#BBBBBB")
"""Neighbouring areas, which keep apart in greyscale, too."""
MAP = "cividis"
"""Colours of numbers, from dark to light; the same to all eyes (Nuñez, Anderton, Renslow 2018)."""

INCH = 25.4  # mm
POINTS = 72.0  # an inch
LINES = 9  # of text, at least, in the height of a figure


@dataclass(frozen=True)
class Preset:
    """A place for figures: width and most height [mm], sizes of type and lines [pt], dots per inch."""

    width: float
    most_height: float
    text: float
    small: float
    line: float
    dpi: int

    @property
    def least_height(self) -> float:
        """What axes, their texts and a legend need [mm]."""
        return LINES * self.text / POINTS * INCH


PRESETS = {
    "nature-single": Preset(89.0, 170.0, 7.0, 6.0, 0.5, 450),
    "nature-double": Preset(183.0, 170.0, 7.0, 6.0, 0.5, 450),
    "ieee-single": Preset(88.9, 228.6, 9.0, 8.0, 0.6, 600),
    "ieee-double": Preset(181.0, 228.6, 9.0, 8.0, 0.6, 600),
    "slides": Preset(254.0, 142.9, 18.0, 16.0, 1.2, 200),
}
"""Nature: research-figure-guide.nature.com; IEEE: Guidelines for author supplied graphics; slides: 16:9."""


def style(preset: str, height: float | None = None) -> dict[str, Any]:
    """Return matplotlib's parameters for a place of publication.

    Use as ``with matplotlib.rc_context(style("nature-single")):`` around making, drawing and saving.

    Parameters
    ----------
    preset
        One of `PRESETS`.
    height
        Of the figure [mm]; by default 0.62 of its width.

    Raises
    ------
    InputError
        If there is no such preset, the figure would not fit on its page, or its texts not into the figure.
    """
    if preset not in PRESETS:
        raise InputError(f"style: preset is {preset!r}; give one of {', '.join(PRESETS)}")
    look = PRESETS[preset]
    height = min(0.62 * look.width, look.most_height) if height is None else height
    if height < look.least_height:
        least = math.ceil(look.least_height)
        raise InputError(f"style: height is {height} mm; the text of {preset} needs {least} mm")
    if not (math.isfinite(height) and height <= look.most_height):
        raise InputError(f"style: height is {height} mm; {preset} has room for {look.most_height} mm")
    return _page(look, height) | _type(look) | _lines(look)


def _page(look: Preset, height: float) -> dict[str, Any]:
    margins = ("figure.constrained_layout.w_pad", "figure.constrained_layout.h_pad")
    return {
        **dict.fromkeys(margins, 0.5 * look.text / POINTS),
        "figure.figsize": (look.width / INCH, height / INCH),
        "figure.dpi": look.dpi,
        "figure.constrained_layout.use": True,
        "savefig.dpi": "figure",
        "savefig.bbox": None,  # the width is the page's, to the point
        "pdf.fonttype": 42,
        "ps.fonttype": 42,
        "svg.fonttype": "none",
        "svg.hashsalt": "neurosim",
    }


def _type(look: Preset) -> dict[str, Any]:
    small = ("xtick.labelsize", "ytick.labelsize", "legend.fontsize")
    return {
        "font.family": [ship(), SUBSTITUTE],
        "font.size": look.text,
        "axes.titlesize": look.text,
        "axes.labelsize": look.text,
        "mathtext.fontset": "custom",
        "mathtext.rm": FONT,
        "mathtext.it": f"{FONT}:italic",
        "mathtext.bf": f"{FONT}:bold",
        **dict.fromkeys(("mathtext.cal", "mathtext.sf", "mathtext.tt"), FONT),
        **dict.fromkeys(small, look.small),
    }


def _lines(look: Preset) -> dict[str, Any]:
    widths = ("axes.linewidth", "xtick.major.width", "ytick.major.width", "patch.linewidth")
    return {
        "axes.prop_cycle": cycler(color=INKS),
        "image.cmap": MAP,
        "image.interpolation": "nearest",
        "axes.grid": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.frameon": False,
        "legend.handlelength": 1.8,
        "legend.columnspacing": 1.2,
        "lines.linewidth": 2 * look.line,
        "lines.markersize": 6 * look.line,
        "xtick.major.size": 5 * look.line,
        "ytick.major.size": 5 * look.line,
        **dict.fromkeys(widths, look.line),
    }
