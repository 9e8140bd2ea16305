"""neurosim describe."""

import argparse
from typing import Any

from .options import add_network
from .status import DONE

__all__ = ["PURPOSE", "add_options", "obey"]

PURPOSE = "print a network's table"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    add_network(parser)


def obey(options: argparse.Namespace) -> tuple[Any, int]:
    """Print the table."""
    from ..network import Network

    network = Network.load(options.network)
    options.say(str(network))
    return {"layers": network.table(), "classes": network.classes, "fingerprint": network.fingerprint()}, DONE
