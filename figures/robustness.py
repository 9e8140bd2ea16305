"""What flaws of tissue or chips do to the accuracy of four kinds of neuron, and to each layer.

The residual network for digits. The last panel has the deviation of every layer of BM-IF neurons with K = 4,
under one of the strengths that were tried.

Reads analysis/results/robustness.csv and robustness_layers.csv; made by analysis/robustness.py.
Run: python figures/robustness.py [--quick] [--output DIR]
"""

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from neurosim.plotting import PALETTE, panels
from neurosim.workflows.studies import chosen, read_table

HERE = Path(__file__).resolve()
RESULTS = HERE.parents[1] / "analysis" / "results"
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


def main(arguments: list[str]) -> None:
    """Draw robustness.pdf and .png."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="as every script has; drawing is quick anyway")
    parser.add_argument("--output", type=Path, default=HERE.parent, help="folder; default: beside the script")
    options = parser.parse_args(arguments)
    points, layers = (read_table(RESULTS / f"{HERE.stem}{part}.csv") for part in ("", "_layers"))
    flaws = [flaw for flaw in dict.fromkeys(row["flaw"] for row in points) if flaw != "none"]
    first, *others = (partial(draw_flaw, points=points, flaw=flaw) for flaw in flaws)
    draws = [lambda ax: (first(ax), ax.legend(loc="lower left")), *others]
    draws.append(partial(draw_layers, layers=layers))
    for path in panels(options.output / HERE.stem, draws, columns=4, height=110):
        print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
