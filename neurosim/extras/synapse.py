"""Synapse: the current of a spike takes its time."""

import dataclasses
from typing import ClassVar

import numpy as np

from ..layers import Layer
from ..neurons import Equations
from ..parameters import Numeric, number, option
from .extension import Extension

__all__ = ["Synapse"]

EXPONENTIAL = """filtered=synapse_decay*synapse+synapse_gain*drive
synapse=filtered
drive=filtered
"""
ALPHA = """filtered=(synapse_decay*synapse+synapse_rise*(synapse_source-drive))+synapse_gain*drive
source=synapse_decay*synapse_source+synapse_gain*drive
synapse=filtered
synapse_source=source
drive=filtered
"""


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Synapse(Extension):
    """The current into each neuron is smoothed, and its charge kept: g takes the place of I.

    "exponential": tau dg/dt = I - g;  "alpha": tau dh/dt = I - h and tau dg/dt = h - g. Both are solved
    exactly for an I that is constant within a step; with a = exp(-dt / tau):
    exponential  g[t] = a g[t-1] + (1 - a) I[t]
    alpha        g[t] = (a g[t-1] + (dt / tau) a (h[t-1] - I[t])) + (1 - a) I[t],
                 h[t] = a h[t-1] + (1 - a) I[t]
    So an input of charge q brings q in all, exponentially with a mean delay of a / (1 - a) steps, and a
    constant I ends as g = I. It is the current of all synapses together, pixels included; the bias is none.

    Parameters
    ----------
    tau : float
        Time constant [s], > 0.
    kind : "exponential" or "alpha"
    """

    rank: ClassVar[int] = 30

    tau: Numeric = number(low=0, above=True, unit="s")
    kind: str = option("exponential", "alpha")

    def extends(self, layer: Layer) -> bool:
        return True

    def compose(self, own: Equations) -> Equations:
        alpha = self.kind == "alpha"
        return dataclasses.replace(
            own,
            state={**own.state, "synapse": "0"} | ({"synapse_source": "0"} if alpha else {}),
            parameters=(*own.parameters, *self.values(1.0)),
            charge=(ALPHA if alpha else EXPONENTIAL) + own.charge,
        )

    def values(self, dt: float) -> dict[str, Numeric]:
        decay = np.exp(-dt / np.asarray(self.tau))
        values: dict[str, Numeric] = {"synapse_decay": decay, "synapse_gain": 1 - decay}
        rise = {"synapse_rise": dt / self.tau * decay}
        return values | rise if self.kind == "alpha" else values
