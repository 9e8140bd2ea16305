"""Neo: the objects that Elephant and Viziphant work on."""

from typing import Any

import numpy as np

from neurosim.libraries import library
from neurosim.recording.exchange.choice import Chosen

__all__ = ["to_neo"]


def to_neo(chosen: Chosen) -> Any:
    """Return a Neo block: a segment an image, and in it a train for every neuron of the chosen layers.

    A train runs from 0 to steps dt, by its layer's own time; a silent neuron has an empty one. Trains are
    annotated by `layer` and `neuron` (the C-order index into the layer's shape), and carry the spikes'
    `strength` as an array annotation; segments by `image` and `label`.

    Returns
    -------
    neo.Block

    Raises
    ------
    InputError
        If there are more than a million trains.
    DeviceUnavailable
        If Neo is not installed.
    """
    neo = library("to_neo", "neo")
    chosen.check_trains("to_neo", copies=len(chosen.images))
    block = neo.Block(name="neurosim recording", dt=chosen.dt, steps=chosen.steps)
    for number, image in enumerate(chosen.images):
        label = {} if chosen.labels is None else {"label": int(chosen.labels[number])}
        block.segments.append(neo.Segment(name=f"image {image}", index=number, image=int(image), **label))
    for layer in chosen.spikes:
        _add_trains(neo, block, chosen, layer)
    return block


def _add_trains(neo: Any, block: Any, chosen: Chosen, layer: str) -> None:
    dt = np.float64(chosen.dt)
    for train in chosen.trains(layer):
        bounds = np.searchsorted(train.image, np.arange(len(chosen.images) + 1))
        for segment, start, end in zip(block.segments, bounds, bounds[1:], strict=False):
            made = neo.SpikeTrain(
                train.step[start:end] * dt,
                units="s",
                t_stop=chosen.window,
                name=f"{layer} {train.neuron}",
                array_annotations={"strength": train.strength[start:end]},
                layer=layer,
                neuron=train.neuron,
            )
            segment.spiketrains.append(made)
