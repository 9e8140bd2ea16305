"""neurosim diagnose."""

import argparse
import math
from pathlib import Path
from typing import Any

from .options import add_data_options, add_network, device_named, load
from .status import DONE

__all__ = ["PURPOSE", "add_options", "obey"]

PURPOSE = "say which layer lost the accuracy of a conversion, and why"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    parser.add_argument("weights", type=Path, help="those the network was converted from")
    parser.add_argument(
        "--architecture", required=True, metavar="NAME", help="whose weights they are, as resnet20"
    )
    add_network(parser)
    parser.add_argument("data", metavar="DATA", help="for example digits:test[:100] or folder:PATH")
    parser.add_argument("--steps", type=int, default=8, help="steps T of each image (8)")
    parser.add_argument("--device", default="cpp", help="reference, runtime or cpp (cpp)")
    parser.add_argument(
        "--no-injection", action="store_true", help="do not ask what the accuracy were if layers were exact"
    )
    add_data_options(parser)


def obey(options: argparse.Namespace) -> tuple[Any, int]:
    """Diagnose; the table, the culprits and advice."""
    from ..ann import architecture
    from ..diagnosis import diagnose
    from ..network import Network
    from ..training import load_tuned

    known = architecture(options.architecture)
    module = load_tuned(options.weights, options.architecture)
    data = load(options, options.data)
    found = diagnose(
        module,
        Network.load(options.network),
        data.images,
        data.labels,
        steps=options.steps,
        device=device_named(options.device),
        input=known.input,
        keep=(),
        injection=not options.no_injection,
        progress=True,
    )
    options.say(str(found))
    return {
        "layers": [{key: _plain(value) for key, value in row.items()} for row in found.table()],
        "faults": found.faults,
        "culprits": found.culprits,
        "advice": found.advice,
        "decisive": found.decisive,
        "accuracy_ann": found.accuracy_ann,
        "accuracy_snn": found.accuracy_snn,
    }, DONE


def _plain(value: Any) -> Any:
    """Return what JSON can say: null for what is undefined or infinite."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
