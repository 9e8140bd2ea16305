"""What a conversion cost, layer by layer and step by step."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from neurosim.errors import InputError
from neurosim.plotting.styles import INKS, height_in_points

__all__ = ["accuracy_over_time", "conversion_error"]

MARKERS = "osD^vP*X"


def conversion_error(
    ax: Axes, layers: Sequence[str], errors: ArrayLike, quantity: str = "Conversion error (relative)"
) -> Axes:
    """Draw one bar a layer, the first layer on top.

    Parameters
    ----------
    ax
        Where to draw.
    layers
        Names; where they would overlap only every second, third, ... is written.
    errors : float (layers,)
        Non-negative; NaN leaves a gap.
    quantity
        What the errors are, with their unit in parentheses.

    Returns
    -------
    Axes
        `ax`.

    Raises
    ------
    InputError
        If there is not one error for every layer.
    """
    values = np.asarray(errors, np.float64)
    if not layers or values.shape != (len(layers),):
        raise InputError(f"conversion_error: {len(layers)} layers, errors {values.shape}; give one for each")
    rows = np.arange(len(layers))
    ax.barh(rows, values, height=0.7, color=INKS[0])
    step = _label_step(ax, len(layers))
    ax.set_yticks(rows[::step], list(layers[::step]))
    ax.set_ylim(len(layers) - 0.4, -0.6)
    ax.set_xlim(left=0)
    ax.set_xlabel(quantity)
    ax.set_ylabel("Layer")
    return ax


def accuracy_over_time(ax: Axes, curves: Mapping[str, ArrayLike], reference: float | None = None) -> Axes:
    """Draw the accuracy after every step.

    Parameters
    ----------
    ax
        Where to draw.
    curves : dict of str to float (steps,)
        Shares between 0 and 1, by what the legend calls them.
    reference
        The share the network reached before its conversion: a dashed line.

    Returns
    -------
    Axes
        `ax`.

    Raises
    ------
    InputError
        If there are no curves, or one is not a row of shares.
    """
    if not curves:
        raise InputError("accuracy_over_time: curves is empty; give at least one")
    for index, (name, shares) in enumerate(curves.items()):
        _draw_curve(ax, index, name, np.asarray(shares, np.float64))
    if reference is not None:
        ax.axhline(100 * reference, color="black", linestyle="--", zorder=1, label="Before conversion")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("Time (steps)")
    ax.set_ylabel("Accuracy (%)")
    ax.legend(loc="best")
    return ax


def _draw_curve(ax: Axes, index: int, name: str, shares: np.ndarray) -> None:
    if shares.ndim != 1 or not shares.size or not ((shares >= 0) & (shares <= 1)).all():
        raise InputError(f"accuracy_over_time: curve {name!r} must be a row of shares between 0 and 1")
    steps = np.arange(1, len(shares) + 1)
    ax.plot(
        steps,
        100 * shares,
        label=name,
        color=INKS[index % len(INKS)],
        marker=MARKERS[index % len(MARKERS)],
        markevery=max(1, len(shares) // 16),
        clip_on=False,
    )


def _label_step(ax: Axes, labels: int) -> int:
    """Return how many rows a label needs in the height of the axes."""
    size = FontProperties(size=rcParams["ytick.labelsize"]).get_size_in_points()
    return math.ceil(labels * 1.2 * size / height_in_points(ax))
