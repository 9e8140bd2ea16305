"""neurosim run."""

import argparse
from pathlib import Path
from typing import Any

from .. import tables
from ..errors import InputError
from .options import add_simulation_options, device_named, load
from .status import DONE

__all__ = ["PURPOSE", "add_options", "obey"]

PURPOSE = "simulate a network on images"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    add_simulation_options(parser)
    parser.add_argument("--device", default="cpp", help="reference, runtime, cpp or cuda (cpp)")
    parser.add_argument(
        "--record",
        action="append",
        default=[],
        metavar="[LAYER=]LEVEL",
        help="totals, counts or spikes; again for each layer (totals)",
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes that share the images (1)")
    parser.add_argument("--resume", action="store_true", help="take up an interrupted run")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="REC.h5", help="file of the recording"
    )


def obey(options: argparse.Namespace) -> tuple[Any, int]:
    """Simulate and write the recording."""
    from ..network import Network
    from ..simulation import Simulation

    network = Network.load(options.network)
    device, record = device_named(options.device), _record(options.record)
    output = options.output.absolute()
    data = load(options, options.data)
    with Simulation(network, device, options.steps, precision=options.precision, record=record) as simulation:
        recording = simulation.run(
            data.images, data.labels, jobs=options.jobs, output=output, resume=options.resume
        )
    accuracy = recording.accuracy().tolist() if len(network.outputs) == 1 else None
    spikes = {layer: int(recording.totals(layer).sum()) for layer in recording.layers}
    options.say(tables.to_text([{"layer": layer, "spikes": count} for layer, count in spikes.items()]))
    if accuracy:
        options.say("accuracy after step " + "  ".join(f"{n}: {a:.2%}" for n, a in enumerate(accuracy, 1)))
    options.say(f"written to {options.output}")
    return {"recording": str(options.output), "spikes": spikes, "accuracy": accuracy}, DONE


def _record(words: list[str]) -> Any:
    """Return a record from words such as spikes or conv1=counts."""
    if not words:
        return "totals"
    if len(words) == 1 and "=" not in words[0]:
        return words[0]
    pairs = [word.rpartition("=") for word in words]
    unnamed = next((level for layer, _, level in pairs if not layer), None)
    if unnamed is not None:
        raise InputError(f"--record {unnamed}: give one level for all layers, or LAYER=LEVEL for each")
    layers = [layer for layer, _, _ in pairs]
    twice = next((layer for layer in layers if layers.count(layer) > 1), None)
    if twice is not None:
        raise InputError(f"--record: layer {twice!r} is given twice: give each layer one level")
    return {layer: level for layer, _, level in pairs}
