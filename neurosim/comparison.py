"""Comparison of recordings spike for spike: equal, or the first place where they part."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from .errors import InputError
from .network import Network
from .neurons import Relay
from .recording import Recording
from .reference import parameter_arrays, simulate
from .spikes import Spikes

__all__ = [
    "Agreement",
    "Divergence",
    "compare",
    "deviation",
    "margins",
    "quantum",
    "readout_error",
    "tie_tolerance",
]


@dataclasses.dataclass(frozen=True)
class Divergence:
    """The first spike that two devices do not share.

    Attributes
    ----------
    layer : str
        The first layer, in the order of the network, that differs at this image and step.
    image, step, neuron : int
        Where: local step, and C-order index into the layer's shape.
    strengths : dict of str to int
        What each device made of it; 0 is silence.
    margin : float or None
        |U - threshold| / threshold in the reference, if it was worked out.
    """

    layer: str
    image: int
    step: int
    neuron: int
    strengths: Mapping[str, int]
    margin: float | None = None

    def __str__(self) -> str:
        said = ", ".join(f"{device} {strength}" for device, strength in self.strengths.items())
        margin = "" if self.margin is None else f", |U - threshold| / threshold = {self.margin:.3g}"
        where = f"layer {self.layer!r}, image {self.image}, step {self.step}, neuron {self.neuron}"
        return f"{where}: {said}{margin}"


@dataclasses.dataclass(frozen=True)
class Agreement:
    """Whether devices agree; true if they do.

    Attributes
    ----------
    spikes : int
        Spikes that were compared, of the first device.
    ties : int
        Neurons and steps that stood so close to their threshold that another order of sums could
        change them.
    outputs : bool
        Whether the potentials of the layers that accumulate are equal bit by bit.
    first : Divergence or None
    """

    spikes: int
    ties: int
    outputs: bool = True
    first: Divergence | None = None

    @property
    def equal(self) -> bool:
        """Whether every spike and every output is equal."""
        return self.first is None and self.outputs

    def __bool__(self) -> bool:
        return self.equal


def compare(recordings: Mapping[str, Recording], image: int = 0) -> Agreement:
    """Compare recordings of the same images, all layers at level "spikes".

    Parameters
    ----------
    recordings : dict of str to Recording
        By the name of the device; the others are held to the first.
    image : int
        Number of the recordings' first image.

    Raises
    ------
    InputError
        If they are not of the same layers, images, steps and dt.
    """
    (base, first), *others = recordings.items()
    layers = list(first.layers)
    spikes = {layer: first.spikes(layer) for layer in layers}
    found: list[Divergence] = []
    outputs = True
    for name, other in others:
        _check_comparable(first, other)
        for layer in layers:
            found += _difference(layer, {base: spikes[layer], name: other.spikes(layer)})
        outputs &= all(_same_output(first, other, layer) for layer in _accumulating(first))
    found.sort(key=lambda d: (d.image, d.step, layers.index(d.layer)))
    earliest = dataclasses.replace(found[0], image=found[0].image + image) if found else None
    return Agreement(sum(map(len, spikes.values())), 0, outputs, earliest)


def _check_comparable(one: Recording, other: Recording) -> None:
    for field in ("layers", "images", "steps", "dt"):
        if getattr(one, field) != getattr(other, field):
            raise InputError(
                f"compare: {field} is {getattr(one, field)} and {getattr(other, field)}: give recordings of "
                "one network and one input"
            )


def _difference(layer: str, spikes: dict[str, Spikes]) -> list[Divergence]:
    """Return the first divergence of two devices in one layer, or nothing."""
    (base, one), (name, other) = spikes.items()
    if one == other:
        return []
    keys = {name: _places(s) for name, s in spikes.items()}
    strengths = {
        name: dict(zip(keys[name].tolist(), s.strength.tolist(), strict=True)) for name, s in spikes.items()
    }
    union = np.union1d(keys[base], keys[name])
    place = next(p for p in union.tolist() if strengths[base].get(p, 0) != strengths[name].get(p, 0))
    frame, neuron = divmod(place, int(np.prod(one.shape)))
    said = {device: known.get(place, 0) for device, known in strengths.items()}
    return [Divergence(layer, frame // one.steps, frame % one.steps, neuron, said)]


def _places(spikes: Spikes) -> np.ndarray:
    frame = spikes.image.astype(np.int64) * spikes.steps + spikes.step
    places: np.ndarray = frame * int(np.prod(spikes.shape)) + spikes.neuron
    return places


def _accumulating(recording: Recording) -> list[str]:
    return [layer for layer in recording.outputs if recording.accumulates(layer)]


def _same_output(one: Recording, other: Recording, layer: str) -> bool:
    return one.output(layer).tobytes() == other.output(layer).tobytes()


def tie_tolerance(precision: str) -> float:
    """Return how close to a threshold, relative to it, a neuron counts as tied."""
    return {"double": 1e-12, "single": 1e-5}[precision]


def margins(
    network: Network, frames: np.ndarray, steps: int, dt: float, dtype: type
) -> list[dict[str, np.ndarray]]:
    """Return, for each step, every spiking layer's distance to the next change of its strength.

    Parameters
    ----------
    frames : array, shape (images, 1 or steps, *input shape)
        Normalised input.

    Returns
    -------
    list of dict of str to array, shape (images, *shape)
        |U - threshold| / threshold, or for many thresholds the distance to the nearest.
    """
    spiking = [layer for layer in network.neurons if layer.model.spiking]
    parameters = {layer.name: parameter_arrays(network, layer, dt, dtype) for layer in spiking}
    return [
        {
            layer.name: layer.model.margin(made[layer.name].charged, parameters[layer.name])
            for layer in spiking
        }
        for made in simulate(network, frames, steps, dt=dt, dtype=dtype)
    ]


def quantum(network: Network, name: str) -> np.ndarray:
    """Return what a strength of 1 stands for: the layer's quantum, else its neurons', else what relays pool.

    Returns
    -------
    array, shape () or (C,) or the layer's shape
        1 of a layer without threshold.

    Raises
    ------
    InputError
        If relays pool neurons of different thresholds in one channel.
    """
    layer = network[name]
    if layer.quantum is not None:
        return np.asarray(layer.quantum)
    if not isinstance(layer.neuron, Relay):
        return np.asarray(getattr(layer.neuron, "quantum", 1.0))
    (pooled,) = network.into(name)
    unit = quantum(network, pooled.source)
    if unit.ndim > 1:
        raise InputError(
            f"layer {name!r} pools layer {pooled.source!r}, where thresholds differ within a channel: "
            "give it one a channel"
        )
    return unit


def readout_error(readout: np.ndarray, activation: np.ndarray) -> float:
    """Return how far a layer's read-out is from the activation it stands for.

    sqrt(sum (a_hat - a)^2) / sqrt(sum a^2) over all images and neurons, with a_hat = threshold S[T] / T of
    a spiking layer and V[T] / T of one that accumulates; NaN where the activation is zero throughout.

    Parameters
    ----------
    readout, activation : array, shape (images, *shape)
    """
    size = float(np.linalg.norm(activation.ravel()))
    return float(np.linalg.norm((readout - activation).ravel())) / size if size else float("nan")


def deviation(recording: Recording, measure: Recording, layer: str) -> float:
    """Return how far from another run of the same images a layer's sums are when the window ends.

    sqrt(sum (S' - S)^2) / sqrt(sum S^2) over all images and neurons, with S the sum of strengths of a
    spiking layer and the potential of one that accumulates; NaN where S is zero throughout. Windows may
    differ in length.

    Parameters
    ----------
    recording, measure : Recording
        S' and S, at level "counts" or above.

    Raises
    ------
    NotRecorded
        If the layer was recorded at level "totals".
    """
    sums, right = (
        run.output(layer)[:, -1] if run.accumulates(layer) else run.counts(layer).astype(np.float64)
        for run in (recording, measure)
    )
    return readout_error(sums, right)
