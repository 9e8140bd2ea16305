"""What a panel shows, as columns: kept beside the Axes while it lives, and saved beside the figure."""

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

__all__ = ["drawn", "keep", "tables_of"]

Rows = list[dict[str, Any]]
Columns = Mapping[str, ArrayLike]

_PARTS: WeakKeyDictionary[Axes, list[Columns]] = WeakKeyDictionary()


def keep(ax: Axes, **columns: ArrayLike) -> None:
    """Add rows to the table of a panel: columns of equal length, a single value stands for a whole column."""
    _PARTS.setdefault(ax, []).append(columns)


def drawn(ax: Axes) -> Rows:
    """Return the data of a panel, one dict a row; empty if it was not drawn by a function of this room."""
    return [row for columns in _PARTS.get(ax, []) for row in _rows(columns)]


def tables_of(figure: Figure) -> list[Rows]:
    """Return the tables of a figure's panels, in their order; panels without data have none."""
    return [rows for ax in figure.axes if (rows := drawn(ax))]


def _rows(columns: Columns) -> Rows:
    values = np.broadcast_arrays(*(np.atleast_1d(np.asarray(column)) for column in columns.values()))
    return [dict(zip(columns, row, strict=True)) for row in zip(*(v.tolist() for v in values), strict=True)]
