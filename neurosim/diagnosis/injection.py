"""The network behind a cut: layers up to one are replaced by what the ANN says there, the rest spikes.

The cut behind a layer takes all layers of no larger latency that stand before it, so that in a residual net
every source that crosses the cut is exact, shortcuts included; a maximum of exact activations is exact too.
What an exact source brings is constant over time. So it enters as a direct current, summed in numpy, on a
canvas of a few rows, from which each layer behind the cut picks its own; the layers before it are told
nothing and stay silent. All cuts share one structure, and so one build.
"""

import dataclasses
from collections.abc import Mapping
from types import TracebackType

import numpy as np

from ..devices import Device
from ..errors import Unsupported
from ..layers import Layer, Projection
from ..network import Network
from ..neurons import Input, Relay
from ..ops import Conv, Reshape
from ..recording import Recording
from ..reference import project
from ..simulation import Simulation

__all__ = ["Injection"]

CANVAS = "exact"


@dataclasses.dataclass(frozen=True)
class _Cut:
    """The layers that are exact, and those behind that hear of them."""

    exact: frozenset[str]
    fed: tuple[str, ...]


class Injection:
    """A network on a device whose first layers can be made exact; a context manager.

    Parameters
    ----------
    network : Network
        With one input and one output.
    device : Device
    steps : int
    dt : float
        Time step [s].
    """

    def __init__(self, network: Network, device: Device, steps: int, dt: float) -> None:
        self._network = network
        order = sorted(network.neurons, key=lambda layer: network.latency[layer.name])
        self.order = tuple(layer.name for layer in order)
        self._cuts = {name: self._cut(place) for place, name in enumerate(self.order)}
        self._rows = max(1, *(len(cut.fed) for cut in self._cuts.values()))
        self._length = max(layer.size for layer in network.neurons)
        self._simulation = Simulation(self._behind(self._cuts[self.order[0]]), device, steps, dt=dt)

    def __enter__(self) -> "Injection":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._simulation.__exit__(kind, error, trace)

    def _cut(self, place: int) -> _Cut:
        exact = {self._network.input.name, *self.order[: place + 1]}
        for name in self.order[place + 1 :]:
            if self._relays(name) and self._network.into(name)[0].source in exact:
                exact.add(name)
        fed = {p.target for p in self._network.projections if p.source in exact and p.target not in exact}
        return _Cut(frozenset(exact), tuple(name for name in self.order if name in fed))

    def _relays(self, name: str) -> bool:
        return isinstance(self._network[name].neuron, Relay)

    def _behind(self, cut: _Cut) -> Network:
        """Return the network of a cut: the same structure for every one."""
        canvas = Layer(CANVAS, (self._rows, self._length), Input())
        fed = [self._feed(name, cut) for name in self.order if not self._relays(name)]
        heard = [
            dataclasses.replace(projection, bias=None)
            for projection in self._network.projections
            if projection.source != self._network.input.name
        ]
        return Network([canvas, *self._network.neurons], [*fed, *heard])

    def _feed(self, name: str, cut: _Cut) -> Projection:
        """Return the projection that picks a layer's row from the canvas, of zeros if it has none."""
        layer = self._network[name]
        stride = self._length // layer.size
        weight = np.zeros((1, self._rows, self._length - (layer.size - 1) * stride))
        if name in cut.fed:
            weight[0, cut.fed.index(name), 0] = 1
        bias = self._network.bias(name) * (name not in cut.exact)
        return Projection(
            CANVAS, name, (Conv(weight, stride=stride), Reshape(layer.shape)), bias if bias.ndim else None
        )

    def run(self, name: str, strengths: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """Return the decisions of the network behind a layer, int64 (images,), or None if nothing is behind.

        Parameters
        ----------
        name : str
            The last layer that is exact.
        strengths : dict of str to array, shape (images, *shape)
            What every layer would say a step if it said what the ANN says, by name, the input's pixels among
            them.

        Raises
        ------
        Unsupported
            If a layer speaks though it is told nothing.
        """
        cut = self._cuts[name]
        if not cut.fed:
            return None
        canvas = self._canvas(cut, strengths)
        recording = self._simulation.run(canvas, network=self._behind(cut), progress=False)
        self._check_silent(cut, recording)
        return recording.predictions()[:, -1]

    def _canvas(self, cut: _Cut, strengths: Mapping[str, np.ndarray]) -> np.ndarray:
        images = len(next(iter(strengths.values())))
        canvas = np.zeros((images, self._rows, self._length))
        for row, target in enumerate(cut.fed):
            layer = self._network[target]
            current = np.zeros((images, *layer.shape))
            for projection in self._network.into(target):
                if projection.source in cut.exact:
                    project(projection.ops, strengths[projection.source], current)
            stride = self._length // layer.size
            canvas[:, row, : layer.size * stride : stride] = current.reshape(images, -1)
        return canvas

    def _check_silent(self, cut: _Cut, recording: Recording) -> None:
        for name in sorted(cut.exact & set(self.order)):
            if recording.totals(name).any():
                raise Unsupported(
                    f"diagnose: layer {name!r} speaks though it is told nothing, so nothing exact can take "
                    "its place: give injection=False, --no-injection on the command line"
                )
