"""BurstLIF: integrate and fire, with or without leak, that says all it holds at once."""

import dataclasses
import math
from collections.abc import Mapping, MutableMapping
from typing import ClassVar

import numpy as np

from ..errors import InputError
from ..parameters import Numeric, number, option
from .base import STRENGTH_LIMIT, Equations, Neuron
from .firing import bounded, charge, to_whole
from .leak import check_leak, kept

__all__ = ["BurstLIF"]

RESETS = {"subtract": "v-=threshold*k", "zero": "v=v*indicator(k<1)"}


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class BurstLIF(Neuron):
    """Leaky integrate and fire with several spikes a step, none of them negative.

    U[t] = max((leak * V[t-1] + I[t]) + b, lower_bound);  k = min(K, floor(U / threshold)) if U > 0 else 0;
    "subtract": V = U - threshold * k;  "zero": V = U where k = 0, else 0.

    The bound lies at or below 0, so it makes no difference whether U is clipped before a spike or V after.
    Without leak, floor((initial + T z) / threshold) has been said after T steps of a constant drive z >= 0,
    where an IF neuron stops at one spike a step.

    Parameters
    ----------
    threshold : float or array
        What a strength of 1 stands for [1], > 0.
    leak : float or array, optional
        Factor a step that the membrane keeps, in [0, 1]; give either `leak` or `tau`.
    tau : float or array, optional
        Membrane time constant [s], > 0: leak = exp(-dt / tau).
    strength : float or array
        Largest strength of a step K, a whole number >= 1 or inf (inf is kept as 2^24).
    reset : "subtract" or "zero"
        What spikes do to the membrane.
    initial : float or array
        Membrane potential at the start of a window [1].
    lower_bound : float or array, optional
        U is clipped to it from below [1]; <= 0.

    References
    ----------
    The neuron of sinabs 3 (github.com/synsense/sinabs): `IAF` and `LIF` with `MultiSpike` or `MaxSpike`.
    """

    threshold: Numeric = number(1.0, low=0, above=True)
    leak: Numeric | None = number(None, low=0, high=1, optional=True)
    tau: Numeric | None = number(None, low=0, above=True, unit="s", optional=True)
    strength: Numeric = number(math.inf, low=1, infinite=True)
    reset: str = option("subtract", "zero")
    initial: Numeric = number(0.0)
    lower_bound: Numeric | None = number(None, high=0, optional=True)

    signed: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_leak(self, "leak", "tau")
        limits = np.asarray(self.strength)
        broken = limits[np.isfinite(limits) & (limits != np.floor(limits))]
        if broken.size:
            raise InputError(f"BurstLIF.strength is {broken[0]:g}: give whole numbers or inf")

    @property
    def equations(self) -> Equations:
        has_bound = self.lower_bound is not None
        return Equations(
            state={"v": "initial"},
            parameters=("threshold", "leak", "strength", "initial") + ("lower_bound",) * has_bound,
            charge=charge("(leak*v+drive)+bias", has_bound),
            strength="emitted=floor(between(u/threshold,0,strength))",
            reset=RESETS[self.reset],
        )

    @property
    def largest_strength(self) -> float:
        return float(min(np.max(self.strength), STRENGTH_LIMIT))

    def values(self, dt: float) -> dict[str, Numeric]:
        limited = np.minimum(self.strength, STRENGTH_LIMIT)
        return super().values(dt) | {"leak": kept(self.leak, self.tau, dt), "strength": limited}

    def margin(self, u: np.ndarray, p: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the distance of U to where the strength changes, 1 to K thresholds, in thresholds."""
        return to_whole(u / p["threshold"], least=1, most=p["strength"])

    def step(
        self, state: MutableMapping[str, np.ndarray], drive: np.ndarray, p: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        u = bounded((p["leak"] * state["v"] + drive) + p["bias"], p)
        k: np.ndarray = np.floor(np.clip(u / p["threshold"], 0, p["strength"])).astype(u.dtype)
        state["u"], state["v"] = u, u * (k < 1) if self.reset == "zero" else u - p["threshold"] * k
        return k
