"""The accuracy of a converted MNIST network after every step, for two kinds of neuron.

Reads analysis/results/mnist_if_loss.csv; made by analysis/mnist_if_loss.py.
Run: python figures/mnist_if_loss.py [--quick] [--output DIR]
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from neurosim.plotting import accuracy_over_time, plate
from neurosim.workflows.studies import read_table

HERE = Path(__file__).resolve()
TABLE = HERE.parents[1] / "analysis" / "results" / f"{HERE.stem}.csv"


def draw(ax: Axes, rows: list[dict[str, Any]]) -> None:
    """Draw a curve for every kind of neuron."""
    names = dict.fromkeys(row["neuron"] for row in rows)
    curves = {name: [row["accuracy"] for row in rows if row["neuron"] == name] for name in names}
    accuracy_over_time(ax, curves, rows[0]["accuracy_ann"])
    ax.set_xscale("log", base=2)  # all that happens, happens in the first steps
    ax.xaxis.set_major_formatter("{x:g}")
    for line in ax.lines[: len(curves)]:
        line.set_markevery([2**power - 1 for power in range(7)])


def main(arguments: list[str]) -> None:
    """Draw mnist_if_loss.pdf and .png."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="as every script has; drawing is quick anyway")
    parser.add_argument("--output", type=Path, default=HERE.parent, help="folder; default: beside the script")
    options = parser.parse_args(arguments)
    rows = read_table(TABLE)
    for path in plate(options.output / HERE.stem, lambda ax: draw(ax, rows)):
        print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
