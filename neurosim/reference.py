"""The time-step contract in plain numpy, slow and obvious: the oracle that every device is held to.

A layer of latency l is at local step t = s - l of global step s and shows image t // T at step t mod T.
Here all images run side by side, and step t of every layer is computed before step t + 1 of any: the
contract makes both views equal. One local step of a layer:

1. at the start of a window every state variable takes its initial value;
2. charge: I starts at 0 and runs through the projections into the layer in order, each adding its terms
   fl(w x) one by one over its source in ascending channels-last index, x the source's strength at the same
   local step (t - delay with a delay; 0 before the window's start). Then U = (leak V + I) + bias.
   Chains of ops are evaluated op by op. The input's values stand in for strengths; the current that they
   project is summed from 0 on its own and added as one term. A maximum of counts adds by how much the
   largest of its sources' running sums has grown, these sums being 0 before the window's first step;
3. strength: the neuron's rule gives an integer;
4. reset: by subtraction of threshold times strength, or to a value.

Free layers (see `Alignment`) are all at the same step, and every projection takes one step more: x is the
strength 1 + delay steps ago. The input is silent while they drain.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .alignment import ALIGNED, Alignment
from .layers import Layer, Projection
from .network import Network
from .neurons import PhysicalScale
from .neurons.base import broadcast, initial_state
from .neurons.draws import draw
from .ops import Op

__all__ = ["Delivery", "LayerStep", "parameter_arrays", "project", "simulate"]


@dataclasses.dataclass(frozen=True)
class LayerStep:
    """One local step of one layer for all images.

    Attributes
    ----------
    strength : array of the simulation's precision, shape (images, *shape)
        Integers; zero where silent.
    potential : array of the simulation's precision, shape (images, *shape)
        V after the reset.
    charged : array of the simulation's precision, shape (images, *shape)
        U, before the reset.
    """

    strength: np.ndarray
    potential: np.ndarray
    charged: np.ndarray


def simulate(
    network: Network,
    frames: np.ndarray,
    steps: int,
    *,
    dt: float = 1e-3,
    dtype: type = np.float64,
    physical: PhysicalScale | None = None,
    alignment: Alignment = ALIGNED,
    first_image: int = 0,
) -> Iterator[dict[str, LayerStep]]:
    """Run a network on images and yield, for each local step, what every layer did.

    Parameters
    ----------
    network : Network
    frames : array, shape (images, 1 or steps, *input shape)
        Normalised input values or strengths of its spikes; one frame stands for all steps.
    steps : int
        Length of the window of each image T.
    dt : float
        Time step [s]; turns time constants into leaks.
    dtype : np.float64 or np.float32
        Precision of every state, weight and sum.
    physical : PhysicalScale, optional
        Membranes are those of this scale, in V above rest.
    alignment : Alignment
        Free layers make `steps` + drain steps.
    first_image : int
        Number of the first image among all that are run: random numbers depend on it.

    Yields
    ------
    dict of str to LayerStep
        For every layer but the input, in the network's order.
    """
    frames = frames.astype(dtype)
    currents = _InputCurrents(network, frames, steps, alignment)
    images = np.arange(first_image, first_image + len(frames))
    layers = {
        layer.name: _RunningLayer(network, layer, images, dt, dtype, physical) for layer in network.neurons
    }
    deliveries = {id(projection): Delivery(projection.ops) for projection in network.projections}
    order = sorted(layers, key=network.latency.__getitem__)
    kept = 1 + max(alignment.reach(p) for p in network.projections)
    strengths: dict[str, dict[int, np.ndarray]] = {name: {} for name in layers}
    for t in range(steps + alignment.drain):
        made: dict[str, LayerStep] = {}
        for name in order:
            drive: np.ndarray = np.zeros((len(frames), *network[name].shape), dtype)
            for projection in network.into(name):
                if projection.source == network.input.name:
                    currents.add(projection, t, drive)
                elif t >= (reach := alignment.reach(projection)):
                    deliveries[id(projection)].add(strengths[projection.source][t - reach], drive)
            made[name] = layers[name].step(drive, t)
            strengths[name][t] = made[name].strength
            strengths[name].pop(t - kept, None)
        yield {name: made[name] for name in layers}


def project(ops: Sequence[Op], x: np.ndarray, out: np.ndarray) -> None:
    """Add the projection of `x` (images, *shape) through a chain of ops into `out`, in place."""
    for op in ops[:-1]:
        made = np.zeros((len(x), *op.output_shape(x.shape[1:])), out.dtype)
        op.add(x, made)
        x = made
    ops[-1].add(x, out)


class Delivery:
    """What spikes bring through a chain of ops, step by step of one window.

    Parameters
    ----------
    ops : sequence of Op
    """

    def __init__(self, ops: Sequence[Op]) -> None:
        self.ops = ops
        self._sums: Any = 0
        self._reached: Any = 0

    def add(self, strengths: np.ndarray, drive: np.ndarray) -> None:
        """Add what the strengths of the next step (images, *shape) bring to `drive`, in place."""
        if not self.ops[0].cumulative:
            project(self.ops, strengths, drive)
            return
        self._sums = self._sums + strengths.astype(np.int64)
        reached = np.zeros(drive.shape, np.int64)
        project(self.ops, self._sums, reached)
        drive += reached - self._reached
        self._reached = reached


def parameter_arrays(
    network: Network, layer: Layer, dt: float, dtype: type, physical: PhysicalScale | None = None
) -> dict[str, np.ndarray]:
    """Return a layer's parameters and bias by name, ready to broadcast over (images, *shape)."""
    values = layer.model.values(dt) | {"bias": network.bias(layer.name)}
    if physical:
        values = physical.parameters(layer.model, values, dt)
    return {name: broadcast(value, layer.shape).astype(dtype)[None] for name, value in values.items()}


class _RunningLayer:
    """A layer's neurons: their state, advanced step by step."""

    def __init__(
        self,
        network: Network,
        layer: Layer,
        images: np.ndarray,
        dt: float,
        dtype: type,
        physical: PhysicalScale | None,
    ) -> None:
        self.neuron = layer.model
        self.parameters = parameter_arrays(network, layer, dt, dtype, physical)
        shape = (len(images), *layer.shape)
        self.state = initial_state(self.neuron, shape, self.parameters, np.dtype(dtype))
        self.images = images.reshape(-1, *[1] * len(layer.shape))
        self.places = np.arange(layer.size).reshape(layer.shape)

    def step(self, drive: np.ndarray, t: int) -> LayerStep:
        charge = drive * self.parameters["voltage"] if "voltage" in self.parameters else drive
        strength = self.neuron.step(self.state, charge, self.parameters | self._drawn(t, drive.dtype))
        return LayerStep(strength, self.state["v"], self.state["u"])

    def _drawn(self, t: int, dtype: np.dtype) -> dict[str, np.ndarray]:
        """Return the random numbers of local step t by name."""
        draws = zip(self.neuron.equations.draws.items(), self.neuron.seeds, strict=True)
        step = np.array(t)
        return {
            name: draw(kind, seed, stream, self.images, step, self.places).astype(dtype)
            for (name, kind), (seed, stream) in draws
        }


class _InputCurrents:
    """The currents that the input projects, computed once an image where the image stands still."""

    def __init__(self, network: Network, frames: np.ndarray, steps: int, alignment: Alignment) -> None:
        self.network, self.frames, self.steps, self.alignment = network, frames, steps, alignment
        self.made: dict[int, tuple[int, np.ndarray]] = {}  # by id: a hash would read the weights

    def add(self, projection: Projection, t: int, drive: np.ndarray) -> None:
        """Add what a projection of the input brings at local step t."""
        shown = t - self.alignment.reach(projection)
        if not 0 <= shown < self.steps:
            return
        frame = min(shown, self.frames.shape[1] - 1)
        if id(projection) not in self.made or self.made[id(projection)][0] != frame:
            current = np.zeros_like(drive)
            project(projection.ops, self.frames[:, frame], current)
            self.made[id(projection)] = frame, current
        drive += self.made[id(projection)][1]
