"""Colours of layers as curves, and legends that stand outside of the panel."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from neurosim.plotting.rows import height_in_points, small_type, width_in_points
from neurosim.plotting.styles import INKS, MAP

__all__ = ["inks_of", "legend_above", "legend_beside"]

DASHES: tuple[Any, ...] = ("-", "--", ":", "-.", (0, (6, 1, 1, 1, 1, 1)), (0, (3, 1)))
MOST_NAMES = 12
HANDLE = 4.2  # of an entry's handle and the space around it, in sizes of its type


def inks_of(names: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each name with the look of its line: few have colours, many run from dark to light."""
    names = list(names)
    shades = matplotlib.colormaps[MAP]
    for index, name in enumerate(names):
        shade = shades(0.9 * index / max(len(names) - 1, 1))
        color = INKS[index] if len(names) <= len(INKS) else shade
        yield name, {"color": color, "linestyle": DASHES[index % len(DASHES)]}


def legend_beside(ax: Axes) -> None:
    """Draw the legend to the right of the panel; of many entries every second, third, ... is named."""
    handles, names = ax.get_legend_handles_labels()
    step = math.ceil(len(names) / MOST_NAMES)
    ax.legend(handles[::step], names[::step], loc="upper left", bbox_to_anchor=(1, 1), borderaxespad=0.3)


def legend_above(ax: Axes, handles: Iterable[Artist] | None = None, raised: float = 0.0) -> None:
    """Draw the legend above the panel, in as many columns as fit, `raised` by a share of its height."""
    found = list(ax.get_legend_handles_labels()[0] if handles is None else handles)
    longest = max(len(str(handle.get_label())) for handle in found)
    columns = int(width_in_points(ax) / (small_type() * (0.5 * longest + HANDLE)))
    columns = max(1, min(columns, len(found)))
    if ax.get_title(loc="left"):  # the letter of a panel
        raised += 2 * small_type() / height_in_points(ax)
    ax.legend(handles=found, ncols=columns, loc="lower right", bbox_to_anchor=(1, 1 + raised), borderpad=0)
