"""How much less energy than a CNN does the spiking one take on Indian Pines, and where are its spikes?

Weights of 6 bits, 5 steps, arithmetic alone, 45 nm. a and b, the energy of the CNN of 32 bits, and of that of
6 bits, over that of the spiking network, by what 32-bit operations cost (floating point: 3.7 and 0.9 pJ;
integers: 3.1 and 0.1 pJ), by how that shrinks with the bits b, and by whether the pixels' sums are worked out
once or at every step. Ticks: what the second ratio would be without a single spike. Dotted: the paper's
560.6 and 44.8. c, spikes of a neuron in 5 steps, layer by layer; its colours are those of a and b.

Reads analysis/results/hyperspectral_energy.csv and _layers.csv; made by analysis/hyperspectral.py.
Run: python figures/hyperspectral_energy.py [--quick] [--output DIR]
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from neurosim.plotting import PALETTE
from neurosim.workflows.plates import Panels, draw_plate
from neurosim.workflows.studies import chosen, column, read_table

NETS = {"cnn_3d": "CNN-3D", "cnn_32h": "CNN-32H"}
PAPER = {"less_than_32_bit_cnn": 560.6, "less_than_same_cnn": 44.8}
LABELS = {
    "less_than_32_bit_cnn": "Times less than CNN of 32 bits",
    "less_than_same_cnn": "Times less than CNN of 6 bits",
}

Rows = list[dict[str, Any]]


def ratios(ax: Axes, rows: Rows, ratio: str) -> None:
    """Draw a bar for every assumption and net."""
    told = ("arithmetic", "scaling", "pixels_summed")
    ways = list(dict.fromkeys(tuple(row[name] for name in told) for row in rows))
    for number, (net, name) in enumerate(NETS.items()):
        found = [chosen(rows, net=net, **dict(zip(told, way, strict=True)))[0] for way in ways]
        at = np.arange(len(ways)) + 0.4 * number - 0.2
        ax.barh(at, column(found, ratio), 0.4, color=PALETTE[number], label=name)
        if ratio == "less_than_same_cnn":
            ax.plot(column(found, "bound"), at, "|", color="black", markersize=5)
    ax.axvline(PAPER[ratio], color="black", linestyle=":", linewidth=0.7)
    ax.set_xscale("log")
    ax.set_yticks(range(len(ways)), [said(*way) for way in ways])
    ax.invert_yaxis()
    ax.set_xlabel(LABELS[ratio])


def said(arithmetic: str, scaling: str, pixels_summed: str) -> str:
    """Return an assumption in short."""
    kind = {"45 nm, float32": "float", "45 nm, int32": "int"}[arithmetic]
    return f"{kind}, {scaling.replace('^2', '²').replace('^1.5', '¹·⁵')}, {pixels_summed}"


def spikes(ax: Axes, rows: Rows) -> None:
    """Draw the spikes of a neuron in every layer."""
    for number, (net, name) in enumerate(NETS.items()):
        found = [row for row in chosen(rows, net=net) if row["spikes"] > 0]
        look = {"color": PALETTE[number], "marker": "os"[number], "markersize": 3}
        ax.plot(np.arange(1, len(found) + 1), column(found, "spikes_a_neuron"), label=name, **look)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("Layer")
    ax.set_ylabel("Spikes a neuron, in 5 steps")
    ax.legend(loc="best")


def panels(results: Path) -> Panels:
    """Return both ratios, and the spikes."""
    rows = chosen(
        read_table(results / "hyperspectral_energy.csv"), bits=6, spikes_counted="synapse by synapse"
    )
    layers = chosen(read_table(results / "hyperspectral_layers.csv"), bits=6)
    return [*(partial(ratios, rows=rows, ratio=ratio) for ratio in PAPER), partial(spikes, rows=layers)]


if __name__ == "__main__":
    sys.exit(draw_plate(__file__, __doc__, panels, columns=3, height=70))
