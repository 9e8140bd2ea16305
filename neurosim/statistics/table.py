"""All statistics of single trains in one table."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..spikes import Spikes
from .counts import count, rate
from .intervals import mean_isi
from .irregularity import cv, cv2, lv
from .latency import first_spike_latency
from .sparsity import active_share, lifetime_sparseness, population_sparseness
from .variability import fano

__all__ = ["summary"]

Statistic = Callable[[Spikes], NDArray[np.float64]]

STATISTICS: tuple[tuple[Statistic, str], ...] = (
    (count, "1"),
    (rate, "Hz"),
    (first_spike_latency, "s"),
    (mean_isi, "s"),
    (cv, "1"),
    (cv2, "1"),
    (lv, "1"),
    (fano, "1"),
    (lifetime_sparseness, "1"),
    (population_sparseness, "1"),
    (active_share, "1"),
)
"""What is summarised, and its unit."""


def summary(spikes: Spikes) -> list[dict[str, Any]]:
    """Return one row a statistic: its name, unit, mean, and of how many values it is the mean.

    Returns
    -------
    list of dict
        `statistic`, `unit`, `mean` over what is defined, NaN if nothing is; `defined` and `undefined`, how
        many neurons, images or both have a value and how many had too few spikes for one.
    """
    return [_row(statistic, unit, statistic(spikes)) for statistic, unit in STATISTICS]


def _row(statistic: Statistic, unit: str, values: NDArray[np.float64]) -> dict[str, Any]:
    defined = values[~np.isnan(values)]
    return {
        "statistic": statistic.__name__,
        "unit": unit,
        "mean": float(defined.mean()) if defined.size else float("nan"),
        "defined": defined.size,
        "undefined": values.size - defined.size,
    }
