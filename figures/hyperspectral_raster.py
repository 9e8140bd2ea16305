"""Every spike that one pixel of Indian Pines sets off, layer by layer.

The patch of 25x25 pixels around a test pixel, 5 steps, in Brian2 C++; the network is CNN-32H with weights of
6 bits. Where in a step a dot lies says only which neuron it is.

Reads analysis/results/hyperspectral.h5; made by analysis/hyperspectral.py.
Run: python figures/hyperspectral_raster.py [--quick] [--output DIR]
"""

import sys
from functools import partial
from pathlib import Path

from neurosim import Recording
from neurosim.plotting import raster
from neurosim.workflows.plates import Panels, draw_plate


def panels(results: Path) -> Panels:
    """Return the only panel."""
    return [partial(raster, source=Recording.load(results / "hyperspectral.h5"))]


if __name__ == "__main__":
    sys.exit(draw_plate(__file__, __doc__, panels))
