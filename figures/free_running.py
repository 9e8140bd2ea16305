"""Aligned and free layers: accuracy against time, what a drain changes, and which layer is how far off.

Left: the residual network for digits, which has biases; right: that for MNIST, which has none.

Reads analysis/results/free_running.csv, free_running_drain.csv and free_running_layers.csv; made by
analysis/free_running.py.
Run: python figures/free_running.py [--quick] [--output DIR]
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from neurosim.plotting import PALETTE
from neurosim.workflows.plates import Panels, draw_plate
from neurosim.workflows.studies import chosen, read_table

SHOWN = "BMIF(4)"  # where one kind of neuron is shown
MARKERS = "os^Dv"

Rows = list[dict[str, Any]]


def draw_accuracy(ax: Axes, rows: Rows) -> None:
    """Draw the accuracy at every time, a colour a neuron, free layers solid and aligned ones dotted."""
    neurons = dict.fromkeys(row["neuron"] for row in rows)
    for color, marker, neuron in zip(PALETTE, MARKERS, neurons, strict=False):
        for alignment, line in (("free", "-"), ("aligned", ":")):
            curve = chosen(rows, neuron=neuron, alignment=alignment)
            times, accuracy = [row["time"] for row in curve], [100 * row["accuracy"] for row in curve]
            look = {"color": color, "marker": marker, "markevery": 8}
            ax.plot(times, accuracy, line, label=f"{neuron}, {alignment}", **look)
    ax.set_ylim(0, 102)
    ax.set_xlabel("Time since the stimulus began (steps)")
    ax.set_ylabel("Accuracy (%)")
    ax.legend(loc="lower right", title=rows[0]["data"])


def draw_drain(ax: Axes, rows: Rows) -> None:
    """Draw how far the output is from the aligned one, a line for each length of the stimulus."""
    free = chosen(rows, neuron=SHOWN, alignment="free")
    for color, marker, steps in zip(PALETTE, MARKERS, dict.fromkeys(r["steps"] for r in free), strict=False):
        line = chosen(free, steps=steps)
        drains, values = [row["drain"] for row in line], [row["output_deviation"] for row in line]
        ax.plot(drains, values, color=color, marker=marker, clip_on=False, label=f"T = {steps}")
    ax.set_ylim(bottom=0)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("Drain (steps)")
    ax.set_ylabel("Deviation of the output (relative)")
    ax.legend(loc="best")


def draw_layers(ax: Axes, rows: Rows) -> None:
    """Draw how far every layer is from the aligned one, a line for each drain."""
    shown = chosen(rows, neuron=SHOWN)
    for color, marker, drain in zip(PALETTE, MARKERS, dict.fromkeys(r["drain"] for r in shown), strict=False):
        line = chosen(shown, drain=drain)
        latency, values = [row["latency"] for row in line], [row["deviation"] for row in line]
        ax.plot(latency, values, color=color, marker=marker, clip_on=False, label=f"drain {drain}")
    ax.set_ylim(bottom=0)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("Latency of the layer (steps)")
    ax.set_ylabel("Deviation (relative)")
    ax.legend(loc="best")


def panels(results: Path) -> Panels:
    """Return a row for accuracy, drain and layers each, with a column a network."""
    draws = []
    for part, draw in {"": draw_accuracy, "_drain": draw_drain, "_layers": draw_layers}.items():
        rows = read_table(results / f"free_running{part}.csv")
        names = dict.fromkeys(row["data"] for row in rows)
        draws += [partial(draw, rows=chosen(rows, data=data)) for data in names]
    return draws


if __name__ == "__main__":
    sys.exit(draw_plate(__file__, __doc__, panels, height=160))
