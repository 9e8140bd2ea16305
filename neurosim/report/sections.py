"""The sections of a report, each from what it needs alone."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import energy, plotting, statistics
from ..errors import InputError, NotRecorded
from ..network import Network
from ..plotting import svg
from ..plotting.diagrams import height_of
from ..recording import Recording
from .section import Figure, Section, Table

__all__ = ["CAUSES", "sections"]

BAND = 6.0
"""Height of a layer in figures that have a row or a band for each [mm]."""

MOST_HEIGHT = 165.0
CAUSES = ("inherited", "clipping", "quantisation", "timing")
"""Of errors, in every diagnosis."""


def sections(
    recording: Recording, network: Network | None, diagnosis: Mapping[str, Any] | None
) -> Iterator[Section]:
    """Yield the sections of a report; what is not known is named, with the command that makes it known."""
    yield _run(recording)
    yield _network(recording, network)
    if recording.spiking:
        yield _rasters(recording)
        yield _rates(recording)
        yield _timing(recording)
    else:
        yield Section("Spikes", ["No layer's spikes were kept: run with --record spikes."])
    yield _decisions(recording)
    yield _errors(diagnosis)
    yield _energy(recording, network)
    yield Section("Provenance", tables=[Table(_flat(recording.provenance))])


def _run(recording: Recording) -> Section:
    window = f"{recording.images:,} images, {recording.steps} steps of {recording.dt:g} s each."
    known = recording.labels is not None and len(recording.outputs) == 1
    right = f"Accuracy after the last step: {recording.accuracy()[-1]:.2%}." if known else "No accuracy: "
    why = "" if known else "the images have no labels, or the network has several outputs."
    return Section("Run", [window, right + why])


def _network(recording: Recording, network: Network | None) -> Section:
    if network is None:
        rows = [
            {
                "layer": layer,
                "shape": "x".join(map(str, shape)),
                "neurons": math.prod(shape),
                "latency_steps": recording.latency[layer],
                "spikes_an_image": int(recording.totals(layer).sum()) / recording.images,
            }
            for layer, shape in recording.layers.items()
        ]
        hint = "For neurons, connections and energy give the network: neurosim report REC --network NET."
        return Section("Network", [hint], tables=[Table(rows)])
    height = height_of(len(network.layers), 6.0) + 4
    if height > MOST_HEIGHT:
        return Section("Network", ["Too deep to draw."], tables=[Table(network.table())])
    diagram = svg("network", lambda ax: plotting.network(ax, network), height)
    return Section("Network", (), [Figure(diagram, "The graph.")], [Table(network.table())])


def _rasters(recording: Recording) -> Section:
    height = _height(len(recording.spiking))
    drawn = svg("raster", lambda ax: plotting.raster(ax, recording), height)
    label = "" if recording.labels is None else f", of class {_classes(recording)[recording.labels[0]]}"
    caption = f"Every spike of image 0{label}: a band a layer, a dot a spike."
    return Section("Raster", (), [Figure(drawn, caption)])


def _rates(recording: Recording) -> Section:
    rows = [_rate_row(recording, layer) for layer in recording.spiking]
    drawn = svg("psth", lambda ax: plotting.psth(ax, recording))
    about = (
        "Rates and counts are means over neurons and images, whatever a spike's strength. Variability "
        "is the mean over the trains that have enough spikes; – where none has."
    )
    return Section(
        "Rates", [about], [Figure(drawn, "Mean rate of each layer over an image's window.")], [Table(rows)]
    )


def _rate_row(recording: Recording, layer: str) -> dict[str, Any]:
    spikes = recording.spikes(layer)
    mean = {row["statistic"]: row["mean"] for row in statistics.summary(spikes)}
    names = {"rate": "rate_Hz", "active_share": "active_share", "cv": "CV", "cv2": "CV2", "lv": "LV"}
    return {"layer": layer, "spikes": len(spikes)} | {text: mean[name] for name, text in names.items()}


def _timing(recording: Recording) -> Section:
    drawn = svg("latency", lambda ax: plotting.latency(ax, recording), _height(len(recording.spiking)))
    caption = (
        "First spikes by each layer's own time, of the neurons that spike: median, quartiles, 5 to 95 %."
    )
    return Section("Timing", (), [Figure(drawn, caption)])


def _decisions(recording: Recording) -> Section:
    labels = recording.labels
    if labels is None or len(recording.outputs) != 1:
        return Section("Decisions", ["The images have no labels, or the network has several outputs."])
    shares = {"This run": recording.accuracy()}
    said = recording.predictions()[:, -1]
    figures = [
        Figure(
            svg("accuracy", lambda ax: plotting.accuracy_over_time(ax, shares)), "Accuracy after each step."
        ),
        Figure(
            svg("confusion", lambda ax: plotting.confusion(ax, labels, said, _classes(recording))),
            "Decisions after the last step.",
        ),
    ]
    return Section("Decisions", (), figures)


def _errors(diagnosis: Mapping[str, Any] | None) -> Section:
    if diagnosis is None:
        hint = "To split the conversion error give --diagnosis, the file that neurosim diagnose --json wrote."
        return Section("Conversion error", [hint])
    rows = diagnosis["layers"]
    drawn = svg("errors", lambda ax: plotting.error_budget(ax, rows), _height(len(rows)))
    shown = [
        {key: row[key] for key in ("layer", "total", "mapping", *CAUSES, "correlation") if key in row}
        for row in rows
    ]
    culprits = [": ".join(pair) + "." for pair in diagnosis["culprits"][:5]]
    return Section(
        "Conversion error",
        [*culprits, *diagnosis["advice"]],
        [Figure(drawn, "What each layer's error is made of.")],
        [Table(shown)],
    )


def _energy(recording: Recording, network: Network | None) -> Section:
    if network is None:
        return Section("Energy", ["For operations and energy give the network: --network NET."])
    try:
        found = energy.estimate(network, recording)
    except (InputError, NotRecorded) as error:
        return Section("Energy", [f"Not known: {error}."])
    names, joules = plotting.joules_by_layer(found)
    drawn = svg("energy", lambda ax: plotting.energy(ax, names, joules), _height(2 * len(names)))
    about = "Arithmetic alone, in 45 nm: 4.6 pJ a multiplication with addition, 0.9 pJ an addition."
    tables = [Table(found.totals()), Table(found.rows())]
    return Section("Energy", [about], [Figure(drawn, "Energy an image.")], tables)


def _classes(recording: Recording) -> Sequence[str]:
    """Return the names of the classes, their numbers if they have none."""
    outputs = math.prod(recording.layers[recording.outputs[0]])
    return recording.classes or tuple(map(str, range(outputs)))


def _height(rows: int) -> float:
    return min(MOST_HEIGHT, 22 + BAND * rows)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Sequence[dict[str, Any]]:
    """Return nested values as rows of what and found."""
    rows: list[dict[str, Any]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{prefix}{key} ")
        else:
            rows.append({"what": f"{prefix}{key}", "found": str(value)})
    return rows or [{"what": "nothing", "found": ""}]
