"""neurosim export."""

import argparse
from pathlib import Path
from typing import Any

from .options import add_recording, images_named
from .status import DONE

__all__ = ["PURPOSE", "add_options", "obey"]

PURPOSE = "write a recording's spikes in another format"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    add_recording(parser)
    parser.add_argument("--format", required=True, help="nwb, sonata, csv or npz")
    parser.add_argument("--layer", action="append", metavar="NAME", help="again for each layer (all)")
    parser.add_argument("--images", metavar="WHICH", help="3, 0:10 or 0,3,5 (all)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="file to write")


def obey(options: argparse.Namespace) -> tuple[Any, int]:
    """Write the file."""
    from ..recording import Recording

    recording = Recording.load(options.recording)
    images = images_named(options.images)
    spikes = recording.export(options.output, options.format, options.layer, images)
    options.say(f"{spikes:,} spikes written to {options.output}")
    return {"file": str(options.output), "format": options.format, "spikes": spikes}, DONE
