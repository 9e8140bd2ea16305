"""Where panels take spikes from: a recording, or spikes by layer."""

from collections.abc import Mapping, Sequence
from functools import singledispatch

from neurosim.errors import InputError, NotRecorded
from neurosim.recording import Recording
from neurosim.recording.levels import known_layer
from neurosim.spikes import Images, Spikes

__all__ = ["Source", "spikes_by_layer", "spiking", "spiking_layers"]

Source = Recording | Mapping[str, Spikes]
Layers = dict[str, Spikes]


def spikes_by_layer(
    owner: str, source: Source, images: Images | None = None, layers: Sequence[str] | None = None
) -> Layers:
    """Return the spikes of some images and layers.

    Parameters
    ----------
    owner
        Who asks, for the messages.
    source
        A recording, or spikes by layer.
    images
        Which; None for all.
    layers
        Their names; None for all, of a recording all spiking ones that were kept at level "spikes".

    Raises
    ------
    InputError
        If there is no such image or layer, no layer at all, a layer is named twice or never spikes, or
        steps are not alike.
    NotRecorded
        If the recording did not keep the spikes.
    """
    if layers is not None and len(set(layers)) < len(layers):
        raise InputError(f"{owner}: a layer is named twice: {', '.join(layers)}; name each once")
    found = _take(source, owner, images, layers)
    if not found:
        raise InputError(f"{owner}: there are no layers to draw")
    clocks = {(spikes.steps, spikes.dt) for spikes in found.values()}
    if len(clocks) > 1:
        raise InputError(f"{owner}: the layers differ in (steps, dt): {sorted(clocks)}; give one run's")
    return found


@singledispatch
def _take(source: object, owner: str, images: Images | None, layers: Sequence[str] | None) -> Layers:
    raise InputError(f"{owner}: source is a {type(source).__name__}; give a Recording or a dict of Spikes")


@_take.register
def _(source: Mapping, owner: str, images: Images | None, layers: Sequence[str] | None) -> Layers:  # type: ignore[type-arg]
    names = source if layers is None else [known_layer(name, source) for name in layers]
    return {name: source[name] if images is None else source[name].select(images) for name in names}


@_take.register
def _(source: Recording, owner: str, images: Images | None, layers: Sequence[str] | None) -> Layers:
    if layers is not None:
        return {name: source.spikes(spiking(owner, source, name), images) for name in layers}
    found, missing = {}, None
    for name in spiking_layers(owner, source):
        try:
            found[name] = source.spikes(name, images)
        except NotRecorded as error:
            missing = error
    if missing and not found:
        raise missing
    return found


def spiking_layers(owner: str, source: Recording) -> list[str]:
    """Return the layers of a recording that spike; raise InputError if there are none."""
    names = [name for name in source.layers if not source.accumulates(name)]
    if not names:
        raise InputError(f"{owner}: all layers accumulate and never spike: {', '.join(source.layers)}")
    return names


def spiking(owner: str, source: Recording, layer: str) -> str:
    """Return a layer if the recording has it and it spikes, else raise InputError."""
    if source.accumulates(known_layer(layer, source.layers)):
        raise InputError(f"{owner}: layer {layer!r} accumulates and never spikes; leave it out")
    return layer
