"""Figures as SVG that stands in a page."""

import io
import re
from collections.abc import Callable
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neurosim.plotting.styles import style

__all__ = ["svg"]

PRESET = "nature-single"
REFERENCE = re.compile(r'(\bid="|href="#|url\(#)')


def svg(name: str, draw: Callable[[Axes], object], height: float | None = None) -> str:
    """Return what `draw` draws into its Axes as an `<svg>` element as wide as its place.

    Letters are outlines, since a page cannot know the reader's fonts. Dots of a raster become one picture, so
    that the page stays small. The same drawing gives the same text.

    Parameters
    ----------
    name
        Begins all its identifiers, which else would meet those of other figures.
    draw
        Draws one panel.
    height
        Of the figure [mm]; by default 0.62 of its width.
    """
    look: Any = style(PRESET, height) | {"svg.fonttype": "path", "svg.hashsalt": name, "figure.dpi": 200}
    with matplotlib.rc_context(look):
        figure = Figure(layout="constrained")
        ax = figure.add_subplot()
        draw(ax)
        for dots in ax.collections:
            dots.set_rasterized(True)
        target = io.StringIO()
        figure.savefig(target, format="svg", dpi="figure", metadata={"Date": None, "Creator": None})
    text = target.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', r'<svg role="img" \1>', text, count=1)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = text.replace("xlink:href", "href")
    return REFERENCE.sub(rf"\g<1>{name}-", text)
