"""neurosim demo."""

import argparse
from pathlib import Path
from typing import Any

from .status import DIFFERENT, DONE

__all__ = ["PURPOSE", "add_options", "obey"]

PURPOSE = "classify pixels of a real scene by spikes: simulated, proved, drawn"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    parser.add_argument("-o", "--output", type=Path, default=Path("demo"), help="folder for figures (demo)")


def obey(options: argparse.Namespace) -> tuple[Any, int]:
    """Run the demonstration; DIFFERENT if a device disagrees."""
    from ..workflows.demo import demo

    result = demo(options.output, options.say)
    return result, DONE if result["equal"] else DIFFERENT
