"""LIF: the leaky integrate-and-fire neuron."""

import dataclasses
from collections.abc import Mapping, MutableMapping

import numpy as np

from ..parameters import Numeric, flag, number, option
from .base import Equations, Neuron
from .firing import bounded, charge, comparison, fires, to_whole
from .leak import check_leak, kept

__all__ = ["LIF"]

RESETS = {
    "subtract": "v-=threshold*k",
    "zero": "v=v*(1-k)",
    "delayed": "owed=k",
    "undelayed": "v-=threshold*k",
    "none": "kept=v",  # a reset that is none: Brian2 wants one
}


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class LIF(Neuron):
    """Leaky integrate and fire: binary spikes.

    U[t] = (leak * V[t-1] + I[t]) + b;  k = 1 if U >= threshold else 0;
    "subtract": V = U - threshold * k;  "zero": V = U * (1 - k);
    "delayed": V = U, and the next step's U is lowered by threshold * k;
    "undelayed": as "subtract", but where V[t-1] is still above the threshold, U must reach two of them;
    "none": V = U.

    A constant drive z charges V to z (1 - leak^t) / (1 - leak): the first spike of a neuron that starts
    at 0 falls on the first step t with z (1 - leak^t) / (1 - leak) >= threshold.

    Parameters
    ----------
    threshold : float or array
        Firing threshold [1], > 0.
    leak : float or array, optional
        Factor a step that the membrane keeps, in [0, 1]; give either `leak` or `tau`.
    tau : float or array, optional
        Membrane time constant [s], > 0: leak = exp(-dt / tau).
    reset : "subtract", "delayed", "zero", "undelayed" or "none"
        What a spike does to the membrane.
    initial : float or array
        Membrane potential at the start of a window [1].
    lower_bound : float or array, optional
        U is clipped to it from below, before the threshold [1]; <= 0.
    strict : bool
        Fire at U > threshold instead of U >= threshold.

    References
    ----------
    Trainable leak and threshold: Rathi & Roy 2021, DIET-SNN, IEEE TNNLS. Delayed reset: Rathi et al.
    2020, hybrid conversion, ICLR. "delayed" is the default of `snntorch.Leaky`, with `strict`; "undelayed"
    what it does with `reset_delay=False`.
    """

    threshold: Numeric = number(1.0, low=0, above=True)
    leak: Numeric | None = number(None, low=0, high=1, optional=True)
    tau: Numeric | None = number(None, low=0, above=True, unit="s", optional=True)
    reset: str = option("subtract", "delayed", "zero", "undelayed", "none")
    initial: Numeric = number(0.0)
    lower_bound: Numeric | None = number(None, high=0, optional=True)
    strict: bool = flag(False)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_leak(self, "leak", "tau")

    @property
    def equations(self) -> Equations:
        has_bound, delayed = self.lower_bound is not None, self.reset == "delayed"
        inputs = "((leak*v+drive)+bias)-threshold*owed" if delayed else "(leak*v+drive)+bias"
        charged = "u-threshold*over" if self._over else "u"
        return Equations(
            state={"v": "initial"} | ({"owed": "0"} if delayed else {}),
            parameters=("threshold", "leak", "initial") + ("lower_bound",) * has_bound,
            charge=self._over + charge(inputs, has_bound) + "\nowed=0" * delayed,
            strength=f"emitted=indicator({charged}{comparison(self.strict)}threshold)",
            reset=RESETS[self.reset],
        )

    @property
    def _over(self) -> str:
        """Code that sets `over` to whether V is above the threshold before a step."""
        above = f"over=indicator(v{comparison(self.strict)}threshold)\n"
        return above if self.reset == "undelayed" else ""

    def values(self, dt: float) -> dict[str, Numeric]:
        return super().values(dt) | {"leak": kept(self.leak, self.tau, dt)}

    def step(
        self, state: MutableMapping[str, np.ndarray], drive: np.ndarray, p: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        u = (p["leak"] * state["v"] + drive) + p["bias"]
        if self.reset == "delayed":
            u = u - p["threshold"] * state["owed"]
        u = bounded(u, p)
        state["u"] = u
        charged = u
        if self.reset == "undelayed":
            charged = u - p["threshold"] * fires(state["v"], p["threshold"], self.strict)
        k = fires(charged, p["threshold"], self.strict)
        if self.reset == "delayed":
            state["owed"] = k
        if self.reset in ("subtract", "undelayed"):
            state["v"] = u - p["threshold"] * k
        else:
            state["v"] = u * (1 - k) if self.reset == "zero" else u
        return k

    def margin(self, u: np.ndarray, p: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return |U - threshold| / threshold; "undelayed": the distance to the nearer of one and two."""
        return to_whole(u / p["threshold"], 1, 2) if self.reset == "undelayed" else super().margin(u, p)
