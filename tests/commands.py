"""What the tests of the command line share: a small network for digits, and stderr without its bars."""

import numpy as np

from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.neurons import IF, Accumulate, Input
from neurosim.ops import Linear


def network(hidden: int = 6) -> Network:
    """Pixels, some IF neurons, and ten classes that accumulate; no sum of it is near a threshold."""
    random = np.random.default_rng(0)
    layers = [
        Layer("input", (1, 8, 8), Input()),
        Layer("hidden", (hidden,), IF()),
        Layer("out", (10,), Accumulate()),
    ]
    weights = random.normal(size=(hidden, 64)) / 8, random.normal(size=(10, hidden))
    ends = [("input", "hidden"), ("hidden", "out")]
    projections = [Projection(*end, (Linear(weight),)) for end, weight in zip(ends, weights, strict=True)]
    return Network(layers, projections, "0123456789")


def without_progress(text: str) -> str:
    """Standard error as it stays on a terminal: without the bars that were drawn over."""
    return "".join(line for line in text.split("\n") if "%|" not in line).strip("\r")
