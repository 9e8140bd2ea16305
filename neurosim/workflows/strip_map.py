"""The map of a strip of a scene: a table of its pixels, and a picture of what they are and what is said."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .sites import Site
from .strip import Strip

__all__ = ["pixel_rows", "strip_map"]

GAP = 7
"""Rows of pixels between ground truth and decisions, which have room for a title."""

Rows = Sequence[dict[str, Any]]


def pixel_rows(strip: Strip, seen: Site) -> list[dict[str, Any]]:
    """Return one row a pixel of the strip, in the order of rows.

    row and column in the scene, class (-1: none), decided, trained and tests (1 if the pixel is among those
    that train the network, or test it).
    """
    columns = strip.decided.shape[1]
    pixels = np.arange(strip.rows.start * columns, strip.rows.stop * columns)
    told = {
        "row": pixels // columns,
        "column": pixels % columns,
        "class": seen.scene.targets(pixels),
        "decided": strip.said(pixels),
        "trained": np.isin(pixels, seen.split.train).astype(int),
        "tests": np.isin(pixels, seen.split.test).astype(int),
    }
    rows = zip(*(values.tolist() for values in told.values()), strict=True)
    return [dict(zip(told, row, strict=True)) for row in rows]


def strip_map(ax: Any, rows: Rows, names: Sequence[str]) -> Any:
    """Draw the ground truth of a strip and, below, what is decided for its labelled pixels; return `ax`.

    Parameters
    ----------
    ax
        Where to draw.
    rows
        As of `pixel_rows`.
    names
        Of the classes.
    """
    from ..plotting import classification_map

    first, columns = rows[0]["row"], 1 + max(row["column"] for row in rows)
    labels, decided = (
        np.array([row[name] for row in rows]).reshape(-1, columns) for name in ("class", "decided")
    )
    between = np.full((GAP, columns), -1)
    said = np.where(labels < 0, -1, decided)
    classification_map(ax, np.concatenate([labels, between, said]), names)
    titles = (f"Ground truth, rows {first} to {first + len(labels) - 1}", "Decided by spikes in Brian2")
    for top, title in zip((0, len(labels) + GAP), titles, strict=True):
        ax.text(-0.5, top - 1.5, title, va="bottom")
    return ax
