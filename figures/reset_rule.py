"""What a converted network loses when spikes reset to zero, beside a reset by subtraction.

a, accuracy after every step. b, where the total of each layer of the ResNet20 comes from when it is reset
to zero: what its input lacks already, what resets erase, and the rest. c, spikes a step by the drive that is
received, in the first layer and the others of the network for MNIST, with the closed forms for a constant
drive. d, accuracy after the last step by the leak.

Reads analysis/results/reset_rule.csv, reset_rule_layers.csv, reset_rule_rates.csv; made by
analysis/reset_rule.py.
Run: python figures/reset_rule.py [--quick] [--output DIR]
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from neurosim.plotting import PALETTE, panels
from neurosim.workflows.studies import chosen, column, read_table

HERE = Path(__file__).resolve()
RESULTS = HERE.parents[1] / "analysis" / "results"
TITLES = {"digits": "Digits", "mnist": "MNIST", "cifar10": "CIFAR-10"}
INKS = dict(zip(TITLES, PALETTE, strict=False))
DASHES = {"subtract": "-", "zero": "--", "zero, 4 substeps": ":"}
RULES = {"subtract": "Subtract", "zero": "Zero", "zero, 4 substeps": "Zero, 4 substeps", "delayed": "Delayed"}

Rows = list[dict[str, Any]]


def accuracy(ax: Axes, rows: Rows) -> None:
    """Draw a line for every network and rule."""
    for data, ink in INKS.items():
        exact = chosen(rows, data=data, leak=1)
        for rule in (rule for rule in DASHES if rule in column(exact, "reset")):
            found = chosen(exact, reset=rule)
            ax.plot(column(found, "steps"), 100 * column(found, "accuracy"), DASHES[rule], color=ink)
    for data, ink in INKS.items():
        ax.plot([], [], color=ink, label=TITLES[data])
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
    for part, ink in zip(("inherited", "erased", "rest"), PALETTE[:3], strict=True):
        height = 100 * column(found, part)
        side = np.sign(height)
        bottom = np.where(side > 0, ends[1], ends[-1])
        ax.bar(place, height, 0.75, bottom, color=ink, label=part.capitalize())
        for sign, end in ends.items():
            end += np.where(side == sign, height, 0)
    ax.plot(place, 100 * column(found, "total"), "o", color="black", label="Total")
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
    for data, dashes in {"digits": "--", "mnist": "-"}.items():
        for rule in (rule for rule in inks if chosen(last, data=data, reset=rule)):
            found, ink = chosen(last, data=data, reset=rule), inks[rule]
            lost = 1 - column(found, "leak")
            ax.plot(lost, 100 * column(found, "accuracy"), dashes, marker="o", color=ink)
            if data == "mnist":
                ax.lines[-1].set_label(RULES[rule])
    ax.plot([], [], "-", color="black", label=TITLES["mnist"])
    ax.plot([], [], "--", color="black", label=TITLES["digits"])
    ax.set_xlabel("Share of the membrane lost in a step")
    ax.set_ylabel("Accuracy (%)")
    ax.legend(loc="best")


def main(arguments: list[str]) -> None:
    """Draw reset_rule.pdf and .png."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="as every script has; drawing is quick anyway")
    parser.add_argument("--output", type=Path, default=HERE.parent, help="folder; default: beside the script")
    options = parser.parse_args(arguments)
    whole, by_layer, by_drive = (
        read_table(RESULTS / f"{HERE.stem}{part}.csv") for part in ("", "_layers", "_rates")
    )
    draws = [
        lambda ax: accuracy(ax, whole),
        lambda ax: layers(ax, by_layer),
        lambda ax: rates(ax, by_drive),
        lambda ax: leaks(ax, whole),
    ]
    for path in panels(options.output / HERE.stem, draws, height=125):
        print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
