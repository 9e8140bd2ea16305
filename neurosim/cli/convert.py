"""neurosim convert."""

import argparse
from pathlib import Path
from typing import Any

from .options import add_data_options, load
from .status import DONE

__all__ = ["PURPOSE", "add_options", "obey"]

NAMES = (
    "aug-mapping",
    "bmif",
    "burst",
    "data-norm",
    "neuron-norm",
    "qcfs",
    "snm",
    "ter-mapping",
    "threshold-balance",
)
"""The recipes that `conversion.named_recipe` knows; its room brings torch, which help does not need."""

GATES = {"on": True, "off": False}

PURPOSE = "turn trained weights into a spiking network"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    parser.add_argument("weights", type=Path, help="safetensors, or .pt/.pth/.th of plain tensors")
    parser.add_argument(
        "--architecture", required=True, metavar="NAME", help="whose weights they are, as resnet20"
    )
    parser.add_argument("--recipe", required=True, choices=NAMES, help="what takes a ReLU's place")
    parser.add_argument("--strength", type=int, help="largest strength of a step: of bmif (8), burst (5)")
    parser.add_argument("--percentile", type=float, help="of the activations (the recipe's own)")
    parser.add_argument("--scope", help="layer, channel or neuron: of what it is taken (the recipe's own)")
    parser.add_argument("--scale", type=float, help="factor on the thresholds of threshold-balance (1)")
    parser.add_argument(
        "--gate", choices=GATES, help="whether spikes of aug-mapping and ter-mapping only take back (on)"
    )
    parser.add_argument("--shift", action="store_true", help="start every neuron at half its threshold")
    parser.add_argument("--calibration", required=True, metavar="DATA", help="images that set the thresholds")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="NET", help="file of the network (.safetensors)"
    )
    add_data_options(parser)


def obey(options: argparse.Namespace) -> tuple[Any, int]:
    """Convert and write the network."""
    from ..ann import architecture
    from ..conversion import convert, named_recipe
    from ..training import load_tuned

    known = architecture(options.architecture)
    given = {name: getattr(options, name) for name in ("strength", "percentile", "scope", "scale")}
    recipe = named_recipe(options.recipe, shift=options.shift, gate=GATES.get(options.gate), **given)
    module = load_tuned(options.weights, options.architecture)
    calibration = load(options, options.calibration)
    network = convert(module, recipe, calibration.images, input=known.input, classes=known.classes)
    network.save(options.output)
    options.say(f"{network}\n\nwritten to {options.output}")
    return {"network": str(options.output), "layers": network.table()}, DONE
