"""The causes of the conversion error of every layer of the network for digits, for three kinds of neuron.

Bars end at the layer's error, sqrt(sum (a' - a)^2) / sqrt(sum a^2); a part is its cause's share of it, and
one to the left of zero makes up for others. Neurons: a, IF; b, IF that start at half of their threshold; c,
BM-IF with K = 4. Mind the axes: errors in c are a seventeenth of those in a. Colours are those of a.

Reads analysis/results/error_budget.csv; made by analysis/error_budget.py.
Run: python figures/error_budget.py [--quick] [--output DIR]
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from neurosim.plotting import error_budget
from neurosim.workflows.plates import Panels, draw_plate
from neurosim.workflows.studies import chosen, read_table


def draw(ax: Axes, rows: list[dict[str, Any]], neuron: str) -> None:
    """Draw the budget of one kind of neuron."""
    error_budget(ax, chosen(rows, neuron=neuron), f"Conversion error, {neuron} (relative)")
    legend = ax.get_legend()
    if legend and neuron != rows[0]["neuron"]:
        legend.remove()


def panels(results: Path) -> Panels:
    """Return a panel for every kind of neuron."""
    rows = read_table(results / "error_budget.csv")
    return [partial(draw, rows=rows, neuron=neuron) for neuron in dict.fromkeys(r["neuron"] for r in rows)]


if __name__ == "__main__":
    sys.exit(draw_plate(__file__, __doc__, panels, columns=3, height=75))
