"""How the windows of a network's layers lie in time: aligned to its latencies, or free."""

import dataclasses

from .layers import Projection
from .network import Network

__all__ = ["ALIGNED", "Alignment"]


@dataclasses.dataclass(frozen=True)
class Alignment:
    """Whether layers wait for their input.

    Aligned layers see an image when its spikes reach them, each `latency` steps behind the input: a window
    is T steps, and the result that of a frame-by-frame tensor simulation. Free layers all see an image at
    once, as in tissue or on a chip without a global schedule: every projection takes 1 + delay steps, a
    window is T + drain steps, and the stimulus is off while draining. Nothing crosses windows in either.

    Attributes
    ----------
    free : bool
    drain : int
        Steps after the stimulus [steps], >= 0.
    substeps : int
        Steps that are made of each of the network's own: of its delays and latencies, and of the stimulus.
    """

    free: bool = False
    drain: int = 0
    substeps: int = 1

    def latency(self, network: Network) -> dict[str, int]:
        """Return the steps by which each layer's windows lag the input's."""
        if self.free:
            return dict.fromkeys(network.latency, 0)
        return {name: self.substeps * latency for name, latency in network.latency.items()}

    def depth(self, network: Network) -> int:
        """Return the largest latency."""
        return max(self.latency(network).values())

    def reach(self, projection: Projection) -> int:
        """Return how many steps of a window lie between a strength and the charge that it enters."""
        return self.substeps * (projection.delay + self.free)

    def ways(self, network: Network) -> dict[str, int]:
        """Return the longest reach out of each simulated layer: what it says later in a window is lost."""
        return {
            layer.name: max((self.reach(p) for p in network.projections if p.source == layer.name), default=0)
            for layer in network.neurons
        }


ALIGNED = Alignment()
