"""Recordings of event cameras, and their events as spikes."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from ..errors import InputError
from ..parameters import Value
from .columns import as_column, check_count, check_indices, check_lengths
from .events import Events

__all__ = ["CameraEvents", "binned"]

MICROSECONDS = 1_000_000


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class CameraEvents(Value):
    """One recording: a row each time a pixel became brighter (polarity 1) or darker (0).

    Parameters
    ----------
    x, y, polarity : array of int, shape (events,)
        The pixel, x < width from the left and y < height from the top, and 0 or 1.
    time : array of int, shape (events,)
        [us], from the recording's start; never decreasing.
    height, width : int
        The camera's size.

    Raises
    ------
    InputError
        If a column breaks these rules.
    """

    x: np.ndarray
    y: np.ndarray
    polarity: np.ndarray
    time: np.ndarray
    height: int
    width: int

    def __post_init__(self) -> None:
        for name in ("height", "width"):
            check_count(f"CameraEvents.{name}", getattr(self, name))
        ends = {"x": self.width, "y": self.height, "polarity": 2, "time": 2**62}
        columns = {name: as_column("CameraEvents", name, getattr(self, name)) for name in ends}
        check_lengths("CameraEvents", columns)
        for name, column in columns.items():
            check_indices("CameraEvents", name, column, ends[name])
            column = column.astype(np.int64)
            column.setflags(write=False)
            object.__setattr__(self, name, column)
        self._check_order()

    def _check_order(self) -> None:
        back = np.flatnonzero(np.diff(self.time) < 0)
        if len(back):
            before, after = self.time[back[0] : back[0] + 2]
            raise InputError(f"CameraEvents.time falls from {before} to {after} us: sort the events")

    @property
    def neuron(self) -> np.ndarray:
        """The C-order index of every event into (polarity, height, width)."""
        index: np.ndarray = (self.polarity * self.height + self.y) * self.width + self.x
        return index


def binned(
    recordings: Sequence[CameraEvents], steps: int, *, dt: float | None = None, binary: bool = False
) -> Events:
    """Return recordings of one camera as spikes of an input layer (2, height, width), one an image.

    An event at time t is a spike in step floor(t / dt): events keep their own times, to a step. Without dt
    each recording is spread over all steps: floor(t steps / D), D = 1 us + the time of its last event.

    Parameters
    ----------
    recordings : sequence of CameraEvents
    steps : int
        The window of an image.
    dt : float, optional
        Length of a step [s], a whole number of microseconds.
    binary : bool
        Whether a pixel's events of one step and polarity make a spike of strength 1, instead of their number.

    Raises
    ------
    InputError
        If there is no recording, cameras differ in size, or an event lies beyond the last step.
    """
    check_count("binned: steps", steps)
    sizes = {(recording.height, recording.width) for recording in recordings}
    if len(sizes) != 1:
        raise InputError(
            f"binned: recordings are of cameras of sizes {sorted(sizes)}: give some, all of one size"
        )
    extent = (len(recordings), steps, 2 * recordings[0].height * recordings[0].width)
    steps_of = [_steps(recording.time, steps, dt) for recording in recordings]
    images = np.repeat(np.arange(len(recordings)), [len(column) for column in steps_of])
    neurons = np.concatenate([recording.neuron for recording in recordings])
    places = np.ravel_multi_index((images, np.concatenate(steps_of), neurons), extent)
    places, count = np.unique(places, return_counts=True)
    image, step, neuron = np.unravel_index(places, extent)
    return Events(image, step, neuron, 1 if binary else count, images=len(recordings))


def _steps(time: np.ndarray, steps: int, dt: float | None) -> np.ndarray:
    if not len(time):
        return time
    if dt is None:
        spread: np.ndarray = time * steps // (time[-1] + 1)
        return spread
    length = round(dt * MICROSECONDS)
    if length < 1 or not np.isclose(length, dt * MICROSECONDS, rtol=1e-9):
        raise InputError(f"binned: dt is {dt!r}: give a whole number of microseconds")
    if time[-1] >= steps * length:
        raise InputError(
            f"binned: an event at {time[-1]} us lies beyond {steps} steps of {length} us: give "
            f"{time[-1] // length + 1} steps, or no dt to spread each recording over the steps"
        )
    own: np.ndarray = time // length
    return own
