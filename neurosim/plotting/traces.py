"""The membrane of one neuron."""

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from neurosim.errors import InputError
from neurosim.plotting.drawn import keep
from neurosim.plotting.legends import legend_above
from neurosim.plotting.rows import height_in_points
from neurosim.plotting.styles import INKS

__all__ = ["trace"]


def trace(
    ax: Axes,
    potential: ArrayLike,
    dt: float,
    strengths: ArrayLike | None = None,
    threshold: float | None = None,
    unit: str | None = None,
) -> Axes:
    """Draw the potential of a neuron after every step, its threshold, and its spikes above.

    Parameters
    ----------
    ax
        Where to draw.
    potential : float (steps,)
        After reset, so that it lies below the threshold.
    dt
        Length of a step [s].
    strengths : int (steps,), optional
        Of the neuron's spikes, 0 where it is silent; a negative one points downward.
    threshold
        A dashed line, in the unit of the potential.
    unit
        Of the potential: "mV" where the run was physical; None where it has none, being in the unit of
        the thresholds.

    Returns
    -------
    Axes
        `ax`.

    Raises
    ------
    InputError
        If potential or strengths are not one row of finite numbers of the same length.
    """
    values = np.asarray(potential, np.float64)
    spikes = np.zeros(values.shape, int) if strengths is None else np.asarray(strengths)
    if values.ndim != 1 or not values.size or spikes.shape != values.shape:
        raise InputError(
            f"trace: potential {values.shape}, strengths {spikes.shape}; give one neuron's steps"
        )
    if not np.isfinite(values).all():
        raise InputError("trace: a potential is NaN or infinite; give finite ones")
    edges = 1e3 * dt * np.arange(len(values) + 1)
    line = rcParams["lines.linewidth"]
    ax.stairs(values, edges, baseline=None, color=INKS[0], linewidth=line, label="membrane")
    if threshold is not None:
        ax.axhline(threshold, color="black", linestyle="--", label="threshold")
    _draw_spikes(ax, (edges[1:] + edges[:-1]) / 2, spikes)
    ax.set_xlim(0, edges[-1])
    ax.set_xlabel("Time (ms)")
    ax.set_ylabel(f"Potential after reset ({unit})" if unit else "Potential after reset")
    legend_above(ax)
    keep(ax, time_s=edges[:-1] / 1e3, potential=values, strength=spikes)
    return ax


def _draw_spikes(ax: Axes, time: np.ndarray, spikes: np.ndarray) -> None:
    """Draw a stroke for every spike in a strip above the highest potential."""
    if not spikes.any():
        return
    low, high = ax.get_ylim()
    strip = 10 / height_in_points(ax) * (high - low)
    size = 6 * rcParams["lines.linewidth"]
    for chosen, marker, name in ((spikes > 0, "|", "spikes"), (spikes < 0, "_", "negative spikes")):
        if chosen.any():
            place = np.full(chosen.sum(), high + strip / 2)
            ax.plot(time[chosen], place, marker, markersize=size, color=INKS[1], label=name, clip_on=False)
    ax.set_ylim(low, high + strip)
