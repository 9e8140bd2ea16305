"""The accuracy of a converted MNIST network after every step, for two kinds of neuron.

Reads analysis/results/mnist_if_loss.csv; made by analysis/mnist_if_loss.py.
Run: python figures/mnist_if_loss.py [--quick] [--output DIR]
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from neurosim.plotting import accuracy_over_time
from neurosim.workflows.plates import Panels, draw_plate
from neurosim.workflows.studies import read_table


def draw(ax: Axes, rows: list[dict[str, Any]]) -> None:
    """Draw a curve for every kind of neuron."""
    names = dict.fromkeys(row["neuron"] for row in rows)
    curves = {name: [row["accuracy"] for row in rows if row["neuron"] == name] for name in names}
    accuracy_over_time(ax, curves, rows[0]["accuracy_ann"])
    ax.set_xscale("log", base=2)  # all that happens, happens in the first steps
    ax.xaxis.set_major_formatter("{x:g}")
    for line in ax.lines[: len(curves)]:
        line.set_markevery([2**power - 1 for power in range(7)])


def panels(results: Path) -> Panels:
    """Return the only panel."""
    return [partial(draw, rows=read_table(results / "mnist_if_loss.csv"))]


if __name__ == "__main__":
    sys.exit(draw_plate(__file__, __doc__, panels))
