"""The accuracy of a converted ResNet20 after every step, for several strengths a step.

Reads analysis/results/accuracy_against_steps.csv; made by analysis/accuracy_against_steps.py.
Run: python figures/accuracy_against_steps.py [--quick] [--output DIR]
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
    """Draw a curve for every K."""
    names = dict.fromkeys(row["strength"] for row in rows)
    curves = {f"K = {name}": [row["accuracy"] for row in rows if row["strength"] == name] for name in names}
    accuracy_over_time(ax, curves, rows[0]["accuracy_ann"])


def main(arguments: list[str]) -> None:
    """Draw accuracy_against_steps.pdf and .png."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="as every script has; drawing is quick anyway")
    parser.add_argument("--output", type=Path, default=HERE.parent, help="folder; default: beside the script")
    options = parser.parse_args(arguments)
    rows = read_table(TABLE)
    for path in plate(options.output / HERE.stem, lambda ax: draw(ax, rows)):
        print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
