"""Layers as rows of a panel: their names where there is room for them, and the height of a panel."""

import math
from collections.abc import Sequence

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties

from neurosim.plotting.styles import POINTS

__all__ = ["height_in_points", "label_rows", "small_type", "width_in_points"]


def label_rows(ax: Axes, names: Sequence[str], quantity: str = "Layer", top: bool = True) -> None:
    """Name the rows 0, 1, ... of a panel; where names would overlap only every second, third, ... is written.

    `top` puts the first row on top.
    """
    step = math.ceil(len(names) * 1.2 * small_type() / height_in_points(ax))
    ax.set_yticks(range(0, len(names), step), list(names[::step]))
    limits = (-0.6, len(names) - 0.4)
    ax.set_ylim(*(limits[::-1] if top else limits))
    ax.set_ylabel(quantity)


def height_in_points(ax: Axes) -> float:
    """Return the height of axes [pt], as far as it is known before the layout."""
    return float(ax.get_window_extent().height / ax.figure.dpi * POINTS)


def width_in_points(ax: Axes) -> float:
    """Return the width of axes [pt], as far as it is known before the layout."""
    return float(ax.get_window_extent().width / ax.figure.dpi * POINTS)


def small_type() -> float:
    """Return the size of the smaller type [pt]."""
    return float(FontProperties(size=rcParams["ytick.labelsize"]).get_size_in_points())
