"""The accuracy of a converted ResNet20 after every step, for several strengths a step.

Reads analysis/results/accuracy_against_steps.csv; made by analysis/accuracy_against_steps.py.
Run: python figures/accuracy_against_steps.py [--quick] [--output DIR]
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
    """Draw a curve for every K."""
    names = dict.fromkeys(row["strength"] for row in rows)
    curves = {f"K = {name}": [row["accuracy"] for row in rows if row["strength"] == name] for name in names}
    accuracy_over_time(ax, curves, rows[0]["accuracy_ann"])


def panels(results: Path) -> Panels:
    """Return the only panel."""
    return [partial(draw, rows=read_table(results / "accuracy_against_steps.csv"))]


if __name__ == "__main__":
    sys.exit(draw_plate(__file__, __doc__, panels))
