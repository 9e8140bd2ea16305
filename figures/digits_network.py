"""The converted network for digits as a graph: layers, shapes, neurons, and residual branches.

Reads analysis/results/digits_demo.safetensors; made by analysis/digits_demo.py.
Run: python figures/digits_network.py [--quick] [--output DIR]
"""

import sys
from functools import partial
from pathlib import Path

from neurosim import Network
from neurosim.plotting import network
from neurosim.workflows.plates import Panels, draw_plate


def panels(results: Path) -> Panels:
    """Return the only panel."""
    return [partial(network, net=Network.load(results / "digits_demo.safetensors"))]


if __name__ == "__main__":
    sys.exit(draw_plate(__file__, __doc__, panels))
