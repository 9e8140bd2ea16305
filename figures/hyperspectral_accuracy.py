"""Accuracy on Indian Pines against bits, steps, and the way in which training pixels are chosen.

Test pixels classified rightly. a, CNN-3D, by bits of the weights, as a network of ReLUs in torch and as a
spiking one of 5 steps in Brian2; mean and standard deviation over three seeds. b, the spiking ones after
each step, weights of 6 bits, every seed; trained for five steps. c, networks of 6 bits and the nearest
training pixel (by the mean of its patch, no network at all), by the split: 30 or 10 % of each class at
random, or blocks that no patch of a test pixel touches. The axes of a and b do not begin at 0.

Reads analysis/results/hyperspectral_summary.csv and _steps.csv; made by analysis/hyperspectral.py.
Run: python figures/hyperspectral_accuracy.py [--quick] [--output DIR]
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from neurosim.plotting import PALETTE
from neurosim.workflows.plates import Panels, draw_plate
from neurosim.workflows.studies import chosen, column, read_table

BITS, TRAINED_FOR = (4, 5, 6, 32), 5
FORMS = {"CNN": "o", "SNN in Brian2": "s"}
GROUPS = {"cnn_3d": ("random", "disjoint"), "cnn_32h": ("random", "tenth", "disjoint")}
NAMES = {"cnn_3d": "CNN-3D", "cnn_32h": "CNN-32H"}
SPLITS = {"random": "30 %", "tenth": "10 %", "disjoint": "blocks"}

Rows = list[dict[str, Any]]


def against_bits(ax: Axes, rows: Rows) -> None:
    """Draw mean and deviation of each form, by bits."""
    for number, (form, marker) in enumerate(FORMS.items()):
        found = [chosen(rows, net="cnn_3d", split="random", bits=bits, form=form)[0] for bits in BITS]
        look = {"color": PALETTE[number], "marker": marker, "markersize": 3, "capsize": 2}
        at = np.arange(len(BITS)) + 0.06 * (2 * number - 1)
        ax.errorbar(at, column(found, "overall"), column(found, "overall_sd"), label=form, **look)
    ax.set_xticks(range(len(BITS)), map(str, BITS))
    ax.set_xlabel("Weights (bits)")
    ax.set_ylabel("Overall accuracy (%)")
    ax.legend(loc="center right")


def against_steps(ax: Axes, rows: Rows) -> None:
    """Draw a line for every seed."""
    for seed in sorted({row["seed"] for row in rows}):
        found = chosen(rows, net="cnn_3d", split="random", bits=6, seed=seed)
        look = {"color": PALETTE[seed], "marker": "osD"[seed], "markersize": 3}
        ax.plot(column(found, "steps"), column(found, "overall"), label=f"Seed {seed}", **look)
    ax.axvline(TRAINED_FOR, color="black", linestyle=":", linewidth=0.5, zorder=0)
    ax.set_xlabel("Time (steps)")
    ax.set_ylabel("Overall accuracy (%)")
    ax.legend(loc="lower right")


def by_split(ax: Axes, rows: Rows) -> None:
    """Draw bars: for each net and split the nearest pixel, the CNN, the SNN."""
    forms = {"nearest pixel": 32, "CNN": 6, "SNN in Brian2": 6}
    groups = [(net, split) for net, splits in GROUPS.items() for split in splits]
    width = 0.8 / len(forms)
    for number, (form, bits) in enumerate(forms.items()):
        found = [chosen(rows, net=net, split=split, bits=bits, form=form)[0] for net, split in groups]
        at = np.arange(len(groups)) + (number - 1) * width
        ax.bar(at, column(found, "overall"), width, color=("0.75", *PALETTE)[number], label=form)
    ax.set_xticks(range(len(groups)), [SPLITS[split] for _, split in groups])
    for net, splits in GROUPS.items():
        middle = groups.index((net, splits[0])) + (len(splits) - 1) / 2
        below = {"xycoords": ax.get_xaxis_transform(), "xytext": (0, -20), "textcoords": "offset points"}
        ax.annotate(NAMES[net], (middle, 0), ha="center", va="top", annotation_clip=False, **below)
    ax.set_ylim(0, 140)
    ax.set_yticks(range(0, 101, 20))
    ax.set_ylabel("Overall accuracy (%)")
    ax.legend(loc="upper center", ncols=2)


def panels(results: Path) -> Panels:
    """Return bits, steps and splits."""
    rows = read_table(results / "hyperspectral_summary.csv")
    steps = read_table(results / "hyperspectral_steps.csv")
    return [
        partial(against_bits, rows=rows),
        partial(against_steps, rows=steps),
        partial(by_split, rows=rows),
    ]


if __name__ == "__main__":
    sys.exit(draw_plate(__file__, __doc__, panels, columns=3, height=60))
