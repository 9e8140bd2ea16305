"""neurosim figure."""

import argparse
from pathlib import Path
from typing import Any

from ..errors import InputError
from .options import add_recording, images_named
from .status import DONE

__all__ = ["PURPOSE", "add_options", "obey"]

PURPOSE = "draw a recording for print"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    parser.add_argument("kind", metavar="KIND", help="raster, psth, isi, latency, ...; a wrong one lists all")
    add_recording(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help=".pdf, .png, .svg; no suffix: PDF and PNG",
    )
    parser.add_argument(
        "--preset",
        default="nature-single",
        help="nature-single, nature-double, ieee-single, ieee-double or slides (nature-single)",
    )
    parser.add_argument("--height", type=float, metavar="MM", help="of the figure (as the kind needs)")
    parser.add_argument("--images", metavar="WHICH", help="0, 0:10 or 0,3,5 (the first, or all)")
    parser.add_argument("--layer", action="append", default=[], metavar="NAME", help="again for each (all)")
    parser.add_argument("--neuron", type=int, metavar="INDEX", help="of trace (the first recorded)")
    parser.add_argument(
        "--network", type=Path, metavar="NET", help="of network, energy, correlation; trace: threshold"
    )
    parser.add_argument("--diagnosis", type=Path, metavar="TABLE", help="of error-budget, .csv or .json")
    parser.add_argument("--activations", type=Path, metavar="NPZ", help="of correlation, similarity: layers")
    parser.add_argument("--grid", metavar="HEIGHTxWIDTH", help="of classification-map")


def obey(options: argparse.Namespace) -> tuple[Any, int]:
    """Draw the figure and write it with its data."""
    from ..workflows.figure import figure
    from ..workflows.figure_material import Material

    material = Material(
        options.recording,
        images_named(options.images),
        tuple(options.layer),
        options.neuron,
        options.network,
        options.diagnosis,
        options.activations,
        _grid(options.grid),
    )
    written = figure(options.kind, material, options.output, options.preset, options.height)
    options.say("written to " + ", ".join(map(str, written)))
    return {"written": [str(path) for path in written]}, DONE


def _grid(words: str | None) -> tuple[int, int] | None:
    if words is None:
        return None
    try:
        height, width = map(int, words.split("x"))
    except ValueError:
        raise InputError(f"--grid {words}: give HEIGHTxWIDTH, as 145x145") from None
    return height, width
