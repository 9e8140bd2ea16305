"""Conversion methods compared on four networks: accuracy against steps, and against synaptic operations.

a to d, accuracy of windows of T steps; the dotted line is the network in torch. e to h, the same accuracies
by what the windows cost in synaptic operations, one for each spike and explicit synapse.

Reads analysis/results/conversion_methods.csv; made by analysis/conversion_methods.py.
Run: python figures/conversion_methods.py [--quick] [--output DIR]
"""

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from neurosim.plotting import PALETTE, panels
from neurosim.workflows.studies import chosen, column, read_table

HERE = Path(__file__).resolve()
TABLE = HERE.parents[1] / "analysis" / "results" / f"{HERE.stem}.csv"
TITLES = {
    "diehl_mnist": "MNIST, 12C5-64C5",
    "diehl_fashion": "Fashion-MNIST, 12C5-64C5",
    "cifar_vgg": "CIFAR-10, VGG type",
    "resnet20": "CIFAR-10, ResNet20",
}
BLUE, RED, GREEN, PURPLE, ORANGE, SKY, BLACK, _ = PALETTE
LOOKS = {  # colour, line, marker
    "IF": (BLACK, "-", "o"),
    "IF, 99.9 %": (BLACK, ":", "o"),
    "TerMapping": (BLUE, "-", "^"),
    "AugMapping": (RED, "-", "s"),
    "TerMapping, 99 %": (BLUE, ":", "^"),
    "AugMapping, 99 %": (RED, ":", "s"),
    "SNM": (GREEN, "-", "v"),
    "Burst": (PURPLE, "-", "D"),
    "BM-IF, K = 1": (ORANGE, ":", "P"),
    "BM-IF, K = 8": (ORANGE, "-", "P"),
    "QCFS": (SKY, "-", "X"),
}

Rows = list[dict[str, Any]]


def draw(ax: Axes, rows: Rows, network: str, against: str, label: str) -> None:
    """Draw a line for every method."""
    for number, (method, (color, line, marker)) in enumerate(LOOKS.items()):
        found = [row for row in chosen(rows, network=network, method=method) if row[against] > 0]
        if found:
            size = 4.5 - 0.25 * number  # what is covered looks out from behind
            look = {"color": color, "marker": marker, "markersize": size, "linewidth": size / 3}
            at, accuracy = column(found, against), 100 * column(found, "accuracy")
            ax.plot(at, accuracy, line, label=method, clip_on=False, **look)
    ann = chosen(rows, network=network, method="IF")[0]["accuracy_ann"]
    ax.axhline(100 * ann, color="black", linestyle=(0, (1, 3)), linewidth=0.5, zorder=0)
    ax.set_title(TITLES[network], fontsize="medium")
    ax.set_xscale("log", base=2 if against == "steps" else 10)
    if against == "steps":
        ax.xaxis.set_major_formatter("{x:g}")
    ax.set_ylim(0, 100)
    ax.set_xlabel(label)
    ax.set_ylabel("Accuracy (%)")


def legend(ax: Axes, draw: Any) -> None:
    """Draw a panel with the names of the methods."""
    draw(ax)
    ax.legend(loc="lower right", handlelength=2.2)


def main(arguments: list[str]) -> None:
    """Draw conversion_methods.pdf and .png."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="as every script has; drawing is quick anyway")
    parser.add_argument("--output", type=Path, default=HERE.parent, help="folder; default: beside the script")
    options = parser.parse_args(arguments)
    rows = read_table(TABLE)
    networks = [name for name in TITLES if chosen(rows, network=name)]
    axes = {"steps": "Time (steps)", "synaptic_events": "Synaptic operations an image"}
    draws = [
        partial(draw, rows=rows, network=network, against=against, label=label)
        for against, label in axes.items()
        for network in networks
    ]
    draws[0] = partial(legend, draw=draws[0])
    for path in panels(options.output / HERE.stem, draws, columns=len(networks), height=115):
        print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
