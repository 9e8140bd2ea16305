"""The accuracy of a network, step by step."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import AutoLocator, MaxNLocator
from numpy.typing import ArrayLike

from neurosim.errors import InputError
from neurosim.plotting.drawn import keep
from neurosim.plotting.styles import INKS

__all__ = ["accuracy_over_time"]

MARKERS = "osD^vP*X"


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
        If there are no curves, one is not a row of shares, or the reference is none.
    """
    if not curves:
        raise InputError("accuracy_over_time: curves is empty; give at least one")
    if reference is not None and not 0 <= reference <= 1:
        raise InputError(f"accuracy_over_time: reference is {reference}; give a share between 0 and 1")
    for index, (name, shares) in enumerate(curves.items()):
        _draw_curve(ax, index, name, np.asarray(shares, np.float64))
    if reference is not None:
        ax.axhline(100 * reference, color="black", linestyle="--", zorder=1, label="Before conversion")
        keep(ax, curve="Before conversion", step=0, accuracy=reference)
    ax.set_ylim(top=min(ax.get_ylim()[1], 101))
    ax.yaxis.set_major_locator(_Percents())
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("Time (steps)")
    ax.set_ylabel("Accuracy (%)")
    ax.legend(loc="best")
    return ax


class _Percents(AutoLocator):
    """Ticks as usual, none above 100."""

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        return [tick for tick in super().tick_values(vmin, vmax) if tick <= 100]


def _draw_curve(ax: Axes, index: int, name: str, shares: np.ndarray) -> None:
    if shares.ndim != 1 or not shares.size or not ((shares >= 0) & (shares <= 1)).all():
        raise InputError(f"accuracy_over_time: curve {name!r} must be a row of shares between 0 and 1")
    steps = np.arange(1, len(shares) + 1)
    keep(ax, curve=name, step=steps, accuracy=shares)
    ax.plot(
        steps,
        100 * shares,
        label=name,
        color=INKS[index % len(INKS)],
        marker=MARKERS[index % len(MARKERS)],
        markevery=max(1, len(shares) // 16),
        clip_on=False,
    )
