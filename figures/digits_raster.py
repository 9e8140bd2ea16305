"""Every spike that one handwritten digit sets off, layer by layer.

Reads analysis/results/digits_demo.h5; made by analysis/digits_demo.py.
Run: python figures/digits_raster.py [--quick] [--output DIR]
"""

import argparse
import sys
from pathlib import Path

from neurosim import Recording
from neurosim.plotting import plate, raster

HERE = Path(__file__).resolve()
RECORDING = HERE.parents[1] / "analysis" / "results" / "digits_demo.h5"


def main(arguments: list[str]) -> None:
    """Draw digits_raster.pdf and .png."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="as every script has; drawing is quick anyway")
    parser.add_argument("--output", type=Path, default=HERE.parent, help="folder; default: beside the script")
    options = parser.parse_args(arguments)
    recording = Recording.load(RECORDING)
    for path in plate(options.output / HERE.stem, lambda ax: raster(ax, recording)):
        print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
