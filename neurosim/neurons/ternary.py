"""Ternary: the leaky neuron with spikes of both signs and a hard reset."""

import dataclasses
from collections.abc import Mapping, MutableMapping
from typing import ClassVar

import numpy as np

from ..parameters import Numeric, number
from .base import Equations, Neuron

__all__ = ["Ternary"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Ternary(Neuron):
    """Ternary spikes: k = 1 at U >= threshold, -1 at U <= -threshold, else 0; either resets V to 0.

    U[t] = (leak * V[t-1] + I[t]) + b;  V[t] = U (1 - |k|)

    There is no memory of what was sent: the neuron is odd, its answer to -I is the negative of that to I.
    From V = 0 a constant drive z gives a spike of its sign every n steps, n the least number with
    |z| (1 - leak^n) / (1 - leak) >= threshold, and none at |z| < threshold (1 - leak).

    Parameters
    ----------
    threshold : float or array
        Firing threshold of both signs [1], > 0.
    leak : float or array
        Factor a step that the membrane keeps, in [0, 1].
    initial : float or array
        Membrane potential at the start of a window [1].

    References
    ----------
    Guo et al. 2024, Ternary Spike, AAAI; the defaults are those of their code.
    """

    threshold: Numeric = number(0.5, low=0, above=True)
    leak: Numeric = number(0.25, low=0, high=1)
    initial: Numeric = number(0.0)

    signed: ClassVar[bool] = True

    @property
    def equations(self) -> Equations:
        return Equations(
            state={"v": "initial"},
            parameters=("threshold", "leak", "initial"),
            charge="u=(leak*v+drive)+bias",
            strength="emitted=indicator(u>=threshold)-indicator(u<=-threshold)",
            reset="v=v*(1-k*k)",
        )

    def margin(self, u: np.ndarray, p: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return ||U| - threshold| / threshold: how far U is from firing or not, of either sign."""
        return super().margin(np.abs(u), p)

    def step(
        self, state: MutableMapping[str, np.ndarray], drive: np.ndarray, p: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        u = (p["leak"] * state["v"] + drive) + p["bias"]
        k: np.ndarray = (u >= p["threshold"]).astype(u.dtype) - (u <= -p["threshold"]).astype(u.dtype)
        state["u"], state["v"] = u, u * (1 - k * k)
        return k
