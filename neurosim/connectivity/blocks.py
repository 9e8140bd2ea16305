"""How many steps' currents are made at once, so that a kernel's weights are fetched once for all of them.

Layers then follow each other at a distance of as many steps, each a block behind its sources: its currents
of a whole block are made when the sources' spikes of that block are known. Nothing else changes: local
steps, their order and every sum are those of blocks of one step.
"""

import numpy as np

from ..alignment import ALIGNED, Alignment
from ..network import Network

__all__ = ["CURRENT_BYTES", "LONGEST", "block_length"]

LONGEST = 16
CURRENT_BYTES = 2**26
"""Memory that the currents of a block may take."""
SHARE = 4
"""The steps to fill and empty all layers are at most 1 / SHARE of those that images are shown."""


def block_length(
    network: Network, images: int, steps: int, dtype: type, alignment: Alignment = ALIGNED
) -> int:
    """Return the length of a block, a power of 2; 1 where a layer hears of itself, or all run at once.

    Currents take no more room than the weights: where these are few, they stay in the cache without blocks.

    Parameters
    ----------
    network : Network
    images, steps : int
        Of one run.
    dtype : type
        Of the currents.
    alignment : Alignment
    """
    latency = alignment.latency(network)
    if any(latency[p.target] <= latency[p.source] for p in network.projections):
        return 1
    itemsize = np.dtype(dtype).itemsize
    currents = itemsize * sum(layer.size for layer in network.neurons)
    weights: int = itemsize * sum(op.shared_parameters for p in network.projections for op in p.ops)
    fitting = int(min(CURRENT_BYTES, weights) // currents)
    most = min(LONGEST, fitting, images * steps // (SHARE * network.depth))
    return 1 << max(0, most.bit_length() - 1)
