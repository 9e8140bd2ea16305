"""ALIF: leaky integrate and fire with a threshold that every spike raises."""

import dataclasses
from collections.abc import Mapping, MutableMapping

import numpy as np

from ..parameters import Numeric, number, option
from .base import Equations, Neuron
from .leak import check_leak, kept

__all__ = ["ALIF", "AdaptiveIF"]

RESETS = {"subtract": "v-=(threshold+raised)*k", "zero": "v=v*(1-k)"}


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ALIF(Neuron):
    """Adaptive leaky integrate and fire: a spike raises the threshold, which falls back exponentially.

    U[t] = (leak * V[t-1] + I[t]) + b;  A = decay * A[t-1];
    k = 1 if U >= threshold + A else 0;  V = U - (threshold + A) k, or U (1 - k);  A[t] = A + increment * k

    A starts at 0. With increment = 0 it is `LIF`. Without leak and decay (leak = decay = 1) the count S of
    a constant drive z in [0, threshold] is the largest with
    threshold S + increment S (S - 1) / 2 <= initial + T z. Without leak, reset by subtraction, the rate r
    (spikes a step) settles where z = r (threshold + increment / (decay^(-1/r) - 1)).

    Ties, as `verify` counts them, are told from the threshold at rest, so only those before a first spike.

    Parameters
    ----------
    threshold : float or array
        Firing threshold at rest [1], > 0.
    leak : float or array, optional
        Factor a step that the membrane keeps, in [0, 1]; give either `leak` or `tau`.
    tau : float or array, optional
        Membrane time constant [s], > 0: leak = exp(-dt / tau).
    increment : float or array
        What a spike adds to the threshold [1], >= 0.
    decay : float or array, optional
        Factor a step that the raise keeps, in [0, 1]; give either `decay` or `tau_decay`.
    tau_decay : float or array, optional
        Time constant of the raise [s], > 0: decay = exp(-dt / tau_decay).
    reset : "subtract" or "zero"
        Whether a spike takes off the threshold that was crossed, or all.
    initial : float or array
        Membrane potential at the start of a window [1].

    References
    ----------
    Bellec et al. 2018, LSNN, NeurIPS: theirs raises the threshold by beta (1 - rho) at the step after a
    spike and keeps the share rho from then on; that is decay = rho, increment = beta (1 - rho) / rho.
    """

    threshold: Numeric = number(1.0, low=0, above=True)
    leak: Numeric | None = number(None, low=0, high=1, optional=True)
    tau: Numeric | None = number(None, low=0, above=True, unit="s", optional=True)
    increment: Numeric = number(0.1, low=0)
    decay: Numeric | None = number(None, low=0, high=1, optional=True)
    tau_decay: Numeric | None = number(None, low=0, above=True, unit="s", optional=True)
    reset: str = option("subtract", "zero")
    initial: Numeric = number(0.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_leak(self, "leak", "tau")
        check_leak(self, "decay", "tau_decay")

    @property
    def equations(self) -> Equations:
        return Equations(
            state={"v": "initial", "raised": "0"},
            parameters=("threshold", "leak", "increment", "decay", "initial"),
            charge="u=(leak*v+drive)+bias\nraised=decay*raised",
            strength="emitted=indicator(u>=threshold+raised)",
            reset=f"{RESETS[self.reset]}\nraised+=increment*k",
        )

    def values(self, dt: float) -> dict[str, Numeric]:
        shares = {"leak": kept(self.leak, self.tau, dt), "decay": kept(self.decay, self.tau_decay, dt)}
        return super().values(dt) | shares

    def step(
        self, state: MutableMapping[str, np.ndarray], drive: np.ndarray, p: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        u = (p["leak"] * state["v"] + drive) + p["bias"]
        raised = p["decay"] * state["raised"]
        crossed = p["threshold"] + raised
        k: np.ndarray = (u >= crossed).astype(u.dtype)
        state["u"] = u
        state["v"] = u * (1 - k) if self.reset == "zero" else u - crossed * k
        state["raised"] = raised + p["increment"] * k
        return k


def AdaptiveIF(
    threshold: Numeric = 1.0,
    increment: Numeric = 0.1,
    decay: Numeric | None = None,
    tau_decay: Numeric | None = None,
    reset: str = "subtract",
    initial: Numeric = 0.0,
) -> ALIF:
    """Return integrate and fire with an adaptive threshold: `ALIF` without a leak of the membrane.

    Parameters and errors are those of `ALIF`.
    """
    return ALIF(threshold, 1.0, None, increment, decay, tau_decay, reset, initial)
