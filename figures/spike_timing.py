"""When neurons of converted networks first spike, how surely, and when an image is decided.

a, the step after which half of the neurons that spike at all have spiked, by layer, and the range from the
layer's first spike to 90 % of them (IF). b, the deviation of a neuron's first spike within groups of images,
by layer (MNIST, IF). c, the share of images whose prediction is final. d, the share of neurons that have
spiked when the image is decided, of those that spike at all, by layer; lines as in c.

Reads analysis/results/spike_timing.csv, spike_timing_jitter.csv, spike_timing_decisions.csv; made by
analysis/spike_timing.py.
Run: python figures/spike_timing.py [--quick] [--output DIR]
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from neurosim.plotting import PALETTE
from neurosim.workflows.plates import Panels, draw_plate
from neurosim.workflows.studies import chosen, column, read_table

TITLES = {"digits": "Digits", "mnist": "MNIST", "cifar10": "CIFAR-10"}
INKS = dict(zip(TITLES, PALETTE, strict=False))
MARKERS = dict(zip(TITLES, "os^", strict=False))
DASHES = {"IF": "-", "BMIF(4)": "--"}
CAUSES = {
    "noise": "Noise on the pixels",
    "shift": "Shifts by a pixel",
    "class": "Images of a class",
    "any": "Images of ten classes",
}

Rows = list[dict[str, Any]]


def depths(rows: Rows) -> np.ndarray:
    return np.arange(1, len(rows) + 1)


def layer_axis(ax: Axes) -> None:
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("Layer")


def order(ax: Axes, rows: Rows) -> None:
    """Draw a line and its range for every network."""
    for data, ink in INKS.items():
        found = chosen(rows, data=data, neuron="IF")
        ax.fill_between(
            depths(found), column(found, "earliest"), column(found, "most"), color=ink, alpha=0.2, linewidth=0
        )
        ax.plot(depths(found), column(found, "half"), marker=MARKERS[data], color=ink, label=TITLES[data])
    ax.set_yscale("log", base=2)
    ax.set_ylim(top=160)  # room for the legend
    ax.yaxis.set_major_formatter("{x:g}")
    layer_axis(ax)
    ax.set_ylabel("First spike (steps)")
    ax.legend(loc="upper center", ncols=3)


def jitter(ax: Axes, rows: Rows) -> None:
    """Draw a line for every cause."""
    for (cause, name), ink, marker in zip(CAUSES.items(), PALETTE, "osD^", strict=False):
        found = chosen(rows, data="mnist", neuron="IF", cause=cause)
        ax.plot(depths(found), column(found, "jitter"), marker=marker, color=ink, label=name)
    ax.set_ylim(0, 11)
    layer_axis(ax)
    ax.set_ylabel("Deviation of the first spike (steps)")
    ax.legend(loc="upper center", ncols=2)


def decided(ax: Axes, rows: Rows) -> None:
    """Draw the share of images decided after every step, a line for every network and kind of neuron."""
    for data, ink in INKS.items():
        for neuron, dashes in DASHES.items():
            steps = np.sort(column(chosen(rows, data=data, neuron=neuron), "decided"))
            share = 100 * np.arange(1, len(steps) + 1) / len(steps)
            look = {"color": ink, "marker": MARKERS[data], "markevery": 12}
            ax.step(steps, share, dashes, where="post", label=f"{TITLES[data]}, {neuron}", **look)
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_ylim(0, 102)
    ax.set_xlabel("Time (steps)")
    ax.set_ylabel("Images decided (%)")
    ax.legend(loc=(0.06, 0.25))


def spoken(ax: Axes, rows: Rows) -> None:
    """Draw the share of neurons that had spiked, a line for every network and kind of neuron."""
    for data, ink in INKS.items():
        for neuron, dashes in DASHES.items():
            found = chosen(rows, data=data, neuron=neuron)
            share = 100 * column(found, "spoken_when_decided")
            ax.plot(depths(found), share, dashes, marker=MARKERS[data], color=ink)
    ax.set_ylim(0, 102)
    layer_axis(ax)
    ax.set_ylabel("Neurons that have spiked (%)")


def panels(results: Path) -> Panels:
    """Return order, jitter, decisions, and who has spoken."""
    layers, spreads, images = (
        read_table(results / f"spike_timing{part}.csv") for part in ("", "_jitter", "_decisions")
    )
    drawn = {order: layers, jitter: spreads, decided: images, spoken: layers}
    return [partial(draw, rows=rows) for draw, rows in drawn.items()]


if __name__ == "__main__":
    sys.exit(draw_plate(__file__, __doc__, panels, height=125))
