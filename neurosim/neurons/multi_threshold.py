"""MultiThreshold: integrate and fire with strengths that are powers of two."""

import dataclasses
from collections.abc import Mapping, MutableMapping
from typing import ClassVar

import numpy as np

from ..parameters import Numeric, number
from .base import Equations, Neuron
from .firing import to_whole

__all__ = ["MultiThreshold"]

PEELED = """
eight=indicator(u>=8*quantum)
below8=u-8*quantum*eight
four=indicator(below8>=4*quantum)
below4=below8-4*quantum*four
two=indicator(below4>=2*quantum)
below2=below4-2*quantum*two
emitted=8*eight+(4*four+(2*two+indicator(below2>=quantum)))
""".strip()


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class MultiThreshold(Neuron):
    """Integrate and fire with thresholds 2 theta, theta, theta / 2 and theta / 4; positive spikes only.

    U[t] = (V[t-1] + I[t]) + b, and with q = theta / 4 the thresholds are peeled off in turn:
    for s in 8, 4, 2, 1: if R >= s q, then s is said and R falls by s q, from R = U on.
    k[t] is the sum of what was said, so k = min(15, floor(U / q)) for U >= 0;  V[t] = U - q k.

    A strength of 1 stands for theta / 4. A constant drive z in [0, 15 q] is counted as
    floor((initial + T z) / q): four times as finely as by spikes of theta.

    Parameters
    ----------
    threshold : float or array
        Theta [1], > 0.
    initial : float or array
        Membrane potential at the start of a window [1].

    References
    ----------
    Spikes of several powers of two: Chen et al. 2018, multi-strength SNNs, IJCNN; the values 2, 1, 1/2 and
    1/4 and their order are those of public code.
    """

    threshold: Numeric = number(1.0, low=0, above=True)
    initial: Numeric = number(0.0)

    signed: ClassVar[bool] = True

    @property
    def equations(self) -> Equations:
        return Equations(
            state={"v": "initial"},
            parameters=("quantum", "initial"),
            charge="u=(v+drive)+bias",
            strength=PEELED,
            reset="v-=quantum*k",
        )

    @property
    def quantum(self) -> Numeric:
        """What a strength of 1 stands for: a quarter of the threshold, which is exact in binary."""
        return self.threshold / 4

    @property
    def largest_strength(self) -> float:
        return 15.0

    def margin(self, u: np.ndarray, p: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the distance of U to where the strength changes, 1 to 15 quanta, in quanta."""
        return to_whole(u / p["quantum"], least=1, most=15)

    def step(
        self, state: MutableMapping[str, np.ndarray], drive: np.ndarray, p: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        u = (state["v"] + drive) + p["bias"]
        k: np.ndarray = np.zeros_like(u)
        rest = u
        for strength in (8, 4, 2, 1):
            fired = (rest >= strength * p["quantum"]).astype(u.dtype)
            rest = rest - strength * p["quantum"] * fired
            k = k + strength * fired
        state["u"], state["v"] = u, u - p["quantum"] * k
        return k
