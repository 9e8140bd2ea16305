"""One self-contained page of HTML: figures inline, nothing from elsewhere, every name escaped."""

import os
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import jinja2

from ..errors import InputError
from ..files import atomic
from ..network import Network
from ..recording import Recording
from .sections import CAUSES, sections

__all__ = ["write_report"]


def write_report(
    recording: Recording,
    path: str | os.PathLike[str],
    *,
    network: Network | None = None,
    diagnosis: Mapping[str, Any] | None = None,
    title: str = "neurosim report",
) -> None:
    """Write a page about a recording: run, network, raster, rates, timing, decisions, errors, energy, source.

    The page needs nothing but itself and runs no script; a browser that obeys its content security policy
    could not load anything either. The same input gives the same bytes.

    Parameters
    ----------
    recording
        Layers at level "spikes" are drawn.
    path
        Of the file to write.
    network
        The one that was run: for its graph, its table and its energy.
    diagnosis
        What `neurosim diagnose --json` prints: for the causes of each layer's error.
    title
        Heading.

    Raises
    ------
    InputError
        If network or diagnosis are not of the recording's layers.
    FileError
        If the file cannot be written.
    """
    if network is not None and {layer.name: layer.shape for layer in network.neurons} != recording.layers:
        raise InputError("report: the network's layers are not the recording's: give the one that was run")
    if diagnosis is not None:
        _check(diagnosis, recording)
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string((files(__package__) / "page.html.jinja").read_text(encoding="utf-8"))
    page = template.render(title=title, sections=list(sections(recording, network, diagnosis)))
    with atomic(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _check(diagnosis: Mapping[str, Any], recording: Recording) -> None:
    try:
        rows, culprits, advice = (diagnosis[key] for key in ("layers", "culprits", "advice"))
        numbers = [row[cause] for row in rows for cause in CAUSES]
        layers = {row["layer"] for row in rows}
        words = [*advice, *(word for pair in culprits for word in pair)]
    except (KeyError, TypeError):
        layers, numbers, words = set(), [], []
    whole = all(isinstance(n, int | float) for n in numbers) and all(isinstance(w, str) for w in words)
    if not whole or not layers or not layers <= set(recording.layers):
        raise InputError(
            "report: the diagnosis is not of the recording's layers: give what neurosim diagnose --json "
            "printed for the same network"
        )
