"""What a device is asked to do: one network, one set of numbers, one way of recording."""

import dataclasses
import math

import numpy as np

from ..alignment import ALIGNED, Alignment
from ..layers import Projection
from ..network import Network
from ..neurons import PhysicalScale
from ..recording import Kept

__all__ = ["Job"]


@dataclasses.dataclass(frozen=True)
class Job:
    """A simulation without its images.

    Attributes
    ----------
    network : Network
    steps : int
        Length of each image's window, the steps of draining included.
    dt : float
        Time step [s].
    precision : "double" or "single"
    record : dict of str to Kept
        What is kept of every simulated layer.
    connectivity : "kernel" or "synapses"
        What carries spikes: the connectivity functions, or Brian2 `Synapses`.
    physical : PhysicalScale, optional
        What the network's numbers are in SI units.
    alignment : Alignment
    """

    network: Network
    steps: int
    dt: float
    precision: str
    record: dict[str, Kept]
    connectivity: str = "kernel"
    physical: PhysicalScale | None = None
    alignment: Alignment = ALIGNED

    @property
    def shown(self) -> int:
        """Steps of a window in which the stimulus is on."""
        return self.steps - self.alignment.drain

    @property
    def frames(self) -> int:
        """Frames that a moving stimulus has an image."""
        return self.shown // self.alignment.substeps

    @property
    def explicit(self) -> tuple[Projection, ...]:
        """The projections that Brian2 `Synapses` carry: with "synapses" all sums of weighted spikes."""
        return tuple(p for p in self.network.projections if self._by_synapses(p))

    @property
    def delivered(self) -> tuple[Projection, ...]:
        """The projections that the connectivity functions carry: all others."""
        return tuple(p for p in self.network.projections if not self._by_synapses(p))

    def _by_synapses(self, projection: Projection) -> bool:
        pixels = projection.source == self.network.input.name
        return self.connectivity == "synapses" and not pixels and not projection.pools

    @property
    def dtype(self) -> type:
        """The numpy type of states, weights and sums."""
        return {"double": np.float64, "single": np.float32}[self.precision]

    def level(self, layer: str) -> str:
        """Return the level a layer is recorded at; an output layer that spikes is kept whole."""
        spiking_output = self.network[layer].model.spiking and self.network[layer] in self.network.outputs
        return "spikes" if spiking_output else self.record[layer].level

    def watched(self, layer: str) -> np.ndarray:
        """Return the C-order indices of the neurons whose potential is kept, in the order asked for."""
        potential = self.record[layer].potential
        if potential is None:
            return np.zeros(0, np.int64)
        size = math.prod(self.network[layer].shape)
        return np.arange(size) if potential.neurons is None else np.array(potential.neurons, np.int64)
