"""neurosim convert."""

import argparse
from pathlib import Path
from typing import Any

from ..errors import InputError
from .options import add_data_options, load
from .status import DONE

__all__ = ["PURPOSE", "add_options", "obey"]

PURPOSE = "turn trained weights into a spiking network"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    parser.add_argument("weights", type=Path, help="safetensors, or .pt/.pth/.th of plain tensors")
    parser.add_argument(
        "--architecture", required=True, metavar="NAME", help="whose weights they are, as resnet20"
    )
    parser.add_argument(
        "--recipe", required=True, choices=("bmif", "threshold-balance"), help="what takes a ReLU's place"
    )
    parser.add_argument("--strength", type=int, help="K of bmif (8)")
    parser.add_argument(
        "--percentile", type=float, help="of the activations (bmif 100, threshold-balance 99.9)"
    )
    parser.add_argument("--calibration", required=True, metavar="DATA", help="images that set the thresholds")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="NET", help="file of the network (.safetensors)"
    )
    add_data_options(parser)


def obey(options: argparse.Namespace) -> tuple[Any, int]:
    """Convert and write the network."""
    from ..ann import architecture, load_weights
    from ..conversion import convert

    known = architecture(options.architecture)
    recipe = _recipe(options)
    module = load_weights(options.weights, options.architecture)
    calibration = load(options, options.calibration)
    network = convert(module, recipe, calibration.images, input=known.input, classes=known.classes)
    network.save(options.output)
    options.say(f"{network}\n\nwritten to {options.output}")
    return {"network": str(options.output), "layers": network.table()}, DONE


def _recipe(options: argparse.Namespace) -> Any:
    from ..conversion import BMIF, ThresholdBalance

    if options.recipe == "bmif":
        strength = 8 if options.strength is None else options.strength
        return BMIF(strength, 100.0 if options.percentile is None else options.percentile)
    if options.strength is not None:
        raise InputError(f"--strength {options.strength} belongs to --recipe bmif: leave it out")
    return ThresholdBalance(99.9 if options.percentile is None else options.percentile)
