"""What does a small spiking network say of a strip of Indian Pines, pixel by pixel?

Method: the spiking CNN-3D that ships with neurosim (5 steps, weights of 6 bits), trained on 30 % of each
class, drawn at random, runs in Brian2 C++ over rows 48 to 71, in double precision. The table has a row a
pixel: where it is, its class (-1: none), what the network decided for, and whether it was among those that
trained the network or that test it. The part scores has overall and average accuracy and kappa of the test
pixels, and how many spikes of some of their patches were compared with the numpy reference.

Reference: neurosim's `make demo` makes the same map and holds its spikes to the numpy reference.

Run: python analysis/hyperspectral_demo.py [--quick --output DIR]
"""

import sys

from neurosim.workflows.demo import STEPS, scores, shipped
from neurosim.workflows.strip import simulated_strip
from neurosim.workflows.strip_map import pixel_rows
from neurosim.workflows.studies import Answer, identity, run_study


def measure(quick: bool) -> Answer:
    """Simulate the strip; return what is said of its pixels, and the scores."""
    network, seen = shipped()
    strip = simulated_strip(network, seen, STEPS, images=1 if quick else 8, patches=2 if quick else 16)
    agreement = strip.agreement
    found = scores(strip, seen) | {"spikes_compared": agreement.spikes, "equal": int(agreement.equal)}
    settings = {"data": seen.scene.name, "steps": STEPS, "network": identity(network)}
    return Answer(pixel_rows(strip, seen), settings, {"scores": [found]})


if __name__ == "__main__":
    sys.exit(run_study(__file__, __doc__, measure))
