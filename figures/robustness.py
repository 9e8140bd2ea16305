"""What flaws of tissue or chips do to the accuracy of four kinds of neuron, and to each layer.

The residual network for digits. The last panel has the deviation of every layer of BM-IF neurons with K = 4,
under one of the strengths that were tried.

Reads analysis/results/robustness.csv and robustness_layers.csv; made by analysis/robustness.py.
Run: python figures/robustness.py [--quick] [--output DIR]
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from neurosim.plotting import PALETTE
from neurosim.workflows.plates import Panels, draw_plate
from neurosim.workflows.studies import chosen, read_table

NEURONS = dict(zip(("IF", "LIF", "BMIF(1)", "BMIF(4)"), "os^D", strict=True))
SHOWN = "BMIF(4)"

Rows = list[dict[str, Any]]


def draw_flaw(ax: Axes, points: Rows, flaw: str) -> None:
    """Draw the accuracy of every kind of neuron against the strength of one flaw."""
    for color, (neuron, marker) in zip(PALETTE, NEURONS.items(), strict=False):
        swept = chosen(points, neuron=neuron, flaw=flaw)
        if swept:
            swept = [*chosen(points, neuron=neuron, flaw="none"), *swept]
            labels = ["none", *(f"{row['strength']:g}" for row in swept[1:])]
            accuracy = [100 * row["accuracy"] for row in swept]
            ax.plot(labels, accuracy, label=neuron, color=color, marker=marker, clip_on=False)
    ax.set_ylim(0, 100)
    ax.set_xlabel(flaw[0].upper() + flaw[1:])
    ax.set_ylabel("Accuracy (%)")


def draw_layers(ax: Axes, layers: Rows) -> None:
    """Draw the deviation of every layer, one line a flaw, at its middle strength."""
    flaws = [flaw for flaw in dict.fromkeys(row["flaw"] for row in layers) if flaw not in ("none", "leak")]
    for color, marker, flaw in zip(PALETTE, "os^DvP", flaws, strict=False):
        strengths = list(dict.fromkeys(row["strength"] for row in chosen(layers, flaw=flaw)))
        middle = strengths[len(strengths) // 2]
        values = [row["deviation"] for row in chosen(layers, neuron=SHOWN, flaw=flaw, strength=middle)]
        name = flaw.partition(" (")[0].partition(" of ")[0]
        ax.plot(range(1, len(values) + 1), values, label=f"{name}, {middle:g}", color=color, marker=marker)
    ax.set_yscale("log")
    ax.set_ylim(bottom=0.001)  # room for the legend
    ax.legend(loc="lower right")
    ax.set_xlabel("Layer")
    ax.set_ylabel("Deviation (relative)")


def panels(results: Path) -> Panels:
    """Return a panel a flaw, and the layers."""
    points, layers = (read_table(results / f"robustness{part}.csv") for part in ("", "_layers"))
    flaws = [flaw for flaw in dict.fromkeys(row["flaw"] for row in points) if flaw != "none"]
    first, *others = (partial(draw_flaw, points=points, flaw=flaw) for flaw in flaws)
    named = [lambda ax: (first(ax), ax.legend(loc="lower left")), *others]
    return [*named, partial(draw_layers, layers=layers)]


if __name__ == "__main__":
    sys.exit(draw_plate(__file__, __doc__, panels, columns=4, height=110))
