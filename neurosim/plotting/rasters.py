"""Spike rasters: one band a layer, one dot a spike."""

import math
from collections.abc import Mapping
from functools import singledispatch

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from numpy.typing import NDArray

from neurosim.errors import InputError, NotRecorded
from neurosim.plotting.styles import INKS, height_in_points
from neurosim.recording import Recording
from neurosim.spikes import Spikes

__all__ = ["raster"]

MOST_DOTS = 100_000
BAND = 0.86  # the rest of a band's unit height separates it from the next
GOLDEN = (5**0.5 - 1) / 2  # its multiples fill an interval evenly


def raster(ax: Axes, source: Recording | Mapping[str, Spikes], image: int = 0) -> Axes:
    """Draw the spikes of one image, first layer at the bottom, every layer in a band of the same height.

    Time is each layer's own, without its latency. A step is as wide as it lasts; where in it a dot lies says
    only which neuron it is, so that a full step shows how many fire instead of a solid line. Above 100,000
    spikes a random share of them, the same in all layers and drawings, is shown, and the axis says so.

    Parameters
    ----------
    ax
        Where to draw.
    source
        A recording, of which all spiking layers kept at level "spikes" are shown, or spikes by layer.
    image
        Which image.

    Returns
    -------
    Axes
        `ax`.

    Raises
    ------
    InputError
        If there is no such image, or nothing to show.
    NotRecorded
        If the recording kept no layer's spikes.
    """
    layers = _spikes_of(source, image)
    if not layers:
        raise InputError("raster: there are no layers to draw")
    total = sum(len(spikes) for spikes in layers.values())
    share = min(1.0, MOST_DOTS / max(total, 1))
    random = np.random.default_rng(0)
    height = BAND * height_in_points(ax) / len(layers)
    for band, spikes in enumerate(layers.values()):
        kept = random.random(len(spikes)) < share
        _draw_band(ax, band, spikes, kept, height)
    _label(ax, layers, total, share)
    return ax


@singledispatch
def _spikes_of(source: object, image: int) -> dict[str, Spikes]:
    raise InputError(f"raster: source is a {type(source).__name__}; give a Recording or a dict of Spikes")


@_spikes_of.register
def _(source: Mapping, image: int) -> dict[str, Spikes]:  # type: ignore[type-arg]
    return {layer: spikes.select([image]) for layer, spikes in source.items()}


@_spikes_of.register
def _(source: Recording, image: int) -> dict[str, Spikes]:
    layers, missing = {}, None
    for layer in (name for name in source.layers if not source.accumulates(name)):
        try:
            layers[layer] = source.spikes(layer, [image])
        except NotRecorded as error:
            missing = error
    if missing and not layers:
        raise missing
    return layers


def _draw_band(ax: Axes, band: int, spikes: Spikes, kept: NDArray[np.bool_], height: float) -> None:
    neurons = math.prod(spikes.shape)
    neuron = spikes.neuron[kept]
    time = spikes.times[kept] + spikes.dt * (neuron * GOLDEN % 1.0)
    place = band + BAND * ((neuron + 0.5) / neurons - 0.5)
    line = rcParams["lines.linewidth"]
    size = min(max(0.7 * height / neurons, 0.5 * line), 2 * line)  # neighbours stay apart where they can
    ax.plot(
        1e3 * time,
        place,
        linestyle="none",
        marker="o",
        markersize=size,
        markeredgewidth=0,
        color=INKS[band % len(INKS)],
        rasterized=True,
    )


def _label(ax: Axes, layers: Mapping[str, Spikes], total: int, share: float) -> None:
    first = next(iter(layers.values()))
    names = [f"{layer} ({math.prod(s.shape):,}{'' if len(s) else ', silent'})" for layer, s in layers.items()]
    shown = "" if share == 1 else f"\n{share:.1%} of {total:,} spikes shown"
    ax.set_yticks(range(len(layers)), names)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(-0.5, len(layers) - 0.5)
    ax.set_xlim(0, first.steps * 1e3 * first.dt)
    ax.set_xlabel(f"Time (ms), in steps of {1e3 * first.dt:g} ms{shown}")
    ax.set_ylabel("Layer (neurons)")
