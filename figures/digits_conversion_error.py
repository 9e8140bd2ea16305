"""How far each layer of the converted network for digits is from the activations it stands for.

Reads analysis/results/digits_demo.csv; made by analysis/digits_demo.py.
Run: python figures/digits_conversion_error.py [--quick] [--output DIR]
"""

import argparse
import sys
from pathlib import Path

from neurosim.plotting import conversion_error, plate
from neurosim.workflows.studies import read_table

HERE = Path(__file__).resolve()
TABLE = HERE.parents[1] / "analysis" / "results" / "digits_demo.csv"


def main(arguments: list[str]) -> None:
    """Draw digits_conversion_error.pdf and .png."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="as every script has; drawing is quick anyway")
    parser.add_argument("--output", type=Path, default=HERE.parent, help="folder; default: beside the script")
    options = parser.parse_args(arguments)
    rows = read_table(TABLE)
    layers, errors = [row["layer"] for row in rows], [row["error"] for row in rows]
    for path in plate(options.output / HERE.stem, lambda ax: conversion_error(ax, layers, errors)):
        print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
