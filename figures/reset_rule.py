"""What a converted network loses when spikes reset to zero, beside a reset by subtraction.

a, accuracy after every step. b, where the total of each layer of the ResNet20 comes from when it is reset
to zero: what its input lacks already, what resets erase, and the rest. c, spikes a step by the drive that is
received, in the first layer and the others of the network for MNIST, with the closed forms for a constant
drive. d, accuracy after the last step by the leak.

Reads analysis/results/reset_rule.csv, reset_rule_layers.csv, reset_rule_rates.csv; made by
analysis/reset_rule.py.
Run: python figures/reset_rule.py [--quick] [--output DIR]
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from neurosim.plotting import FILLS, PALETTE
from neurosim.workflows.plates import Panels, draw_plate
from neurosim.workflows.studies import chosen, column, read_table

TITLES = {"digits": "Digits", "mnist": "MNIST", "cifar10": "CIFAR-10"}
INKS = dict(zip(TITLES, PALETTE, strict=False))
MARKERS = dict(zip(TITLES, "os^", strict=False))
SOME = [2**power - 1 for power in range(7)]  # of 64 steps, on a logarithmic axis
DASHES = {"subtract": "-", "zero": "--", "zero, 4 substeps": ":"}
RULES = {"subtract": "Subtract", "zero": "Zero", "zero, 4 substeps": "Zero, 4 substeps", "delayed": "Delayed"}

Rows = list[dict[str, Any]]


def accuracy(ax: Axes, rows: Rows) -> None:
    """Draw a line for every network and rule."""
    for data, ink in INKS.items():
        exact = chosen(rows, data=data, leak=1)
        for rule in (rule for rule in DASHES if rule in column(exact, "reset")):
            found = chosen(exact, reset=rule)
            look = {"color": ink, "marker": MARKERS[data], "markevery": SOME}
            ax.plot(column(found, "steps"), 100 * column(found, "accuracy"), DASHES[rule], **look)
    for data, ink in INKS.items():
        ax.plot([], [], color=ink, marker=MARKERS[data], label=TITLES[data])
    for rule, dashes in DASHES.items():
        ax.plot([], [], dashes, color="black", label=RULES[rule])
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_xlabel("Time (steps)")
    ax.set_ylabel("Accuracy (%)")
    ax.legend(loc="best")


def layers(ax: Axes, rows: Rows) -> None:
    """Draw a stack of bars for every layer, and its total as a dot."""
    found = chosen(rows, data="cifar10", reset="zero")
    place = np.arange(1, len(found) + 1)
    ends = {1: np.zeros(len(found)), -1: np.zeros(len(found))}
    for part, ink in zip(("inherited", "erased", "rest"), FILLS[:3], strict=True):
        height = 100 * column(found, part)
        side = np.sign(height)
        bottom = np.where(side > 0, ends[1], ends[-1])
        ax.bar(place, height, 0.75, bottom, color=ink, label=part.capitalize())
        for sign, end in ends.items():
            end += np.where(side == sign, height, 0)
    ax.plot(place, 100 * column(found, "total"), "D", color="white", markeredgecolor="black", label="Total")
    ax.axhline(0, color="black", linewidth=ax.spines["left"].get_linewidth())
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("Layer")
    ax.set_ylabel("Deviation of the layer's sum (%)")
    ax.legend(loc="best")


def rates(ax: Axes, rows: Rows) -> None:
    """Draw spikes a step against the drive, and the closed forms."""
    drive = np.linspace(1e-3, 1.2, 2000)
    ax.plot(drive, 1 / np.ceil(1 / drive), color="black", label="Zero, constant drive")
    ax.plot(drive, np.minimum(drive, 1), "--", color="black", label="Subtract, constant drive")
    for (which, marker), ink in zip((("first", "o"), ("deeper", "s")), PALETTE, strict=False):
        found = chosen(rows, data="mnist", reset="zero", layers=which)
        name = {"first": "Zero, first layer", "deeper": "Zero, other layers"}[which]
        ax.plot(column(found, "received"), column(found, "said"), marker, color=ink, label=name)
    ax.set_xlim(0, 1.2)
    ax.set_ylim(0, 1.05)
    ax.set_xlabel("Drive received, Q/(θT) (thresholds per step)")
    ax.set_ylabel("Rate (spikes per step)")
    ax.legend(loc="best")


def leaks(ax: Axes, rows: Rows) -> None:
    """Draw the last accuracy against the leak, a line for every rule."""
    last = chosen(rows, steps=max(column(rows, "steps")))
    inks = dict(zip(("subtract", "delayed", "zero"), PALETTE, strict=False))
    markers = dict(zip(inks, "os^", strict=True))
    for data, dashes in {"digits": "--", "mnist": "-"}.items():
        for rule in (rule for rule in inks if chosen(last, data=data, reset=rule)):
            found, ink = chosen(last, data=data, reset=rule), inks[rule]
            lost = 1 - column(found, "leak")
            ax.plot(lost, 100 * column(found, "accuracy"), dashes, marker=markers[rule], color=ink)
            if data == "mnist":
                ax.lines[-1].set_label(RULES[rule])
    ax.plot([], [], "-", color="black", label=TITLES["mnist"])
    ax.plot([], [], "--", color="black", label=TITLES["digits"])
    ax.set_xlabel("Share of the membrane lost in a step")
    ax.set_ylabel("Accuracy (%)")
    ax.legend(loc="best")


def panels(results: Path) -> Panels:
    """Return accuracy, layers, rates, leaks."""
    whole, by_layer, by_drive = (
        read_table(results / f"reset_rule{part}.csv") for part in ("", "_layers", "_rates")
    )
    drawn = {accuracy: whole, layers: by_layer, rates: by_drive, leaks: whole}
    return [partial(draw, rows=rows) for draw, rows in drawn.items()]


if __name__ == "__main__":
    sys.exit(draw_plate(__file__, __doc__, panels, height=125))
