"""Maps: the rates of a layer's channels, and the classes of the pixels of a scene."""

import math
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import distance_transform_edt

from neurosim.errors import InputError
from neurosim.plotting.drawn import keep
from neurosim.plotting.rows import height_in_points, small_type
from neurosim.plotting.styles import MAP, PALETTE

__all__ = ["classification_map", "rate_map"]

MOST_NAMES = 24

Color = tuple[float, float, float]


def rate_map(ax: Axes, rates: ArrayLike, quantity: str = "Rate (Hz)") -> Axes:
    """Draw the rates of a layer, one tile a channel, row by row.

    Parameters
    ----------
    ax
        Where to draw.
    rates : float (channels, height, width), or fewer axes
        A layer without rows or columns has one of each.
    quantity
        What the rates are, with their unit in parentheses.

    Returns
    -------
    Axes
        `ax`.

    Raises
    ------
    InputError
        If there are no rates, they have more axes than a picture has, all are NaN or one is infinite.
    """
    values = np.asarray(rates, np.float64)
    if not 1 <= values.ndim <= 3 or not values.size:
        raise InputError(f"rate_map: rates {values.shape}; give (channels, height, width)")
    if np.isnan(values).all() or np.isinf(values).any():
        raise InputError("rate_map: all rates are NaN, or one is infinite; give finite ones")
    tiles = values.reshape(len(values), *(1, 1, *values.shape[1:])[-2:])
    image = ax.imshow(_mosaic(tiles), cmap=MAP, vmin=min(0.0, float(np.nanmin(values))))
    ax.figure.colorbar(image, ax=ax, label=quantity)
    ax.set_axis_off()
    ax.set_title(f"{len(tiles):,} channels of {tiles.shape[1]} × {tiles.shape[2]}")
    channel, row, column = np.indices(tiles.shape).reshape(3, -1)
    keep(ax, channel=channel, row=row, column=column, rate=tiles.ravel())
    return ax


def classification_map(
    ax: Axes, classes: ArrayLike, names: Sequence[str] | None = None, unlabelled: int = -1
) -> Axes:
    """Draw the class of every pixel of a scene, with the class's number in its largest patch of even colour.

    Eight classes have colours that all eyes tell apart; beyond, numbers and shades from dark to light help.
    The legend names 24 classes, and says how many more there are.

    Parameters
    ----------
    ax
        Where to draw.
    classes : int (height, width)
        From 0.
    names
        Of the classes, by default their numbers.
    unlabelled
        What stands for no class; white.

    Returns
    -------
    Axes
        `ax`.

    Raises
    ------
    InputError
        If the classes are no picture of whole numbers, or one has no name.
    """
    values = np.asarray(classes)
    if values.ndim != 2 or values.dtype.kind not in "iu" or not values.size:
        raise InputError(f"classification_map: classes {values.dtype} {values.shape}; give integers (H, W)")
    labelled = values != unlabelled
    count = int(values[labelled].max(initial=-1)) + 1 if names is None else len(names)
    if ((values < 0) & labelled).any() or values[labelled].max(initial=0) >= max(count, 1):
        raise InputError(f"classification_map: a class is outside of 0..{count - 1}; name all classes")
    names = [f"{number}" for number in range(count)] if names is None else list(names)
    colors = _colors(count)
    shown = np.where(labelled, values, np.nan)
    ax.imshow(shown, cmap=ListedColormap(colors), vmin=-0.5, vmax=count - 0.5)
    ax.set_axis_off()
    present = [number for number in range(count) if (values == number).any()]
    patches = [Patch(color=colors[number], label=_title(number, names[number])) for number in present]
    ax.legend(handles=_some(patches), loc="upper left", bbox_to_anchor=(1, 1), borderaxespad=0.3)
    for number in present:
        _number_patch(ax, values == number, number, colors[number])
    row, column = np.nonzero(labelled)
    keep(ax, row=row, column=column, label=values[labelled])
    return ax


def _some(patches: Sequence[Artist]) -> list[Artist]:
    """Return as many entries of a legend as there is room for, and one that counts the others."""
    more = len(patches) - MOST_NAMES
    rest = [Line2D([], [], linestyle="", label=f"and {more} more")] if more > 0 else []
    return [*patches[:MOST_NAMES], *rest]


def _mosaic(tiles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the tiles in rows, about as wide as high, with a pixel of nothing between them."""
    count, height, width = tiles.shape
    ideal = math.sqrt(1.4 * count * (height + 1) / (width + 1))
    near = range(max(1, int(0.7 * ideal)), math.ceil(1.4 * ideal) + 1)
    columns = min(near, key=lambda n: (-count % n, abs(n - ideal)))
    rows = math.ceil(count / columns)
    framed = np.full((rows * columns, height + 1, width + 1), np.nan)
    framed[:count, :height, :width] = tiles
    grid = framed.reshape(rows, columns, height + 1, width + 1).swapaxes(1, 2)
    return grid.reshape(rows * (height + 1), columns * (width + 1))[:-1, :-1]


def _colors(count: int) -> list[Color]:
    """Return colours of classes: the palette, then its tints, and shades of the map beyond."""
    full = [matplotlib.colors.to_rgb(color) for color in PALETTE]
    tints = [(0.45 * r + 0.55, 0.45 * g + 0.55, 0.45 * b + 0.55) for r, g, b in full]
    if count <= len(full) + len(tints):
        return [*full, *tints][:count]
    return [matplotlib.colormaps[MAP](number / (count - 1))[:3] for number in range(count)]


def _title(number: int, name: str) -> str:
    return name if name == str(number) else f"{number} {name}"


def _number_patch(ax: Axes, mask: NDArray[np.bool_], number: int, color: Color) -> None:
    """Write the number of a class where it is farthest from all others, if there is room for it."""
    inside = distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    row, column = divmod(int(inside.argmax()), mask.shape[1])
    room = inside.max() * height_in_points(ax) / len(mask)
    if room > 0.6 * small_type():
        ink = "black" if np.dot(color, (0.3, 0.59, 0.11)) > 0.45 else "white"
        ax.text(column, row, f"{number}", color=ink, ha="center", va="center", fontsize=small_type())
