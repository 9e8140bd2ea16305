"""The kinds of figures: what each takes from a recording and from what lies beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from .. import energy, plotting, statistics
from ..errors import InputError
from ..plotting.diagrams import height_of
from ..plotting.sources import spiking, spiking_layers
from ..plotting.styles import Preset
from .conversion_report import readout
from .figure_material import Material
from .figure_trace import trace

__all__ = ["KINDS", "Kind"]

LEAST_IMAGES = 3  # of a similarity: centred, two images are one number a neuron, and all are alike

Draw = Callable[[Any], Any]
"""Draws into the Axes it is given."""


@dataclass(frozen=True)
class Kind:
    """How a figure is made: from material to a function that draws, and how high it is [mm].

    `takes` are the options it uses, separated by spaces.
    """

    prepare: Callable[[Material], Draw]
    height: Callable[[Material, Preset], float | None]
    purpose: str
    takes: str = ""

    def check(self, name: str, material: Material) -> None:
        """Raise InputError if something is given that this kind, called `name`, does not use."""
        takes = self.takes.split()
        surplus = [option for option in material.options if option not in takes]
        if surplus:
            used = ", ".join(takes) or "none of these options"
            raise InputError(f"figure: {name} does not use {surplus[0]}; it takes {used}")


def _raster(m: Material) -> Draw:
    return partial(plotting.raster, source=m.recording, images=m.chosen(0), layers=m.several)


def _timing(panel: Callable[..., Any], m: Material) -> Draw:
    return partial(panel, source=m.recording, images=m.chosen(), layers=m.several)


def _rate_map(m: Material) -> Draw:
    if not m.layers:
        spiking_layers("rate-map", m.recording)
    layer = spiking("rate-map", m.recording, m.layer)
    rates = m.recording.events(layer)[m.chosen()].mean(axis=0) / (m.recording.steps * m.recording.dt)
    return partial(plotting.rate_map, rates=rates, quantity=f"Rate of {layer} (Hz)")


def _accuracy(m: Material) -> Draw:
    return partial(plotting.accuracy_over_time, curves={"Spiking network": m.recording.accuracy()})


def _confusion(m: Material) -> Draw:
    if m.recording.labels is None:
        raise InputError("figure: the recording has no labels; give labels= when running")
    said = m.recording.predictions()[:, -1]
    return partial(
        plotting.confusion, labels=m.recording.labels, predictions=said, classes=m.recording.classes
    )


def _network(m: Material) -> Draw:
    return partial(plotting.network, net=m.network)


def _error_budget(m: Material) -> Draw:
    return partial(plotting.error_budget, rows=m.diagnosis)


def _correlation(m: Material) -> Draw:
    layer, network = m.layer, m.network
    if layer not in m.activations:
        found = ", ".join(m.activations)
        raise InputError(f"{m.activations_file}: holds no layer {layer!r}; it holds {found}")
    said = readout(network, m.recording, layer)
    return partial(plotting.correlation, activations=m.activations[layer], rates=said)


def _energy(m: Material) -> Draw:
    layers, joules = plotting.joules_by_layer(energy.estimate(m.network, m.recording))
    return partial(plotting.energy, layers=layers, joules=joules)


def _similarity(m: Material) -> Draw:
    chosen, names = m.chosen(), m.spiking("similarity")
    if len(chosen) < LEAST_IMAGES:
        count = len(chosen)
        raise InputError(f"figure: {count} images are chosen, and two are always alike; give 3 or more")
    said = {name: m.recording.counts(name)[chosen] for name in names}
    if m.activations_file is None:
        return partial(plotting.similarity, values=statistics.similarity(said), rows=names)
    other = {name: values[chosen] for name, values in m.activations.items()}
    values = statistics.similarity(said, other)
    return lambda ax: plotting.similarity(ax, values, names, list(other)).set(
        xlabel="Artificial network", ylabel="Spiking network"
    )


def _map(m: Material) -> Draw:
    if m.grid is None:
        raise InputError("figure: this kind needs the size of the scene: give --grid HEIGHTxWIDTH")
    if m.grid[0] * m.grid[1] != m.recording.images:
        size = "x".join(map(str, m.grid))
        raise InputError(f"figure: a grid of {size} does not hold {m.recording.images} images, row by row")
    said = m.recording.predictions()[:, -1].reshape(m.grid)
    return partial(plotting.classification_map, classes=said, names=m.recording.classes)


def _usual(m: Material, preset: Preset) -> float | None:
    return None


def _square(m: Material, preset: Preset) -> float | None:
    return min(0.82 * preset.width, preset.most_height)


def _by_rows(count: Callable[[Material], int], m: Material, preset: Preset) -> float | None:
    """Return the usual height, or more where every layer needs a line of its own."""
    needed = 14 + 0.3528 * 1.5 * preset.small * count(m)
    return min(max(needed, 0.62 * preset.width), preset.most_height)


def _diagram(m: Material, preset: Preset) -> float | None:
    needed = height_of(len(m.network.layers), preset.small)
    return min(max(needed, preset.least_height), preset.most_height)


def _layers(m: Material) -> int:
    return len(m.layers or m.recording.layers)


RUNS, SHOWN = "--images --layer", partial(_by_rows, _layers)

KINDS = {
    "raster": Kind(_raster, SHOWN, "every spike, layer by layer", RUNS),
    "psth": Kind(partial(_timing, plotting.psth), _usual, "rates over the window", RUNS),
    "isi": Kind(partial(_timing, plotting.isi), _usual, "intervals between spikes", RUNS),
    "latency": Kind(partial(_timing, plotting.latency), SHOWN, "first spikes by layer", RUNS),
    "rate-map": Kind(_rate_map, _usual, "rates of a layer's channels", RUNS),
    "accuracy": Kind(_accuracy, _usual, "accuracy after every step"),
    "trace": Kind(trace, _usual, "the membrane of a neuron", f"{RUNS} --neuron --network"),
    "confusion": Kind(_confusion, _square, "which class is taken for which"),
    "network": Kind(_network, _diagram, "the graph of the network", "--network"),
    "error-budget": Kind(
        _error_budget, partial(_by_rows, lambda m: len(m.diagnosis)), "causes of errors", "--diagnosis"
    ),
    "correlation": Kind(
        _correlation,
        _square,
        "rates against activations of a layer",
        "--layer --network --activations",
    ),
    "energy": Kind(
        _energy,
        partial(_by_rows, lambda m: 2 * len(m.recording.layers)),
        "energy of every layer",
        "--network",
    ),
    "similarity": Kind(
        _similarity, _square, "how alike layers are, or those of the ANN", f"{RUNS} --activations"
    ),
    "classification-map": Kind(_map, _square, "the classes of a scene", "--grid"),
}
"""By their names on the command line."""
