"""The connectivity in Python, for Brian2's numpy target: the ops' own sums on whole layers."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..alignment import ALIGNED, Alignment
from ..layers import Projection
from ..network import Network
from ..neurons.draws import draw
from ..ops import Shape
from ..reference import Delivery, project
from .plan import channels_last

__all__ = ["HostSession"]


class HostSession:
    """One run of a network on a stream of images, as `session.h` has it in C++.

    Parameters
    ----------
    network : Network
    projections : sequence of Projection
        Those of the network that are to be delivered, in its order.
    first : dict of str to int
        Index of each layer's first neuron among all.
    frames : array, shape (images, 1 or steps, *input shape)
        Normalised input in the simulation's precision.
    steps : int
        Of a window, those of draining included.
    alignment : Alignment
    first_image : int
        Number of the first image among all that are run.

    Attributes
    ----------
    strengths, potentials : dict of str to array, shape (images, steps, *shape)
        What every layer did.
    """

    def __init__(
        self,
        network: Network,
        projections: Sequence[Projection],
        first: Mapping[str, int],
        frames: np.ndarray,
        steps: int,
        alignment: Alignment = ALIGNED,
        first_image: int = 0,
    ) -> None:
        self.network, self.first, self.frames, self.steps = network, first, frames, steps
        self.alignment, self.latency = alignment, alignment.latency(network)
        self.first_image = first_image
        self.into = {name: [p for p in projections if p.target == name] for name in first}
        size = max(begin + network[name].size for name, begin in first.items())
        self.currents = np.zeros(size, frames.dtype)
        self.strengths = {name: self._empty(network[name].shape) for name in first}
        self.potentials = {name: self._empty(network[name].shape) for name in first}
        self._deliveries: dict[int, Delivery] = {}  # by id: a hash would read the weights

    def _empty(self, shape: Shape) -> np.ndarray:
        return np.zeros((len(self.frames), self.steps, *shape), self.frames.dtype)

    def propagate(self, step: int) -> int:
        """Turn the spikes of the last steps into all currents of this one."""
        for name, begin in self.first.items():
            layer = self.network[name]
            drive = np.zeros((1, *layer.shape), self.frames.dtype)
            image, k = divmod(int(step) - self.latency[name], self.steps)
            if 0 <= image < len(self.frames):
                for projection in self.into[name]:
                    self._deliver(projection, image, k, drive)
            self.currents[begin : begin + layer.size] = channels_last(drive[0], len(layer.shape))
        return 0

    def _deliver(self, projection: Projection, image: int, k: int, drive: np.ndarray) -> None:
        said = k - self.alignment.reach(projection)
        if said < 0:
            return
        if said == 0:
            self._deliveries[id(projection)] = Delivery(projection.ops)
        if projection.source != self.network.input.name:
            strengths = self.strengths[projection.source][image, said]
            self._deliveries[id(projection)].add(strengths[None], drive)
            return
        if said >= self.steps - self.alignment.drain:
            return
        frame = min(said, self.frames.shape[1] - 1)
        current = np.zeros_like(drive)
        project(projection.ops, self.frames[image, frame][None], current)
        drive += current

    def current(self, neuron: np.ndarray, step: int) -> np.ndarray:
        """Return the currents of some neurons."""
        return np.asarray(self.currents[neuron])

    def fire(self, neuron: np.ndarray, strength: np.ndarray, step: int) -> np.ndarray:
        """Note the strengths of a population and return who spikes."""
        self._note(self.strengths, neuron, strength, step)
        spikes: np.ndarray = np.asarray(strength) != 0
        return spikes

    def send(self, neuron: np.ndarray, strength: np.ndarray, sent: np.ndarray, step: int) -> np.ndarray:
        """Note what a population's spikes are sent as, and return who spikes."""
        self._note(self.strengths, neuron, sent, step)
        spikes: np.ndarray = np.asarray(strength) != 0
        return spikes

    def uniform(self, neuron: np.ndarray, slot: int, layer: np.ndarray, step: int) -> np.ndarray:
        """Return a uniform random number of each neuron."""
        return self._drawn("uniform", neuron, slot, step)

    def normal(self, neuron: np.ndarray, slot: int, layer: np.ndarray, step: int) -> np.ndarray:
        """Return a normal random number of each neuron."""
        return self._drawn("normal", neuron, slot, step)

    def _drawn(self, kind: str, neuron: np.ndarray, slot: int, step: int) -> np.ndarray:
        made, start = np.zeros(len(neuron), self.currents.dtype), int(neuron[0])
        for name, begin in self.first.items():
            layer = self.network[name]
            image, k = divmod(int(step) - self.latency[name], self.steps)
            if start <= begin <= neuron[-1] and 0 <= image < len(self.frames):
                seed, stream = layer.model.seeds[int(slot)]
                places = channels_last(np.arange(layer.size).reshape(layer.shape), len(layer.shape))
                drawn = draw(kind, seed, stream, np.array(self.first_image + image), np.array(k), places)
                made[begin - start : begin - start + layer.size] = drawn
        return made

    @staticmethod
    def between(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Return x, bounded from below and above."""
        return np.clip(x, low, high)

    def indicator(self, condition: np.ndarray) -> np.ndarray:
        """Return 1 where a condition holds, else 0."""
        return np.asarray(condition, self.currents.dtype)

    def watch(self, neuron: np.ndarray, potential: np.ndarray, step: int) -> np.ndarray:
        """Note the potentials of a population and return them."""
        self._note(self.potentials, neuron, potential, step)
        return np.array(potential)

    def _note(self, store: dict[str, np.ndarray], neuron: np.ndarray, values: np.ndarray, step: int) -> None:
        start, stop = int(neuron[0]), int(neuron[-1]) + 1
        for name, begin in self.first.items():
            layer = self.network[name]
            image, k = divmod(int(step) - self.latency[name], self.steps)
            if start <= begin < stop and 0 <= image < len(self.frames):
                flat = np.asarray(values)[begin - start : begin - start + layer.size]
                last = flat.reshape(*layer.shape[1:], layer.shape[0])
                store[name][image, k] = np.moveaxis(last, -1, 0)
