"""What grows where in Indian Pines: the ground truth, and what spiking networks of 6 bits and 5 steps say.

Brian2 C++ ran all 10,249 labelled pixels, those of training (30 % of each class, at random) among them. a,
ground truth. b, CNN-32H, patches of 25x25 pixels and 30 components. c, CNN-3D, 5x5 pixels and 200 bands.

Reads analysis/results/hyperspectral_map.csv; made by analysis/hyperspectral.py.
Run: python figures/hyperspectral_maps.py [--quick] [--output DIR]
"""

import sys
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from neurosim.ann.labels import INDIAN_PINES
from neurosim.plotting import classification_map
from neurosim.workflows.plates import Panels, draw_plate
from neurosim.workflows.studies import chosen, column, read_table

SIDE, NOTHING = 145, -1
NETS = {"cnn_32h": "CNN-32H, spiking", "cnn_3d": "CNN-3D, spiking"}


def draw(ax: Axes, classes: np.ndarray, title: str) -> None:
    """Draw one map; the last one has the legend of all."""
    classification_map(ax, classes, INDIAN_PINES)
    ax.set_title(title)
    if title != list(NETS.values())[-1]:
        ax.get_legend().remove()


def panels(results: Path) -> Panels:
    """Return ground truth and maps."""
    rows = read_table(results / "hyperspectral_map.csv")
    shown = {"Ground truth": ("cnn_3d", "class")} | {title: (net, "said") for net, title in NETS.items()}
    made = []
    for title, (net, name) in shown.items():
        found = chosen(rows, net=net)
        classes = np.full((SIDE, SIDE), NOTHING)
        classes[column(found, "row"), column(found, "column")] = column(found, name)
        made.append(partial(draw, classes=classes, title=title))
    return made


if __name__ == "__main__":
    sys.exit(draw_plate(__file__, __doc__, panels, columns=3, height=62))
