"""When a layer speaks: its rate over the window, the intervals between spikes, and the first spikes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from numpy.typing import NDArray

from neurosim import statistics
from neurosim.errors import InputError
from neurosim.plotting.drawn import keep
from neurosim.plotting.legends import inks_of, legend_beside
from neurosim.plotting.rows import label_rows
from neurosim.plotting.sources import Source, spikes_by_layer
from neurosim.plotting.styles import INKS
from neurosim.spikes import Images

__all__ = ["isi", "latency", "psth"]

PERCENTS = (5, 25, 50, 75, 95)


def psth(
    ax: Axes,
    source: Source,
    images: Images | None = None,
    layers: Sequence[str] | None = None,
    bin_steps: int = 1,
) -> Axes:
    """Draw the rate of every layer over the window, the mean over its neurons and the images.

    A bin's rate is spikes / (neurons · images · bin); spikes count once, whatever their strength. Time is
    each layer's own. Source: G. Gerstein, N. Kiang 1960, Biophysical Journal 1:15 (peristimulus time).

    Parameters
    ----------
    ax
        Where to draw.
    source, images, layers
        As for `raster`; None for all.
    bin_steps
        Steps of a bin; the last one may be shorter.

    Returns
    -------
    Axes
        `ax`.

    Raises
    ------
    InputError
        If there is no such image or layer, or a bin has no step.
    NotRecorded
        If the recording did not keep the spikes.
    """
    if bin_steps < 1:
        raise InputError(f"psth: bin_steps is {bin_steps}; give at least 1")
    found = spikes_by_layer("psth", source, images, layers)
    for layer, look in inks_of(found):
        spikes = found[layer]
        edges = np.append(np.arange(0, spikes.steps, bin_steps), spikes.steps)
        counts = np.add.reduceat(np.bincount(spikes.step, minlength=spikes.steps), edges[:-1])
        rate = counts / (math.prod(spikes.shape) * spikes.images * np.diff(edges) * spikes.dt)
        _stairs(ax, rate, 1e3 * spikes.dt * edges, layer, look)
        keep(ax, layer=layer, start_s=edges[:-1] * spikes.dt, rate_hz=rate)
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("Time (ms)")
    ax.set_ylabel("Rate (Hz)")
    legend_beside(ax)
    return ax


def isi(ax: Axes, source: Source, images: Images | None = None, layers: Sequence[str] | None = None) -> Axes:
    """Draw how the intervals between successive spikes of a neuron are distributed, a curve a layer.

    Intervals lie within the window of an image and are whole steps; their share is drawn on a logarithmic
    scale. A layer in which no neuron spikes twice is named as such.

    Parameters
    ----------
    ax
        Where to draw.
    source, images, layers
        As for `raster`; None for all.

    Returns
    -------
    Axes
        `ax`.

    Raises
    ------
    InputError
        If there is no such image or layer.
    NotRecorded
        If the recording did not keep the spikes.
    """
    found = spikes_by_layer("isi", source, images, layers)
    for layer, look in inks_of(found):
        spikes = found[layer]
        counts = np.bincount(statistics.isi(spikes).steps, minlength=2)[1:]
        share = counts / max(counts.sum(), 1)
        name = layer if counts.any() else f"{layer} (no interval)"
        shown = np.where(share > 0, share, np.nan)
        steps = np.arange(1, len(share) + 1)
        ax.plot(1e3 * spikes.dt * steps, shown, label=name, marker="o", **look)
        keep(ax, layer=layer, interval_s=steps * spikes.dt, intervals=counts, share=share)
    ax.set_yscale("log")
    ax.set_xlim(left=0)
    ax.set_xlabel("Interval between spikes (ms)")
    ax.set_ylabel("Share of intervals")
    legend_beside(ax)
    return ax


def latency(
    ax: Axes, source: Source, images: Images | None = None, layers: Sequence[str] | None = None
) -> Axes:
    """Draw when neurons first spike: median, quartiles, and 5th to 95th percentile, the first layer on top.

    Taken over images and neurons, of those that spike at all: their share stands beside the layer's name.
    Time is each layer's own, without its latency in the network.

    Parameters
    ----------
    ax
        Where to draw.
    source, images, layers
        As for `raster`; None for all.

    Returns
    -------
    Axes
        `ax`.

    Raises
    ------
    InputError
        If there is no such image or layer.
    NotRecorded
        If the recording did not keep the spikes.
    """
    found = spikes_by_layer("latency", source, images, layers)
    names = []
    for row, (layer, spikes) in enumerate(found.items()):
        first = statistics.first_spike_latency(spikes)
        times = first[~np.isnan(first)]
        spiking = times.size / first.size
        names.append(f"{layer} ({100 * spiking:.3g}%)")
        at = np.percentile(times, PERCENTS) if times.size else np.full(len(PERCENTS), np.nan)
        _box(ax, row, 1e3 * at)
        keep(ax, layer=layer, spiking=spiking, **{f"p{p}_s": t for p, t in zip(PERCENTS, at, strict=True)})
    ax.set_xlim(left=0)
    ax.set_xlabel("First spike (ms)")
    label_rows(ax, names, "Layer (neurons that spike)")
    return ax


def _stairs(ax: Axes, values: NDArray[Any], edges: NDArray[Any], name: str, look: Mapping[str, Any]) -> None:
    ax.stairs(values, edges, label=name, baseline=None, linewidth=rcParams["lines.linewidth"], **look)


def _box(ax: Axes, row: int, at: NDArray[np.float64]) -> None:
    low, first, median, third, high = at
    line = rcParams["axes.linewidth"]
    ax.plot([low, high], [row, row], color=INKS[0], linewidth=line)
    ax.barh(row, third - first, 0.6, first, color=INKS[0], edgecolor=INKS[0], alpha=0.35, linewidth=line)
    ax.plot(median, row, "o", color="black", clip_on=False)
