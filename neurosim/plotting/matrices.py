"""Square tables of numbers: which class is taken for which, and which layer resembles which."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError
from neurosim.plotting.drawn import keep
from neurosim.plotting.rows import height_in_points, small_type
from neurosim.plotting.styles import MAP

__all__ = ["confusion", "similarity"]


def confusion(
    ax: Axes, labels: ArrayLike, predictions: ArrayLike, classes: Sequence[str] | None = None
) -> Axes:
    """Draw which share of every class was taken for which, in numbers where there is room.

    Parameters
    ----------
    ax
        Where to draw.
    labels, predictions : int (images,)
        The class of every image, and what was decided for.
    classes
        Names, in the order of the labels; by default their numbers.

    Returns
    -------
    Axes
        `ax`.

    Raises
    ------
    InputError
        If labels and predictions differ in length, are empty, or name a class that is not among `classes`.
    """
    truth, said = np.asarray(labels), np.asarray(predictions)
    if truth.ndim != 1 or truth.shape != said.shape or not truth.size:
        raise InputError(
            f"confusion: labels {truth.shape}, predictions {said.shape}; give one for each image"
        )
    names = list(map(str, range(max(truth.max(), said.max()) + 1))) if classes is None else list(classes)
    size = len(names)
    if min(truth.min(), said.min()) < 0 or max(truth.max(), said.max()) >= size:
        raise InputError(f"confusion: a label or prediction is outside of 0..{size - 1}; name all classes")
    counts = np.bincount(truth * size + said, minlength=size * size).reshape(size, size)
    of_class = counts.sum(1, keepdims=True)
    share = np.divide(100 * counts, of_class, out=np.full(counts.shape, np.nan), where=of_class > 0)
    _draw(ax, share, names, names, "Share of the class (%)", 100, ".0f")
    ax.set_xlabel("Decided for")
    ax.set_ylabel("Class")
    row, column = np.indices(counts.shape).reshape(2, -1)
    keep(ax, label=np.array(names)[row], prediction=np.array(names)[column], images=counts.ravel())
    return ax


def similarity(
    ax: Axes,
    values: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str] | None = None,
    quantity: str = "Similarity (CKA)",
) -> Axes:
    """Draw how alike layers are, the first on top and to the left.

    Parameters
    ----------
    ax
        Where to draw.
    values : float (rows, columns)
        Between 0 and 1; NaN, where it is not defined, stays white.
    rows, columns
        Names of the layers; columns are by default the same.
    quantity
        What the values are.

    Returns
    -------
    Axes
        `ax`.

    Raises
    ------
    InputError
        If there is not one value for every pair, or one is outside of 0..1.
    """
    columns = rows if columns is None else columns
    matrix = np.asarray(values, np.float64)
    if not rows or not columns or matrix.shape != (len(rows), len(columns)):
        raise InputError(f"similarity: values {matrix.shape} of {len(rows)} rows, {len(columns)} columns")
    if not (np.isnan(matrix) | ((matrix >= -1e-9) & (matrix <= 1 + 1e-9))).all():
        raise InputError("similarity: a value is outside of 0..1; give similarities")
    _draw(ax, matrix, rows, columns, quantity, 1, ".2f")
    row, column = np.indices(matrix.shape).reshape(2, -1)
    keep(ax, row=np.array(rows)[row], column=np.array(columns)[column], value=matrix.ravel())
    return ax


def _draw(
    ax: Axes,
    values: NDArray[np.float64],
    rows: Sequence[str],
    columns: Sequence[str],
    quantity: str,
    highest: float,
    form: str,
) -> None:
    image = ax.imshow(values, cmap=MAP, vmin=0, vmax=highest)
    ax.figure.colorbar(image, ax=ax, label=quantity)
    cell = height_in_points(ax) / len(rows)
    _name_axes(ax, rows, columns, cell)
    widest = 0.56 * small_type() * len(format(highest, form))
    if cell > max(widest + 2, 1.4 * small_type()):
        for (row, column), value in np.ndenumerate(values):
            ink = "white" if value < highest / 2 else "black"
            text = "" if np.isnan(value) or value == 0 else format(value, form)
            ax.text(column, row, text, color=ink, ha="center", va="center", fontsize=small_type())


def _name_axes(ax: Axes, rows: Sequence[str], columns: Sequence[str], cell: float) -> None:
    """Name rows and columns; where names would overlap only every second, third, ... is written."""
    step = int(np.ceil(1.2 * small_type() / cell))
    ax.set_yticks(range(0, len(rows), step), list(rows[::step]))
    longest = max(map(len, columns)) * 0.6 * small_type()
    turn: dict[str, Any] = {} if longest < cell else {"rotation": 90}
    ax.set_xticks(range(0, len(columns), step), list(columns[::step]), **turn)
    ax.tick_params(length=0, width=rcParams["axes.linewidth"])
