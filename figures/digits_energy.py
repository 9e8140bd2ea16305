"""The energy of the digits' spiking network and of the artificial one, by layer and by way of counting.

Means of two digits, 8 steps each. 45 nm, 32-bit floating point: a MAC costs 4.6 pJ, an addition 0.9 pJ;
arithmetic alone, no memory. a, by layer, the current of the pixels worked out once. b, the whole network: the
current once or at every step, graded spikes that multiply their weights or accumulate them |k| times, and
what papers estimate, zeta M.

Reads analysis/results/digits_demo.h5 and digits_demo.safetensors; made by analysis/digits_demo.py.
Run: python figures/digits_energy.py [--quick] [--output DIR]
"""

import sys
from pathlib import Path

from neurosim import Network, Recording
from neurosim.energy import estimate
from neurosim.plotting import energy, joules_by_layer, joules_by_way
from neurosim.workflows.plates import Panels, draw_plate


def panels(results: Path) -> Panels:
    """Return layers, and ways of counting."""
    network = Network.load(results / "digits_demo.safetensors")
    found = estimate(network, Recording.load(results / "digits_demo.h5"))
    return [
        lambda ax: energy(ax, *joules_by_layer(found)),
        lambda ax: energy(ax, *joules_by_way(found), rows="Way of counting"),
    ]


if __name__ == "__main__":
    sys.exit(draw_plate(__file__, __doc__, panels, height=85))
