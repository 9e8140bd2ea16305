"""The kinds of figures: what each takes from a recording and from what lies beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from .. import energy, plotting, statistics
from ..errors import InputError
from ..files import read_npz
from ..network import Network
from ..neurons.base import broadcast
from ..plotting.diagrams import height_of
from ..plotting.styles import Preset
from ..recording import Recording
from ..spikes import Images, choose
from .conversion_report import readout
from .diagnosis_file import read_diagnosis
from .studies import read_table

__all__ = ["KINDS", "Kind", "Material"]

Draw = Callable[[Any], Any]
"""Draws into the Axes it is given."""


@dataclass(frozen=True)
class Material:
    """What a figure is drawn from; files are read when a kind asks for them.

    Parameters
    ----------
    recording_file : Path
    images
        Which; None: the first of a raster or a trace, all of other kinds.
    layers : tuple of str
        None given: all, or the first that spikes where a figure shows one.
    neuron : int
        Of a trace, in C order; None: the first that was recorded.
    network_file : Path
        Of `neurosim convert`.
    diagnosis_file : Path
        `Diagnosis.table` as CSV, or what `neurosim diagnose --json` printed, as .json.
    activations_file : Path
        npz: what the trained network says at each layer, by its name, (images, *shape).
    grid : (int, int)
        Height and width of a scene whose pixels are the images, row by row.
    """

    recording_file: Path
    images: Images | None = None
    layers: tuple[str, ...] = ()
    neuron: int | None = None
    network_file: Path | None = None
    diagnosis_file: Path | None = None
    activations_file: Path | None = None
    grid: tuple[int, int] | None = None

    @property
    def files(self) -> list[Path]:
        """What is read."""
        named = (self.recording_file, self.network_file, self.diagnosis_file, self.activations_file)
        return [path for path in named if path is not None]

    @cached_property
    def recording(self) -> Recording:
        """The recording."""
        return Recording.load(self.recording_file)

    @cached_property
    def network(self) -> Network:
        """The network."""
        return Network.load(_given(self.network_file, "the network: give --network NET"))

    @cached_property
    def diagnosis(self) -> list[dict[str, Any]]:
        """The table of the diagnosis."""
        path = _given(self.diagnosis_file, "the causes of errors: give --diagnosis TABLE.csv or .json")
        return read_diagnosis(path)["layers"] if path.suffix == ".json" else read_table(path)

    @cached_property
    def activations(self) -> dict[str, np.ndarray]:
        """What the trained network says."""
        return read_npz(
            _given(self.activations_file, "what the trained network says: give --activations NPZ")
        )

    @property
    def several(self) -> tuple[str, ...] | None:
        """The layers of a figure that shows several; None for all."""
        return self.layers or None

    @property
    def layer(self) -> str:
        """The layer of a figure that shows one."""
        if len(self.layers) > 1:
            raise InputError(f"figure: {len(self.layers)} layers are named; this kind shows one")
        spiking = [name for name in self.recording.layers if not self.recording.accumulates(name)]
        return self.layers[0] if self.layers else spiking[0]

    @property
    def image(self) -> int:
        """The image of a figure that shows one."""
        chosen = choose(0 if self.images is None else self.images, self.recording.images)
        if len(chosen) > 1:
            raise InputError(f"figure: {len(chosen)} images are named; this kind shows one")
        return int(chosen[0])


@dataclass(frozen=True)
class Kind:
    """How a figure is made: from material to a function that draws, and how high it is [mm]."""

    prepare: Callable[[Material], Draw]
    height: Callable[[Material, Preset], float | None]
    purpose: str


def _given(path: Path | None, need: str) -> Path:
    if path is None:
        raise InputError(f"figure: this kind needs {need}")
    return path


def _raster(m: Material) -> Draw:
    images = 0 if m.images is None else m.images
    return partial(plotting.raster, source=m.recording, images=images, layers=m.several)


def _timing(panel: Callable[..., Any], m: Material) -> Draw:
    return partial(panel, source=m.recording, images=m.images, layers=m.several)


def _rate_map(m: Material) -> Draw:
    events, layer = m.recording.events(m.layer), m.layer
    chosen = choose(slice(None) if m.images is None else m.images, m.recording.images)
    rates = events[chosen].mean(axis=0) / (m.recording.steps * m.recording.dt)
    return partial(plotting.rate_map, rates=rates, quantity=f"Rate of {layer} (Hz)")


def _accuracy(m: Material) -> Draw:
    return partial(plotting.accuracy_over_time, curves={"Spiking network": m.recording.accuracy()})


def _trace(m: Material) -> Draw:
    layer, image, recording = m.layer, m.image, m.recording
    watched = recording.watched(layer).tolist()
    neuron = watched[0] if m.neuron is None else m.neuron
    if neuron not in watched:
        some = ", ".join(map(str, watched[:9]))
        raise InputError(f"figure: the potential of neuron {neuron} was not recorded; there are {some}")
    potential = recording.potential(layer)[image, :, watched.index(neuron)]
    strengths = recording.dense(layer, [image]).reshape(recording.steps, -1)[:, neuron]
    look: dict[str, Any] = {"unit": "mV"} if "physical" in recording.provenance else _threshold(m, neuron)
    return partial(plotting.trace, potential=potential, dt=recording.dt, strengths=strengths, **look)


def _threshold(m: Material, neuron: int) -> dict[str, float]:
    """Return the neuron's threshold, as the network tells it; nothing without a network."""
    if m.network_file is None:
        return {}
    layer = m.network[m.layer]
    values = layer.model.values(m.recording.dt)
    if "threshold" not in values:
        return {}
    return {
        "threshold": float(
            np.broadcast_to(broadcast(values["threshold"], layer.shape), layer.shape).flat[neuron]
        )
    }


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
    chosen = choose(slice(None) if m.images is None else m.images, m.recording.images)
    names = m.layers or [name for name in m.recording.layers if not m.recording.accumulates(name)]
    said = {name: m.recording.counts(name)[chosen] for name in names}
    if m.activations_file is None:
        return partial(plotting.similarity, values=statistics.similarity(said), rows=names)
    other = {name: values[chosen] for name, values in m.activations.items()}
    values = statistics.similarity(said, other)
    return lambda ax: plotting.similarity(ax, values, list(names), list(other)).set(
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
    return min(height_of(len(m.network.layers), preset.small), preset.most_height)


def _layers(m: Material) -> int:
    return len(m.layers or m.recording.layers)


KINDS = {
    "raster": Kind(_raster, partial(_by_rows, _layers), "every spike, layer by layer"),
    "psth": Kind(partial(_timing, plotting.psth), _usual, "rates over the window"),
    "isi": Kind(partial(_timing, plotting.isi), _usual, "intervals between spikes"),
    "latency": Kind(partial(_timing, plotting.latency), partial(_by_rows, _layers), "first spikes by layer"),
    "rate-map": Kind(_rate_map, _usual, "rates of a layer's channels"),
    "accuracy": Kind(_accuracy, _usual, "accuracy after every step"),
    "trace": Kind(_trace, _usual, "the membrane of a neuron"),
    "confusion": Kind(_confusion, _square, "which class is taken for which"),
    "network": Kind(_network, _diagram, "the graph of the network (--network)"),
    "error-budget": Kind(
        _error_budget, partial(_by_rows, lambda m: len(m.diagnosis)), "causes of errors (--diagnosis)"
    ),
    "correlation": Kind(
        _correlation, _square, "rates against activations of a layer (--network, --activations)"
    ),
    "energy": Kind(
        _energy, partial(_by_rows, lambda m: 2 * len(m.recording.layers)), "energy of every layer (--network)"
    ),
    "similarity": Kind(_similarity, _square, "how alike layers are, or (--activations) those of the ANN"),
    "classification-map": Kind(_map, _square, "the classes of a scene (--grid)"),
}
"""By their names on the command line."""
