"""A recording as a file of another format."""

import os
from collections.abc import Callable
from pathlib import Path

from neurosim.errors import InputError
from neurosim.files import atomic
from neurosim.recording.exchange.choice import Chosen
from neurosim.recording.exchange.columns import write_csv, write_npz
from neurosim.recording.exchange.nwb import write_nwb
from neurosim.recording.exchange.sonata import write_sonata

__all__ = ["FORMATS", "export"]

FORMATS: dict[str, Callable[[Chosen, Path], None]] = {
    "nwb": write_nwb,
    "sonata": write_sonata,
    "csv": write_csv,
    "npz": write_npz,
}


def export(chosen: Chosen, path: str | os.PathLike[str], format: str) -> int:
    """Write chosen spikes in another format, and return how many.

    Parameters
    ----------
    path
        The file to write; an older one is replaced once the new one is whole.
    format
        "nwb", "sonata", "csv" or "npz", as `write_nwb` and its like describe them.

    Raises
    ------
    InputError
        If the format is unknown.
    DeviceUnavailable
        If the format needs a library that is not installed.
    FileError
        If the file cannot be written.
    """
    if format not in FORMATS:
        raise InputError(f"export: format {format!r} is unknown: give one of {', '.join(FORMATS)}")
    with atomic(path) as temporary:
        FORMATS[format](chosen, temporary)
    return sum(map(len, chosen.spikes.values()))
