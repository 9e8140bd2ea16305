"""Neurons played on their own: drives on a dyadic grid, and a run without a network."""

import numpy as np
from hypothesis import strategies as st

from neurosim.neurons.base import initial_state

GRID = 64
"""Dyadic numbers here are multiples of 1/64: sums, products with small integers and floors are exact."""

dyadic = st.integers(-4 * GRID, 4 * GRID).map(lambda n: n / GRID)
thresholds = st.integers(GRID // 2, 2 * GRID).map(lambda n: n / GRID)
drives = st.lists(dyadic, min_size=1, max_size=30)


def play(neuron, drive, bias=0.0, dtype=np.float64):
    """Run neurons on drives (steps, ...) and return strength, potential and charged membrane of each step."""
    drive, values = np.asarray(drive, dtype), neuron.values(1e-3) | {"bias": bias}
    values = {name: np.asarray(value, dtype) for name, value in values.items()}
    state = initial_state(neuron, drive.shape[1:], values, np.dtype(dtype))
    steps = [(neuron.step(state, current, values), state["v"], state["u"]) for current in drive]
    return tuple(np.array(part) for part in zip(*steps, strict=True))
