"""Files of event cameras: N-MNIST's own format."""

from pathlib import Path

import numpy as np

from neurosim.errors import InputError
from neurosim.files.checks import refuse, regular_size
from neurosim.stimuli import CameraEvents

__all__ = ["read_events"]

EVENT_BYTES = 5
LIMIT = 2**28


def read_events(path: str | Path, *, height: int = 34, width: int = 34) -> CameraEvents:
    """Read one recording of N-MNIST (`.bin`, `.bs2`): 5 bytes an event, big-endian.

    x, y: a byte each; then 1 bit of polarity (1: brighter) and 23 bits of time [us]. G. Orchard, A. Jayawant,
    G. Cohen, N. Thakor, "Converting static image datasets to spiking neuromorphic datasets using saccades",
    Frontiers in Neuroscience 9 (2015), doi:10.3389/fnins.2015.00437.

    Parameters
    ----------
    path : path
    height, width : int
        The camera's size.

    Raises
    ------
    FileError
        If the file is no such recording.
    """
    path = Path(path)
    size = regular_size(path)
    if size % EVENT_BYTES or size > LIMIT:
        refuse(path, "size", f"{size} bytes", f"a multiple of {EVENT_BYTES}, at most {LIMIT}")
    rows = np.fromfile(path, np.uint8).reshape(-1, EVENT_BYTES).astype(np.int64)
    x, y, high, middle, low = rows.T
    time = (high & 0x7F) << 16 | middle << 8 | low
    try:
        return CameraEvents(x, y, high >> 7, time, height, width)
    except InputError as error:
        refuse(path, "events", error, f"those of a {width}x{height} camera in the order of time")
