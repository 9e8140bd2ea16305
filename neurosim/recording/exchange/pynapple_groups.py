"""Pynapple: groups of timestamps on one axis of time."""

from typing import Any

import numpy as np

from neurosim.libraries import library
from neurosim.recording.exchange.choice import Chosen

__all__ = ["to_pynapple"]


def to_pynapple(chosen: Chosen) -> dict[str, Any]:
    """Return a `TsGroup` for each chosen layer, one member a neuron, silent ones too.

    Images follow each other without a gap: the n-th chosen one begins at n steps dt, by the layer's own
    time; the time support is all of it. Members are Tsd, whose values are the spikes' strengths.

    Returns
    -------
    dict of str to pynapple.TsGroup
        By layer. Members are numbered by the C-order index into the layer's shape.

    Raises
    ------
    InputError
        If there are more than a million trains.
    DeviceUnavailable
        If Pynapple is not installed.
    """
    nap = library("to_pynapple", "pynapple")
    chosen.check_trains("to_pynapple")
    support = nap.IntervalSet(0.0, len(chosen.images) * chosen.window)

    def member(train: Any) -> Any:
        values = train.strength.astype(np.float64)
        return nap.Tsd(chosen.time_of(train.image, train.step), values, time_support=support)

    return {
        layer: nap.TsGroup(
            {train.neuron: member(train) for train in chosen.trains(layer)}, time_support=support
        )
        for layer in chosen.spikes
    }
