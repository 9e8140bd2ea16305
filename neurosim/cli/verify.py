"""neurosim verify."""

import argparse
from typing import Any

from .options import add_simulation_options, device_named, load
from .status import DIFFERENT, DONE

__all__ = ["PURPOSE", "add_options", "obey"]

PURPOSE = "compare devices spike for spike"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    add_simulation_options(parser)
    parser.add_argument(
        "--devices",
        default="reference,cpp",
        help="two or more of reference, runtime, cpp and cuda; the first is the measure",
    )


def obey(options: argparse.Namespace) -> tuple[Any, int]:
    """Compare; DIFFERENT if a spike or an output differs."""
    from ..network import Network
    from ..workflows.verify import verify

    network = Network.load(options.network)
    devices = [device_named(name) for name in options.devices.split(",")]
    data = load(options, options.data)
    found = verify(network, data.images, devices, options.steps, precision=options.precision, progress=True)
    where = "" if found.first is None else f" at {found.first}"
    said = "equal" if found else f"DIFFERENT{where or ' in the outputs'}"
    options.say(f"{found.spikes:,} spikes compared, {found.ties} ties: {said}")
    first = None if found.first is None else vars(found.first)
    return {"equal": found.equal, "spikes": found.spikes, "ties": found.ties, "first": first}, (
        DONE if found else DIFFERENT
    )
