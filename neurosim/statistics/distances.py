"""How far chosen trains are from each other, as Elephant and PySpike work it out.

Every function returns a symmetric matrix, float (trains, trains), and raises

InputError
    If there are fewer than two trains, or their windows or dt differ.
DeviceUnavailable
    If the library is not installed: `pip install 'neurosim-brian2[neuro]'`.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..libraries import library
from .chosen_trains import Train, check_comparable

__all__ = ["spike_distance", "spike_synchronisation", "van_rossum", "victor_purpura"]

Matrix = NDArray[np.float64]


def van_rossum(trains: Sequence[Train], tau: float) -> Matrix:
    """Return the van Rossum distance of every two trains, without unit.

    D^2 = 2 / tau * integral (f - g)^2 dt, f and g the trains after a filter exp(-t / tau): D is 1 between one
    spike and none, sqrt(2) between two that are far apart. A silent train is a train like any other.

    Parameters
    ----------
    trains
        As `trains` chooses them.
    tau
        Time constant [s], > 0.

    Source: M. C. W. van Rossum 2001, A novel spike distance, Neural Computation 13:751; computed by
    Elephant's `van_rossum_distance`, in its normalisation.
    """
    _check("van_rossum", trains, "tau", tau)
    dissimilarity = library("van_rossum", "elephant.spike_train_dissimilarity")
    quantities = library("van_rossum", "quantities")
    found: Matrix = dissimilarity.van_rossum_distance(_timed(trains, quantities), tau * quantities.s)
    return found


def victor_purpura(trains: Sequence[Train], cost: float) -> Matrix:
    """Return the Victor-Purpura distance of every two trains, without unit.

    The least cost of making one of the other: 1 for each spike that is added or taken away, `cost` |dt| for
    one that is moved by dt. A silent train is a train like any other.

    Parameters
    ----------
    trains
        As `trains` chooses them.
    cost
        Of moving a spike [1/s], > 0: spikes further apart than 2 / cost are different ones.

    Source: J. D. Victor, K. P. Purpura 1996, Nature and precision of temporal coding in visual cortex, J.
    Neurophysiology 76:1310; computed by Elephant's `victor_purpura_distance`.
    """
    _check("victor_purpura", trains, "cost", cost)
    dissimilarity = library("victor_purpura", "elephant.spike_train_dissimilarity")
    quantities = library("victor_purpura", "quantities")
    found: Matrix = dissimilarity.victor_purpura_distance(_timed(trains, quantities), cost * quantities.Hz)
    return found


def spike_distance(trains: Sequence[Train]) -> Matrix:
    """Return the SPIKE-distance of every two trains, in [0, 1]; NaN where one of them is silent.

    The mean over the window of S(t) = (s_1 x_2 + s_2 x_1) / (2 <x>^2), x_n the interval of train n around t,
    <x> the mean of both, and s_n = (d_P x_F + d_F x_P) / x_n: the distances d of the spikes before and after
    t from their nearest in the other train, weighted by how far t is from the other of them.

    Source: T. Kreuz, D. Chicharro, C. Houghton, R. G. Andrzejak, F. Mormann 2013, Monitoring spike train
    synchrony, J. Neurophysiology 109:1457; computed by PySpike's `spike_distance_matrix` (M. Mulansky,
    T. Kreuz 2016, SoftwareX 5:183).
    """
    check_comparable("spike_distance", trains)
    pyspike = library("spike_distance", "pyspike")
    silent = np.array([len(train) == 0 for train in trains])
    distance: Matrix = np.array(pyspike.spike_distance_matrix(_edged(trains, pyspike)))
    distance[silent[:, None] | silent] = np.nan
    return distance


def spike_synchronisation(trains: Sequence[Train]) -> Matrix:
    """Return the SPIKE-synchronisation of every two trains, in [0, 1]; NaN where both are silent.

    The share of the spikes of both that coincide with one of the other train: that lie nearer to it than half
    of each of the intervals before and after either. 1 of a train with itself.

    Source: T. Kreuz, M. Mulansky, N. Bozanic 2015, SPIKY: a graphical user interface for monitoring spike
    train synchrony, J. Neurophysiology 113:3432; computed by PySpike's `spike_sync_matrix`.
    """
    check_comparable("spike_synchronisation", trains)
    pyspike = library("spike_synchronisation", "pyspike")
    silent = np.array([len(train) == 0 for train in trains])
    shared: Matrix = np.array(pyspike.spike_sync_matrix(_edged(trains, pyspike)))
    np.fill_diagonal(shared, 1.0)  # PySpike leaves it 0
    shared[silent[:, None] & silent] = np.nan
    return shared


def _check(owner: str, trains: Sequence[Train], name: str, value: float) -> None:
    check_comparable(owner, trains)
    if not 0 < value < math.inf:
        raise InputError(f"{owner}: {name} is {value}; give a positive number")


def _timed(trains: Sequence[Train], quantities: Any) -> list[Any]:
    return [quantities.Quantity(train.times, "s") for train in trains]


def _edged(trains: Sequence[Train], pyspike: Any) -> list[Any]:
    return [pyspike.SpikeTrain(train.times, (0.0, train.stop)) for train in trains]
