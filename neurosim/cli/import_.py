"""neurosim import."""

import argparse
from pathlib import Path
from typing import Any

from .status import DONE

__all__ = ["PURPOSE", "add_options", "obey"]

PURPOSE = "read a spiking network of another library"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a NIR file (.nir)")
    parser.add_argument(
        "--convention", help="whose reader to follow where it is silent: nir, sinabs, snntorch, spikingjelly"
    )
    parser.add_argument("--dt", type=float, default=1e-4, help="a time step [s] (1e-4)")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="NET", help="file of the network (.safetensors)"
    )


def obey(options: argparse.Namespace) -> tuple[Any, int]:
    """Read the file and write the network."""
    from ..nir import from_nir

    network = from_nir(options.file, convention=options.convention, dt=options.dt)
    network.save(options.output)
    options.say(f"{network}\n\nwritten to {options.output}")
    return {"network": str(options.output), "layers": network.table()}, DONE
