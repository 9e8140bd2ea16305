"""Conversion methods compared on four networks: accuracy against steps, and against synaptic operations.

a to d, accuracy of windows of T steps; the dotted line is the network in torch. e and f, the accuracies of c
and d by what the windows cost in synaptic operations, one for each spike and explicit synapse.

Reads analysis/results/conversion_methods.csv; made by analysis/conversion_methods.py.
Run: python figures/conversion_methods.py [--quick] [--output DIR]
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from neurosim.plotting import PALETTE
from neurosim.workflows.plates import Panels, draw_plate
from neurosim.workflows.studies import chosen, column, read_table

TITLES = {
    "diehl_mnist": "MNIST",
    "diehl_fashion": "Fashion-MNIST",
    "cifar_vgg": "CIFAR-10, VGG",
    "resnet20": "CIFAR-10, ResNet20",
}
COSTLY = ("cifar_vgg", "resnet20")
LEGEND = ("diehl_mnist", "steps")  # the panel with room for it
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

FEWEST = 3e5  # operations: below, no method is better than chance


def draw(ax: Axes, rows: Rows, network: str, against: str, label: str) -> None:
    """Draw a line for every method."""
    for number, (method, (color, line, marker)) in enumerate(LOOKS.items()):
        found = [row for row in chosen(rows, network=network, method=method) if row[against] > 0]
        if found:
            size = 4.5 - 0.25 * number  # what is covered looks out from behind
            look = {"color": color, "marker": marker, "markersize": size, "linewidth": size / 3}
            at, accuracy = column(found, against), 100 * column(found, "accuracy")
            ax.plot(at, accuracy, line, label=method, clip_on=against != "steps", **look)
    ann = chosen(rows, network=network, method="IF")[0]["accuracy_ann"]
    ax.axhline(100 * ann, color="black", linestyle=(0, (1, 3)), linewidth=0.5, zorder=0)
    ax.set_xscale("log", base=2 if against == "steps" else 10)
    if against == "steps":
        ax.xaxis.set_major_formatter("{x:g}")
    ax.set_title(TITLES[network])
    if (network, against) == LEGEND:
        ax.legend(loc="lower right", handlelength=2.2)
    if against != "steps":
        ax.set_xlim(left=FEWEST)
    ax.set_ylim(0, 100)
    ax.set_xlabel(label)
    ax.set_ylabel("Accuracy (%)")


def panels(results: Path) -> Panels:
    """Return accuracies against steps, then those of the deep networks against operations."""
    rows = read_table(results / "conversion_methods.csv")
    shown = [(network, "steps", "Time (steps)") for network in TITLES]
    shown += [(network, "synaptic_events", "Synaptic operations per image") for network in COSTLY]
    return [
        partial(draw, rows=rows, network=network, against=against, label=label)
        for network, against, label in shown
    ]


if __name__ == "__main__":
    sys.exit(draw_plate(__file__, __doc__, panels, columns=3, height=125))
