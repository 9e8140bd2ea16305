"""A strip of Indian Pines: the ground truth, and what a spiking network of 5 steps and 6 bits decides for.

The network is CNN-3D; every pixel ran in Brian2 C++. Shown are labelled pixels, those 30 % that trained it
among them. White: no label.

Reads analysis/results/hyperspectral_demo.csv; made by analysis/hyperspectral_demo.py.
Run: python figures/hyperspectral_strip.py [--quick] [--output DIR]
"""

import sys
from functools import partial
from pathlib import Path

from neurosim.ann.labels import INDIAN_PINES
from neurosim.workflows.plates import Panels, draw_plate
from neurosim.workflows.strip_map import strip_map
from neurosim.workflows.studies import read_table


def panels(results: Path) -> Panels:
    """Return the only panel."""
    rows = read_table(results / "hyperspectral_demo.csv")
    return [partial(strip_map, rows=rows, names=INDIAN_PINES)]


if __name__ == "__main__":
    sys.exit(draw_plate(__file__, __doc__, panels, height=62, preset="nature-double"))
