"""Spike rasters: one band a layer, one dot a spike."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from neurosim.plotting.drawn import keep
from neurosim.plotting.legends import legend_above
from neurosim.plotting.rows import height_in_points, label_rows, small_type
from neurosim.plotting.sources import Source, spikes_by_layer
from neurosim.plotting.styles import SIGNED_INKS
from neurosim.spikes import Images, Spikes, choose

__all__ = ["raster"]

MOST_DOTS = 100_000
BAND = 0.86  # the rest of a band's unit height separates it from the next
GOLDEN = (5**0.5 - 1) / 2  # its multiples fill an interval evenly
STRONGEST = 2.0  # diameter of the strongest spikes, relative to those of strength 1

Integers = NDArray[np.int32]


def raster(ax: Axes, source: Source, images: Images = 0, layers: Sequence[str] | None = None) -> Axes:
    """Draw spikes, first layer at the bottom, every layer in a band of the same height and a colour.

    Time is each layer's own, without its latency; the windows of several images follow each other, with a
    line between them and the image's number above. A step is as wide as it lasts; where in it a dot lies says
    only which neuron it is, so that a full step shows how many fire instead of a solid line. The stronger a
    spike, the larger its dot; negative spikes are black. Above 100,000 spikes a random share of them, the
    same in all layers and drawings, is shown, and the axis says so.

    Parameters
    ----------
    ax
        Where to draw.
    source
        A recording, of which all spiking layers kept at level "spikes" are shown, or spikes by layer.
    images
        Which images, as in `Spikes.select`.
    layers
        Names of the layers; None for all.

    Returns
    -------
    Axes
        `ax`.

    Raises
    ------
    InputError
        If there is no such image or layer, or nothing to show.
    NotRecorded
        If the recording did not keep the spikes.
    """
    bands = spikes_by_layer("raster", source, images, layers)
    total = sum(len(spikes) for spikes in bands.values())
    share = min(1.0, MOST_DOTS / max(total, 1))
    random = np.random.default_rng(0)
    height = BAND * height_in_points(ax) / len(bands)
    strongest = max((np.abs(s.strength).max() for s in bands.values() if len(s)), default=1)
    numbers = _image_numbers(source, images)
    for band, (layer, spikes) in enumerate(bands.items()):
        rows = slice(None) if share == 1 else np.flatnonzero(random.random(len(spikes)) < share)
        shown = {name: getattr(spikes, name)[rows] for name in ("image", "step", "neuron", "strength")}
        keep(ax, layer=layer, **{**shown, "image": numbers[shown["image"]]})
        _draw_band(ax, band, spikes, shown, _diameter(spikes, height), int(strongest))
    _label(ax, bands, total, share)
    _mark_windows(ax, numbers, next(iter(bands.values())))
    _explain_strengths(ax, bands, int(strongest))
    return ax


def _image_numbers(source: Source, images: Images) -> NDArray[np.int64]:
    count = next(iter(source.values())).images if isinstance(source, Mapping) else source.images
    return choose(images, count)


def _diameter(spikes: Spikes, height: float) -> float:
    """Return the diameter of dots of strength 1 [pt]: neighbours stay apart where they can."""
    line = rcParams["lines.linewidth"]
    return float(min(max(0.7 * height / math.prod(spikes.shape), 0.6 * line), 2 * line))


def _relative_size(strength: Integers, strongest: int) -> NDArray[np.float64]:
    """Return the diameter of dots, relative to those of strength 1."""
    return 1 + (STRONGEST - 1) * (np.abs(strength) - 1) / max(strongest - 1, 1)


def _draw_band(
    ax: Axes, band: int, spikes: Spikes, shown: dict[str, Integers], diameter: float, strongest: int
) -> None:
    neuron, strength = shown["neuron"], shown["strength"]
    step = shown["image"] * spikes.steps + shown["step"] + neuron * GOLDEN % 1.0
    place = band + BAND * ((neuron + 0.5) / math.prod(spikes.shape) - 0.5)
    size = (diameter * _relative_size(strength, strongest)) ** 2
    for chosen, ink in ((strength > 0, SIGNED_INKS[band % len(SIGNED_INKS)]), (strength < 0, "black")):
        if chosen.any() or ink != "black":
            ax.scatter(
                1e3 * spikes.dt * step[chosen],
                place[chosen],
                size[chosen],
                color=ink,
                linewidths=0,
                rasterized=True,
            )


def _label(ax: Axes, bands: Mapping[str, Spikes], total: int, share: float) -> None:
    first = next(iter(bands.values()))
    names = [f"{layer} ({math.prod(s.shape):,}{'' if len(s) else ', silent'})" for layer, s in bands.items()]
    shown = "" if share == 1 else f"\n{100 * share:.3g}% of {total:,} spikes shown"
    label_rows(ax, names, "Layer (neurons)", top=False)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(-0.5, len(bands) - 0.5)
    ax.set_xlim(0, first.images * first.steps * 1e3 * first.dt)
    ax.set_xlabel(f"Time (ms), in steps of {1e3 * first.dt:g} ms{shown}")


def _mark_windows(ax: Axes, numbers: NDArray[np.int64], spikes: Spikes) -> None:
    """Draw a line between the windows of images, and their numbers above where there is room."""
    if len(numbers) == 1:
        return
    window = spikes.steps * 1e3 * spikes.dt
    for border in range(1, len(numbers)):
        ax.axvline(border * window, color="black", linewidth=rcParams["axes.linewidth"], zorder=3)
    above = ax.secondary_xaxis("top")
    step = math.ceil(len(numbers) / 8)
    middles = (np.arange(len(numbers)) + 0.5) * window
    above.set_xticks(middles[::step], [f"image {number}" for number in numbers[::step]])
    above.tick_params(length=0)
    above.spines["top"].set_visible(False)


def _explain_strengths(ax: Axes, bands: Mapping[str, Spikes], strongest: int) -> None:
    """Draw a legend of sizes and signs if there is more than one."""
    negative = any((spikes.strength < 0).any() for spikes in bands.values())
    if strongest == 1 and not negative:
        return
    entries = [(f"strength {level}", "0.5", level) for level in sorted({1, strongest})]
    entries += [("negative", "black", strongest)] * negative
    sizes = 2 * rcParams["lines.linewidth"] * _relative_size(np.array([e[2] for e in entries]), strongest)
    dots = [
        Line2D([], [], linestyle="", marker="o", markeredgewidth=0, color=ink, label=name, markersize=size)
        for (name, ink, _), size in zip(entries, sizes, strict=True)
    ]
    several = next(iter(bands.values())).images > 1  # then the images' numbers stand between
    legend_above(ax, dots, several * 2 * small_type() / height_in_points(ax))
