"""The examination: chunk after chunk of images, what each layer said is held against what the module says."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..conversion.witness import Witness
from ..errors import RunFailed
from ..layers import Layer
from ..network import Network
from ..neurons import Input, Relay
from ..recording import Potential, Record, Recording
from ..recording.levels import known_layer
from ..stimuli import Stimulus
from .fit import Fit
from .grid import Grid, conserves
from .injection import Injection
from .sums import LayerSums
from .terms import contributions, drive, split

__all__ = ["Examination"]

WATCHED = 64
"""Neurons of a layer whose potentials are recorded."""

TOLERANCE = 1e-9
"""By how much the charge of a window may miss what weights make of read-outs, relative to its size."""


class Examination:
    """The sums of every layer and the decisions, over the images so far.

    Parameters
    ----------
    network : Network
    witness : Witness
        The module, at the same layers.
    steps : int
    dt : float
        Time step [s].
    keep : sequence of str, optional
        Layers whose errors are kept neuron by neuron; None: all.

    Attributes
    ----------
    sums : dict of str to LayerSums
    grids : dict of str to Grid
    images : int
    learned : frozenset of str
        The layers whose threshold the module learned.
    shifted : float
        |x' - x| / |x| of the network's normalised pixels and the module's.
    right : dict of str to int
        Right decisions of "ann", "snn", and by layer if it and all before it were exact.
    """

    def __init__(
        self, network: Network, witness: Witness, steps: int, dt: float, keep: Sequence[str] | None
    ) -> None:
        self.network, self.steps, self.dt = network, steps, dt
        self._witness, self.learned = witness, witness.learned
        names = [layer.name for layer in network.neurons]
        kept = names if keep is None else [known_layer(name, names) for name in keep]
        self.grids = {name: Grid.of(network, name, steps, dt) for name in names}
        self.sums = {layer.name: self._sums(layer, layer.name in kept) for layer in network.neurons}
        self.images = 0
        self.right: dict[str, int] = {}
        self._shift = np.zeros(2)

    def _sums(self, layer: Layer, keep: bool) -> LayerSums:
        sources = [projection.source for projection in self.network.into(layer.name)]
        grid = self.grids[layer.name] if _integrates(layer) else None
        fit = Fit(layer.shape, sources, layer.quantum is not None)
        return LayerSums(layer.name, layer.shape, fit, grid, keep)

    def record(self) -> Record:
        """Return what a simulation must record."""
        return {
            layer.name: ("counts", Potential(_watched(layer)))
            for layer in self.network.neurons
            if layer.model.spiking
        }

    @property
    def shifted(self) -> float:
        """See the class."""
        return float(np.sqrt(self._shift[0] / self._shift[1])) if self._shift[1] else float(self._shift[0])

    def add(
        self,
        recording: Recording,
        shown: Stimulus,
        pixels: np.ndarray,
        labels: np.ndarray | None,
        rest: Injection | None,
    ) -> None:
        """Take further images: what the network did and was shown, and raw pixels (images, *shape)."""
        layer = self.network.input
        assert isinstance(layer.neuron, Input)  # Network.input is the layer that has one
        said = self._witness.layers(pixels)
        activations = {name: testimony.activation for name, testimony in said.items()}
        exact = {layer.name: self._witness.pixels(pixels)}
        exact |= {name: a / self.grids[name].unit for name, a in activations.items()}
        frames = shown.frames(layer.neuron, layer.shape, self.steps, slice(None))
        mean = {layer.name: frames.mean(axis=1)}
        mean |= {layer.name: self._mean(recording, layer) for layer in self.network.neurons}
        given = layer.neuron.normalise(pixels, axes=len(layer.shape))
        self._shift += [((given - exact[layer.name]) ** 2).sum(), (exact[layer.name] ** 2).sum()]
        for name, testimony in said.items():
            parts = contributions(self.network, name, exact)
            drives = self._drive(name, parts), self._drive(name, contributions(self.network, name, mean))
            self._compare(name, testimony.activation, drives, mean[name])
            lacking = testimony.drive - drives[0]
            self.sums[name].fit.add(lacking, drives[0], [self.grids[name].gain * p for p in parts])
            self._balance(recording, name, drives[1])
        self._decide(recording, activations, exact, labels, rest)
        self.images += len(pixels)

    def _mean(self, recording: Recording, layer: Layer) -> np.ndarray:
        """Return the mean strength a step, or of a layer that accumulates the mean current."""
        if layer.model.spiking:
            return recording.counts(layer.name) / self.steps
        return recording.output(layer.name)[:, -1] / self.steps

    def _drive(self, name: str, parts: Sequence[np.ndarray]) -> np.ndarray:
        return drive(self.network, name, parts, self.grids[name].gain)

    def _compare(
        self, name: str, activation: np.ndarray, drives: tuple[np.ndarray, np.ndarray], mean: np.ndarray
    ) -> None:
        grid, sums, layer = self.grids[name], self.sums[name], self.network[name]
        if not _integrates(layer):
            read = mean * grid.unit
            sums.add(split(activation, *drives, drives[1], read, None), activation, read)
            return
        counts = np.rint(mean * self.steps)
        read = grid.read(counts)
        mapped, arrived = (self._witness.rectify(name, value) for value in drives)
        sums.add(split(activation, mapped, arrived, drives[1], read, grid), activation, read)
        sums.count(counts, drives[1])

    def _balance(self, recording: Recording, name: str, arrived: np.ndarray) -> None:
        """Keep what is left on membranes; raise RunFailed unless received charge was sent or is left."""
        layer, grid = self.network[name], self.grids[name]
        if isinstance(layer.neuron, Relay):
            return
        chosen = list(_watched(layer))
        received = self.steps * arrived.reshape(len(arrived), -1)[:, chosen]
        if layer.model.spiking:
            unit = _chosen(grid.unit, layer, chosen)
            left = recording.potential(name)[:, -1] * _chosen(grid.gain, layer, chosen)
            self.sums[name].leave(left / unit)
            sent = recording.counts(name).reshape(len(left), -1)[:, chosen] * unit
            charge = left + sent - _chosen(grid.initial, layer, chosen)
        else:
            charge = recording.output(name)[:, -1].reshape(len(received), -1)[:, chosen]
        delayed = any(projection.delay for projection in self.network.into(name))
        if conserves(layer.model) and not delayed:
            _check_charge(name, received, charge)

    def _decide(
        self,
        recording: Recording,
        activations: Mapping[str, np.ndarray],
        exact: Mapping[str, np.ndarray],
        labels: np.ndarray | None,
        rest: Injection | None,
    ) -> None:
        """Count right decisions."""
        output = self.network.outputs[0].name
        ann = activations[output].reshape(len(activations[output]), -1).argmax(axis=1)
        truth = ann if labels is None else labels
        decided = {"ann": ann, "snn": recording.predictions()[:, -1]}
        if rest is not None:
            behind = {name: rest.run(name, exact) for name in rest.order}
            decided |= {name: ann if found is None else found for name, found in behind.items()}
        for name, found in decided.items():
            self.right[name] = self.right.get(name, 0) + int((found == truth).sum())


def _check_charge(name: str, received: np.ndarray, charge: np.ndarray) -> None:
    miss = float(np.abs(charge - received).max())
    if not miss <= TOLERANCE * max(1.0, float(np.abs(received).max())):
        raise RunFailed(
            f"diagnose: layer {name!r} received {miss:g} more or less charge than its weights make of what "
            "was sent: report this as an error of neurosim"
        )


def _integrates(layer: Layer) -> bool:
    """Whether a layer says multiples of a quantum, by a threshold of its own."""
    return layer.model.spiking and not isinstance(layer.neuron, Relay)


def _watched(layer: Layer) -> tuple[int, ...]:
    """Return the neurons whose potentials are recorded, spread over the layer."""
    return tuple(np.unique(np.linspace(0, layer.size - 1, WATCHED).astype(int)).tolist())


def _chosen(value: np.ndarray, layer: Layer, chosen: list[int]) -> np.ndarray:
    """Return a value of a `Grid` of the chosen neurons of a layer."""
    return np.broadcast_to(value, layer.shape).reshape(-1)[chosen]
