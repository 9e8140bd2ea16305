"""IF: the integrate-and-fire neuron without leak."""

import dataclasses
from collections.abc import Mapping, MutableMapping

import numpy as np

from ..parameters import Numeric, flag, number, option
from .base import Equations, Neuron
from .firing import bounded, charge, comparison, fires

__all__ = ["IF"]

RESETS = {"subtract": "v-=threshold*k", "zero": "v=v*(1-k)"}


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class IF(Neuron):
    """Integrate and fire: no leak, binary spikes.

    U[t] = (V[t-1] + I[t]) + b;  k = 1 if U >= threshold else 0;  V[t] = U - threshold * k, or 0.

    With the reset by subtraction the spike count over T steps of a constant drive z in [0, threshold]
    is floor((initial + T z) / threshold): the rate is z to within one spike.

    Parameters
    ----------
    threshold : float or array
        Firing threshold [1], > 0.
    reset : "subtract" or "zero"
        What a spike does to the membrane (soft or hard reset).
    initial : float or array
        Membrane potential at the start of a window [1].
    lower_bound : float or array, optional
        U is clipped to it from below, before the threshold [1]; <= 0.
    strict : bool
        Fire at U > threshold instead of U >= threshold.

    References
    ----------
    Soft reset: Rueckauer et al. 2017, Front. Neurosci. 11:682; Han et al. 2020, CVPR (RMP).
    """

    threshold: Numeric = number(1.0, low=0, above=True)
    reset: str = option("subtract", "zero")
    initial: Numeric = number(0.0)
    lower_bound: Numeric | None = number(None, high=0, optional=True)
    strict: bool = flag(False)

    @property
    def equations(self) -> Equations:
        has_bound = self.lower_bound is not None
        return Equations(
            state={"v": "initial"},
            parameters=("threshold", "initial") + ("lower_bound",) * has_bound,
            charge=charge("(v+drive)+bias", has_bound),
            strength=f"emitted=indicator(u{comparison(self.strict)}threshold)",
            reset=RESETS[self.reset],
        )

    def step(
        self, state: MutableMapping[str, np.ndarray], drive: np.ndarray, p: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        u = bounded((state["v"] + drive) + p["bias"], p)
        state["u"] = u
        k = fires(u, p["threshold"], self.strict)
        state["v"] = u * (1 - k) if self.reset == "zero" else u - p["threshold"] * k
        return k
