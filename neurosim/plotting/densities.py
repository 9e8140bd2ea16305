"""What spikes stand for against the activations they are to reproduce."""

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError
from neurosim.plotting.drawn import keep
from neurosim.plotting.styles import INKS, MAP

__all__ = ["correlation"]

MOST_DOTS = 10_000
CELLS = 100  # a side, of a density

Floats = NDArray[np.float64]


def correlation(ax: Axes, activations: ArrayLike, rates: ArrayLike) -> Axes:
    """Draw the rate of every neuron of a layer against its activation, with the line of equality.

    Above 10,000 points their density is drawn, on a logarithmic scale. r is Pearson's correlation.

    Parameters
    ----------
    ax
        Where to draw.
    activations : float, any shape
        What the units of the trained network said.
    rates : float, the same shape
        What the spikes say in the same unit: threshold × sum of strengths / steps.

    Returns
    -------
    Axes
        `ax`.

    Raises
    ------
    InputError
        If the two differ in shape, or hold fewer than two numbers, NaN or infinity.
    """
    x, y = np.asarray(activations, np.float64), np.asarray(rates, np.float64)
    if x.shape != y.shape or x.size < 2 or not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError(f"correlation: activations {x.shape}, rates {y.shape}; give finite numbers, alike")
    x, y = x.ravel(), y.ravel()
    low, high = min(x.min(), y.min()), max(x.max(), y.max())
    room = 0.03 * (high - low) or 0.5
    ends = (low - room, high + room)
    ax.plot(ends, ends, color="black", linestyle="--", linewidth=rcParams["axes.linewidth"], zorder=1)
    draw = _draw_dots if x.size <= MOST_DOTS else _draw_density
    draw(ax, x, y, ends)
    steady = x.std() == 0 or y.std() == 0
    r = "r undefined" if steady else f"r = {np.corrcoef(x, y)[0, 1]:.4f}"
    ax.text(0.04, 0.96, f"{r}\nn = {x.size:,}", transform=ax.transAxes, va="top")
    ax.set(xlim=ends, ylim=ends, aspect="equal")
    ax.set_xlabel("Activation")
    ax.set_ylabel("Rate × threshold")
    return ax


def _draw_dots(ax: Axes, x: Floats, y: Floats, ends: tuple[float, float]) -> None:
    ax.scatter(x, y, rcParams["lines.linewidth"] ** 2, color=INKS[0], linewidths=0, rasterized=True, zorder=2)
    keep(ax, activation=x, rate=y)


def _draw_density(ax: Axes, x: Floats, y: Floats, ends: tuple[float, float]) -> None:
    counts, edges, _ = np.histogram2d(x, y, CELLS, (ends, ends))
    image = ax.imshow(
        np.where(counts > 0, counts, np.nan).T,
        extent=(*ends, *ends),
        origin="lower",
        cmap=f"{MAP}_r",  # many is dark, none is white
        norm=LogNorm(1, max(counts.max(), 2)),
        zorder=2,
    )
    ax.figure.colorbar(image, ax=ax, label="Neurons and images")
    middles = (edges[1:] + edges[:-1]) / 2
    column, row = np.nonzero(counts)
    keep(ax, activation=middles[column], rate=middles[row], points=counts[column, row].astype(int))
