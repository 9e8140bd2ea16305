"""What single pixels' patches did, cut out of the recording of a scene."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..layers import Layer
from ..network import Network
from ..recording import Chunk, Header, PackedSpikes, Recording, parse_record, strength_type
from ..sliding import of_pixel

__all__ = ["recording_of_pixels"]

Places = Sequence[tuple[int, int]]


def recording_of_pixels(
    network: Network, scene: Recording, image: int, places: Places, labels: ArrayLike | None = None
) -> Recording:
    """Return the recording of some pixels' patches, one an image, cut out of a recording of their scene.

    Parameters
    ----------
    network
        Of patches.
    scene
        Of the network that `over_scene` made of it, all layers at level "spikes".
    image
        Which of its images.
    places
        Row and column of each pixel, counted from the first that the scene's network has a patch of.
    labels : int (pixels,), optional
        The pixels' classes.

    Raises
    ------
    InputError
        If there is no such image or pixel, or the recording is of another network.
    NotRecorded
        If a layer was recorded at a lower level.
    """
    layers = {layer.name: layer.shape for layer in network.neurons}
    outputs = tuple(layer.name for layer in network.outputs)
    header = Header(
        layers,
        scene.steps,
        scene.dt,
        {name: network.latency[name] for name in layers},
        outputs,
        parse_record("spikes", layers),
        network.classes,
        tuple(layer.name for layer in network.neurons if layer.model.signed),
        scene.provenance | {"network": network.fingerprint()},
    )
    spikes = {layer.name: _packed(layer, scene, image, places) for layer in network.neurons}
    chunk = Chunk(
        len(places),
        spikes,
        totals={name: packed.totals() for name, packed in spikes.items()},
        outputs={
            name: _cut(scene.output(name)[image], layers[name], places)
            for name in outputs
            if scene.accumulates(name)
        },
    )
    return Recording.write(None, header, [chunk], labels)


def _packed(layer: Layer, scene: Recording, image: int, places: Places) -> PackedSpikes:
    strengths = _cut(scene.dense(layer.name, [image])[0], layer.shape, places)
    graded = strength_type(layer.model.largest_strength) if layer.model.signed else None
    return PackedSpikes.from_dense(strengths, graded)


def _cut(values: np.ndarray, shape: tuple[int, ...], places: Places) -> np.ndarray[Any, Any]:
    return np.stack([of_pixel(values, shape, *place) for place in places])
