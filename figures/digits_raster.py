"""Every spike that one handwritten digit sets off, layer by layer.

Reads analysis/results/digits_demo.h5; made by analysis/digits_demo.py.
Run: python figures/digits_raster.py [--quick] [--output DIR]
"""

import sys
from functools import partial
from pathlib import Path

from neurosim import Recording
from neurosim.plotting import raster
from neurosim.workflows.plates import Panels, draw_plate


def panels(results: Path) -> Panels:
    """Return the only panel."""
    return [partial(raster, source=Recording.load(results / "digits_demo.h5"))]


if __name__ == "__main__":
    sys.exit(draw_plate(__file__, __doc__, panels))
