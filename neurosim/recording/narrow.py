"""A chunk reduced to exactly what its recording keeps; a higher level answers a lower one."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError
from neurosim.recording.chunk import Chunk
from neurosim.recording.header import Header
from neurosim.recording.packed import PackedSpikes

__all__ = ["narrow"]

Array = NDArray[Any]


def narrow(header: Header, chunk: Chunk) -> Chunk:
    """Return totals of every layer, and counts, events, spikes, outputs and potentials where they are kept.

    Counts are kept of graded layers only: elsewhere they equal the events. An output layer that is not in
    `chunk.outputs` spikes, and its spikes are kept whatever its level.

    Raises
    ------
    InputError
        If the chunk lacks something or has it in another shape.
    """
    levels = {layer: kept.level for layer, kept in header.record.items()}
    levels |= {layer: "spikes" for layer in header.outputs if layer not in chunk.outputs}
    counted = [layer for layer in header.layers if levels[layer] == "counts"]
    return Chunk(
        chunk.images,
        spikes={layer: _spikes(header, chunk, layer) for layer, level in levels.items() if level == "spikes"},
        counts={
            layer: _per_neuron(header, chunk, layer, "counts") for layer in counted if layer in header.graded
        },
        events={layer: _per_neuron(header, chunk, layer, "events") for layer in counted},
        totals={layer: _totals(header, chunk, layer) for layer in header.layers},
        outputs={layer: _output(header, chunk, layer) for layer in header.outputs if layer in chunk.outputs},
        potentials={
            layer: _potential(header, chunk, layer) for layer, kept in header.record.items() if kept.potential
        },
    )


def _spikes(header: Header, chunk: Chunk, layer: str) -> PackedSpikes:
    shape, steps, graded = header.layers[layer], header.steps, layer in header.graded
    if layer in chunk.outputs:  # it accumulates and never spikes
        return PackedSpikes.from_dense(np.zeros((chunk.images, steps, *shape), np.int32))
    if layer not in chunk.spikes:
        raise _missing("spikes", layer)
    spikes = chunk.spikes[layer]
    found = (spikes.shape, spikes.steps, spikes.strength is not None)
    if found != (shape, steps, graded):
        raise InputError(
            f"Chunk: spikes of {layer!r} have (shape, steps, strengths) {found}; {(shape, steps, graded)} "
            "expected"
        )
    return spikes


def _per_neuron(header: Header, chunk: Chunk, layer: str, kind: str) -> Array:
    given = getattr(chunk, kind)
    if layer in given:
        return _shaped(kind, layer, given[layer], (chunk.images, *header.layers[layer]))
    return np.asarray(getattr(_spikes(header, chunk, layer).unpack(header.dt), kind)())


def _totals(header: Header, chunk: Chunk, layer: str) -> Array:
    if layer in chunk.totals:
        totals = chunk.totals[layer]
    elif layer in chunk.events:
        totals = _per_neuron(header, chunk, layer, "events").reshape(chunk.images, -1).sum(axis=1)
    else:
        totals = _spikes(header, chunk, layer).totals()
    return _shaped("totals", layer, totals, (chunk.images,)).astype(np.int64, copy=False)


def _output(header: Header, chunk: Chunk, layer: str) -> Array:
    shape = (chunk.images, header.steps, *header.layers[layer])
    return _shaped("outputs", layer, chunk.outputs[layer], shape)


def _potential(header: Header, chunk: Chunk, layer: str) -> Array:
    potential = header.record[layer].potential
    if layer not in chunk.potentials or potential is None:
        raise _missing("potentials", layer)
    shape = (chunk.images, header.steps, potential.count(header.layers[layer]))
    return _shaped("potentials", layer, chunk.potentials[layer], shape)


def _shaped(kind: str, layer: str, values: Array, shape: tuple[int, ...]) -> Array:
    if values.shape != shape:
        raise InputError(f"Chunk: {kind} of {layer!r} has shape {values.shape}; {shape} expected")
    return values


def _missing(kind: str, layer: str) -> InputError:
    return InputError(f"Chunk: {kind} of {layer!r} is missing; the recording is to keep it")
