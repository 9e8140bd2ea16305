"""neurosim report."""

import argparse
from pathlib import Path
from typing import Any

from .options import add_recording
from .status import DONE

__all__ = ["PURPOSE", "add_options", "obey"]

PURPOSE = "write one page of HTML about a recording"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    add_recording(parser)
    parser.add_argument("--network", type=Path, metavar="NET", help="what was run: adds graph and energy")
    parser.add_argument(
        "--diagnosis", type=Path, metavar="FILE", help="of neurosim diagnose --json: adds causes of errors"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="page to write")


def obey(options: argparse.Namespace) -> tuple[Any, int]:
    """Write the page."""
    from ..network import Network
    from ..recording import Recording
    from ..report import write_report
    from ..workflows.diagnosis_file import read_diagnosis

    recording = Recording.load(options.recording)
    network = None if options.network is None else Network.load(options.network)
    diagnosis = None if options.diagnosis is None else read_diagnosis(options.diagnosis)
    title = options.recording.name
    write_report(recording, options.output, network=network, diagnosis=diagnosis, title=title)
    options.say(f"written to {options.output}")
    return {"report": str(options.output)}, DONE
