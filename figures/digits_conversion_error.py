"""How far each layer of the converted network for digits is from the activations it stands for.

Reads analysis/results/digits_demo.csv; made by analysis/digits_demo.py.
Run: python figures/digits_conversion_error.py [--quick] [--output DIR]
"""

import sys
from functools import partial
from pathlib import Path

from neurosim.plotting import conversion_error
from neurosim.workflows.plates import Panels, draw_plate
from neurosim.workflows.studies import column, read_table


def panels(results: Path) -> Panels:
    """Return the only panel."""
    rows = read_table(results / "digits_demo.csv")
    return [partial(conversion_error, layers=[row["layer"] for row in rows], errors=column(rows, "error"))]


if __name__ == "__main__":
    sys.exit(draw_plate(__file__, __doc__, panels))
