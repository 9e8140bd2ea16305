"""neurosim doctor."""

import argparse
from typing import Any

from .. import tables
from .status import BAD_INPUT, DONE

__all__ = ["PURPOSE", "add_options", "obey"]

PURPOSE = "look at what this machine has"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    parser.add_argument("--cuda", action="store_true", help="look for what the CUDA device needs, too")


def obey(options: argparse.Namespace) -> tuple[Any, int]:
    """Look at every part; BAD_INPUT if one is missing."""
    from ..doctor import checks

    looked = checks(options.cuda)
    rows = [
        {
            "": "ok" if c.ok else "MISSING",
            "what": c.name,
            "found": c.found,
            "remedy": "" if c.ok else c.remedy,
        }
        for c in looked
    ]
    options.say(tables.to_text(rows))
    return {"checks": [vars(check) for check in looked]}, DONE if all(c.ok for c in looked) else BAD_INPUT
