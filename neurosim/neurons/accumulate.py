"""Accumulate: the read-out neuron that sums its input and never spikes."""

import dataclasses
from collections.abc import Mapping, MutableMapping

import numpy as np

from .base import Equations, Neuron

__all__ = ["Accumulate"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Accumulate(Neuron):
    """Accumulate input: V[t] = (V[t-1] + I[t]) + b, from V = 0; no threshold, no spikes, no reset.

    The potential after each step is the network's output; its largest entry is the decision.
    """

    @property
    def equations(self) -> Equations:
        return Equations(state={"v": "0"}, parameters=(), charge="u=(v+drive)+bias")

    def step(
        self, state: MutableMapping[str, np.ndarray], drive: np.ndarray, p: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        state["u"] = state["v"] = (state["v"] + drive) + p["bias"]
        return np.zeros_like(drive)
