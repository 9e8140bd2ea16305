"""Gate: two trains of spikes, combined step by step."""

import dataclasses
from collections.abc import Mapping, MutableMapping
from typing import ClassVar

import numpy as np

from ..parameters import Numeric, option
from .base import STRENGTH_LIMIT, Equations, Neuron
from .firing import fires

__all__ = ["Gate"]

MOST_SILENT = {"or": 0.0, "and": 1.0, "iand": 0.0}
"""The largest sum of two inputs at which a gate keeps silent."""


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Gate(Neuron):
    """Combine the spikes of two projections, without memory: the residual gates of spiking networks.

    What arrives is one sum, U[t] = I[t], and it tells each rule all it has to know:

    "or"    U = a + b,  k = 1 if U > 0 else 0    a OR b
    "and"   U = a + b,  k = 1 if U > 1 else 0    a AND b
    "iand"  U = a - b,  k = 1 if U > 0 else 0    a AND NOT b: `Scale(-1)` tells b from a
    "add"   U = a + b,  k = U                    0 to 2; of graded spikes, any whole number

    It ends exactly two projections, which pass spikes on as they are (`Identity`, `Reshape`), without bias,
    from neurons that say 0 or 1 ("add": any whole number); `Network` refuses anything else. Nothing is kept
    from step to step: V = U - k is what arrived and was not passed on, and is never read.

    Parameters
    ----------
    rule : "or", "and", "iand" or "add"

    References
    ----------
    ADD, AND, IAND: Fang et al. 2021, spike-element-wise ResNet, NeurIPS. OR and AND as y = g a + (1 - g) b
    with g = 1 - b or g = b: Zhang et al. 2023, SG ResNet, Front. Neurosci. 17:1229951, whose text leaves
    the gates open; these two are a reconstruction.
    """

    rule: str = option("or", "and", "iand", "add")

    signed: ClassVar[bool] = True

    @property
    def equations(self) -> Equations:
        strength = "emitted=indicator(u>most_silent)" if self.binary else "emitted=u"
        parameters = ("most_silent",) if self.binary else ()
        return Equations({"v": "0"}, parameters, charge="u=drive", strength=strength, reset="v-=k")

    def margin(self, u: np.ndarray, p: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return infinity: whole numbers arrive, and no order of sums changes them."""
        return np.full(u.shape, np.inf)

    @property
    def binary(self) -> bool:
        return self.rule != "add"

    def values(self, dt: float) -> dict[str, Numeric]:
        return {"most_silent": MOST_SILENT[self.rule]} if self.binary else {}

    @property
    def largest_strength(self) -> float:
        return 1.0 if self.binary else STRENGTH_LIMIT

    def step(
        self, state: MutableMapping[str, np.ndarray], drive: np.ndarray, p: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        k = fires(drive, p["most_silent"], strict=True) if self.binary else drive.copy()
        state["u"], state["v"] = drive, drive - k
        return k
