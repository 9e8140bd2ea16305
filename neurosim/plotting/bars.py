"""Bars by layer: what a conversion cost, what it cost for which cause, and energy."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError
from neurosim.plotting.drawn import keep
from neurosim.plotting.legends import legend_above
from neurosim.plotting.rows import label_rows
from neurosim.plotting.styles import FILLS, INKS

__all__ = ["CAUSES", "conversion_error", "energy", "error_budget"]

CAUSES = dict(zip(("inherited", "clipping", "quantisation", "timing", "mapping"), FILLS, strict=True))
"""Of a layer's error, as `Diagnosis` names them, and their colours."""

NOWHERE = 5e-3  # of the largest part: too small to be seen

Floats = NDArray[np.float64]


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
        If there is not one error for every layer, or one is negative or infinite.
    """
    values = _one_each("conversion_error", "errors", layers, errors)
    if (values < 0).any() or np.isinf(values).any():
        raise InputError("conversion_error: an error is negative or infinite; give 0 or more, or NaN")
    ax.barh(np.arange(len(layers)), values, height=0.7, color=INKS[0])
    ax.set_xlim(left=0)
    ax.set_xlabel(quantity)
    label_rows(ax, layers)
    keep(ax, layer=layers, error=values)
    return ax


def error_budget(
    ax: Axes, rows: Sequence[Mapping[str, Any]], quantity: str = "Conversion error (relative)"
) -> Axes:
    """Draw for every layer a bar of the causes of its error, the first layer on top.

    Parameters
    ----------
    ax
        Where to draw.
    rows
        One a layer, as `Diagnosis.table` gives them: "layer" and, for each of `CAUSES`, its part of the
        error. Parts of different size and direction do not add up; where a row has the cause's share in
        the "total", share × total is drawn, which does. Negative parts, which make up for others, are
        stacked to the left. Causes too small to be seen in any layer are left out.
    quantity
        What the parts are, with their unit in parentheses.

    Returns
    -------
    Axes
        `ax`.

    Raises
    ------
    InputError
        If there are no rows, they do not name layers or causes, or a part is infinite or NaN in a layer that
        has an error.
    """
    try:
        layers = [str(row["layer"]) for row in rows]
        parts = {cause: np.array([_part(row, cause) for row in rows]) for cause in CAUSES if rows}
    except (KeyError, TypeError, ValueError):
        parts = {}
    if not parts or not all(np.isfinite(part).all() for part in parts.values()):
        names = "inherited, clipping, quantisation, timing"
        raise InputError(f"error_budget: {len(rows)} rows; give one a layer, with layer and {names}")
    least = NOWHERE * max(np.abs(part).max() for part in parts.values())
    shown = {cause: part for cause, part in parts.items() if np.abs(part).max() > least}
    _stack(ax, shown, len(layers))
    ax.set_xlabel(quantity)
    label_rows(ax, layers)
    if shown:
        legend_above(ax)
    keep(ax, layer=layers, **parts)
    return ax


def energy(ax: Axes, layers: Sequence[str], joules: Mapping[str, ArrayLike], rows: str = "Layer") -> Axes:
    """Draw the energy of every layer, one bar for each way to compute it, the first layer on top.

    `joules_by_layer` and `joules_by_way` make both arguments of an estimate.

    Parameters
    ----------
    ax
        Where to draw.
    layers
        Names.
    joules : dict of str to float (layers,)
        Energy of an image [J], by what the legend calls it.
    rows
        What the layers are called, where they are something else.

    Returns
    -------
    Axes
        `ax`.

    Raises
    ------
    InputError
        If there is nothing to draw, not one energy for every layer, or one is negative, NaN or infinite.
    """
    if not joules:
        raise InputError("energy: joules is empty; give at least one way to compute")
    series = {name: _one_each("energy", name, layers, values) for name, values in joules.items()}
    if not all((np.isfinite(values) & (values >= 0)).all() for values in series.values()):
        raise InputError("energy: an energy is negative, NaN or infinite; give joules of 0 or more")
    scale, unit = _joules(max(values.max() for values in series.values()))
    height = 0.8 / len(series)
    for index, (name, values) in enumerate(series.items()):
        places = np.arange(len(layers)) + (index - (len(series) - 1) / 2) * height
        ax.barh(places, values / scale, height, color=FILLS[index % len(FILLS)], label=name)
        keep(ax, layer=layers, series=name, energy_j=values)
    ax.set_xlim(left=0)
    ax.set_xlabel(f"Energy an image ({unit})")
    label_rows(ax, layers, rows)
    if len(series) > 1:
        legend_above(ax)
    return ax


def _joules(most: float) -> tuple[float, str]:
    """Return the unit in which the largest energy is a number from 1 to 1000, and its name."""
    powers = {1.0: "J", 1e-3: "mJ", 1e-6: "µJ", 1e-9: "nJ", 1e-12: "pJ"}
    scale = next((power for power in powers if most >= power), 1e-12)
    return scale, powers[scale]


def _part(row: Mapping[str, Any], cause: str) -> float:
    share = f"share_{cause}"
    if share not in row:
        return float(row[cause]) if cause != "mapping" else float(row.get(cause, 0))
    return float(row["total"]) * float(row[share]) if row["total"] else 0.0


def _stack(ax: Axes, parts: Mapping[str, Floats], rows: int) -> None:
    """Draw positive parts to the right of zero and negative ones to its left."""
    ends = {1: np.zeros(rows), -1: np.zeros(rows)}
    line = rcParams["axes.linewidth"]
    for cause, part in parts.items():
        start = np.where(part < 0, ends[-1], ends[1])
        look = {"color": CAUSES[cause], "edgecolor": "white", "linewidth": line, "label": cause}
        ax.barh(np.arange(rows), part, 0.7, start, **look)
        for sign, end in ends.items():
            end += np.where(part * sign > 0, part, 0)
    if ends[-1].any():
        ax.axvline(0, color="black", linewidth=line)
    room = 1.04
    ax.set_xlim(room * ends[-1].min(initial=0), room * ends[1].max(initial=0) or 1)


def _one_each(owner: str, name: str, layers: Sequence[str], values: ArrayLike) -> Floats:
    found = np.asarray(values, np.float64)
    if not layers or found.shape != (len(layers),):
        raise InputError(f"{owner}: {len(layers)} layers, {name} {found.shape}; give one for each")
    return found
