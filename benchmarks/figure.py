"""How many times faster than explicit synapses and than torch, over activity.

Reads layers.csv and networks.csv in a folder and writes speed.pdf and speed.png beside them.
Run: python benchmarks/figure.py [--input DIR]
"""

import argparse
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from neurosim.plotting import plate
from neurosim.workflows.studies import read_table

RESULTS = Path(__file__).resolve().parent / "results"
TITLES = {"vgg11": "VGG11", "vgg16": "VGG16", "resnet18": "ResNet18"}
MARKERS = "osD^"


def curves(folder: Path) -> dict[str, dict[float, float]]:
    """Return ratios by activity, by what the legend calls them."""
    layers, networks = (read_table(folder / f"{part}.csv") for part in ("layers", "networks"))
    activities = sorted({row["activity"] for row in layers})
    ratios = {
        activity: statistics.geometric_mean(r["loop_ratio"] for r in layers if r["activity"] == activity)
        for activity in activities
    }
    nets = dict.fromkeys(row["net"] for row in networks)
    against = {
        f"{TITLES[net]}, torch": {row["activity"]: row["ratio_16"] for row in networks if row["net"] == net}
        for net in nets
    }
    return {"Single layers, synapses": ratios} | against


def draw(ax: Axes, drawn: Mapping[str, Mapping[float, float]]) -> None:
    """Draw a line for each comparison."""
    for marker, (name, ratios) in zip(MARKERS, drawn.items(), strict=False):
        ax.plot([100 * activity for activity in ratios], list(ratios.values()), marker=marker, label=name)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xticks([2, 5, 10, 20])
    ax.set_ylim(1, 2 * max(max(ratios.values()) for ratios in drawn.values()))
    ax.set_yticks([tick for tick in (1, 2, 5, 10, 20, 50, 100, 200) if tick <= ax.get_ylim()[1]])
    ax.minorticks_off()
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:g}"))
    ax.set_xlabel("Activity (% of neurons a step)")
    ax.set_ylabel("Times faster")
    ax.legend(loc="best")


def main(arguments: list[str]) -> None:
    """Draw speed.pdf and .png."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--input", type=Path, default=RESULTS, help="folder of the tables; default: results/")
    folder = parser.parse_args(arguments).input
    drawn: dict[str, Any] = curves(folder)
    for path in plate(folder / "speed", lambda ax: draw(ax, drawn)):
        print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
