"""Arguments that several verbs take, and what they stand for."""

import argparse
from pathlib import Path
from typing import Any

from ..errors import InputError

__all__ = [
    "add_data_options",
    "add_network",
    "add_recording",
    "add_simulation_options",
    "device_named",
    "images_named",
    "load",
]


def add_network(parser: argparse.ArgumentParser) -> None:
    """Add the file of the network."""
    written = "file written by neurosim convert, import or train"
    parser.add_argument("network", type=Path, metavar="NET", help=written)


def add_recording(parser: argparse.ArgumentParser) -> None:
    """Add the file of the recording."""
    parser.add_argument("recording", type=Path, metavar="REC", help="file written by neurosim run")


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add where data sets lie and how they are read."""
    parser.add_argument("--data-dir", type=Path, help="folder of the data sets (else NEUROSIM_DATA)")
    parser.add_argument("--resize", action="store_true", help="bring images of other sizes to one size")


def add_simulation_options(parser: argparse.ArgumentParser) -> None:
    """Add what is simulated: network, data, steps, precision."""
    add_network(parser)
    parser.add_argument("data", metavar="DATA", help="for example digits:test[:100] or folder:PATH")
    parser.add_argument("--steps", type=int, default=8, help="steps T of each image (8)")
    parser.add_argument("--precision", default="double", choices=("double", "single"), help="(double)")
    add_data_options(parser)


def device_named(name: str) -> Any:
    """Return a device by its name on the command line."""
    from ..devices import CppStandalone, CudaStandalone, Reference, Runtime

    devices = {"reference": Reference, "runtime": Runtime, "cpp": CppStandalone, "cuda": CudaStandalone}
    if name not in devices:
        raise InputError(f"device {name!r} is unknown: give one of {', '.join(devices)}")
    return devices[name]()


def images_named(words: str | None) -> slice | list[int] | None:
    """Return which images are meant by 3, 0:10 or 0,3,5; None is left to the verb."""
    if words is None:
        return None
    try:
        if ":" in words:
            return slice(*(int(word) if word else None for word in words.split(":")))
        return [int(word) for word in words.split(",")]
    except (ValueError, TypeError):
        raise InputError(f"--images {words}: give 3, 0:10 or 0,3,5") from None


def load(options: argparse.Namespace, name: str) -> Any:
    """Return the data set of a name, read as the options say."""
    from ..datasets import load as load_data

    return load_data(name, data_dir=options.data_dir, resize=options.resize)
