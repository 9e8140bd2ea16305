"""SONATA spike files: a population for each layer."""

from pathlib import Path

import h5py
import numpy as np

from neurosim.errors import InputError
from neurosim.recording.exchange.choice import Chosen

__all__ = ["write_sonata"]

MAGIC, VERSION = np.uint32(0x0A7A), np.array([0, 1], np.uint32)
SORTING = h5py.enum_dtype({"none": 0, "by_id": 1, "by_time": 2}, np.uint8)


def write_sonata(chosen: Chosen, path: Path) -> None:
    """Write `/spikes/<layer>/{node_ids, timestamps}`, sorted by time [ms], and beside them `strength`.

    Images follow each other without a gap. A node is the C-order index into the layer's shape. `strength` is
    ours: readers of SONATA pass over it, so that they see events and not how much each counts for.

    Source: Dai et al. 2020, The SONATA data format for efficient description of large-scale network models,
    PLoS Comput Biol 16:e1007696; attributes as in its developer guide.

    Raises
    ------
    InputError
        If a layer's name cannot name a population.
    """
    for layer in chosen.spikes:
        if "/" in layer or layer == ".":
            raise InputError(f"export sonata: layer {layer!r} cannot name a population: choose other layers")
    with h5py.File(path, "w") as file:
        file.attrs["magic"], file.attrs["version"] = MAGIC, VERSION
        for layer, spikes in chosen.spikes.items():
            group = file.create_group(f"spikes/{layer}")
            group.attrs.create("sorting", 2, dtype=SORTING)
            group["node_ids"] = spikes.neuron.astype(np.uint64)
            group["timestamps"] = chosen.times(layer) * 1e3
            group["timestamps"].attrs["units"] = "ms"
            group["strength"] = spikes.strength
