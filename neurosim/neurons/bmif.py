"""BMIF: the bilateral multi-strength integrate-and-fire neuron."""

import dataclasses
import math
from collections.abc import Mapping, MutableMapping
from typing import ClassVar

import numpy as np

from ..errors import InputError
from ..parameters import Numeric, flag, number
from .base import STRENGTH_LIMIT, Equations, Neuron

__all__ = ["BMIF"]

FORWARD = "floor(between(u/threshold,0,strength))"
BACK = "indicator(u<=-negative_threshold)*(floor(between((-u-negative_threshold)/threshold,0,strength))+1)"
BACK_LIMIT = "ceil(between(-u/threshold,0,strength))"


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class BMIF(Neuron):
    """Bilateral multi-strength integrate and fire: signed integer strengths, no leak, soft reset.

    U[t] = (V[t-1] + I[t]) + b
    n+ = min(K, floor(U / theta), S_max - S[t-1])                   if U >= theta,     else 0
    n- = min(K, floor((-U - theta_n) / theta) + 1, S[t-1])          if U <= -theta_n,  else 0
    k[t] = n+ - n-;  V[t] = U - theta k;  S[t] = S[t-1] + k

    The last entry of n- is the gate, which makes the neuron a ReLU; without it the neuron is linear.
    theta_n = 0 means the limit 0+: n- = min(K, ceil(-U / theta), S[t-1]) if U < 0.

    With K infinite, theta_n = 0 and the gate, S[t] = max(0, floor(Q[t] / theta)) at every step and for
    any order of arrival, with Q[t] the charge received so far, `initial` included.

    Parameters
    ----------
    threshold : float or array
        Spike quantum and positive threshold theta [1], > 0.
    negative_threshold : float or array
        Magnitude theta_n at which the negative side fires [1], in [0, theta]; 0 is the limit 0+.
    strength : float or array
        Largest strength of a step K, a whole number >= 1 or inf (inf is kept as 2^24).
    gate : bool
        Negative spikes only take back what was sent (S >= 0).
    total : float or array
        Upper bound S_max of the running sum S, a whole number >= 1 or inf.
    initial : float or array, optional
        Membrane potential at the start of a window [1]; None: threshold / 2.

    References
    ----------
    Niu, Wei, Zhao, Hu 2025, Eng. Appl. Artif. Intell. 142:109873. The paper's text is not public: n+-,
    reset and read-out are reconstructed; theta_n, K and the gate are settings for that reason.
    """

    threshold: Numeric = number(1.0, low=0, above=True)
    negative_threshold: Numeric = number(0.0, low=0)
    strength: Numeric = number(math.inf, low=1, infinite=True)
    gate: bool = flag(True)
    total: Numeric = number(math.inf, low=1, infinite=True)
    initial: Numeric | None = number(None, optional=True)

    signed: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_whole("strength", self.strength)
        _check_whole("total", self.total)
        negative = np.asarray(self.negative_threshold)
        if not np.all(negative == 0) and not np.all(negative > 0):
            raise InputError(
                "BMIF.negative_threshold mixes 0, the limit 0+, with larger values: give one kind in a layer"
            )
        if np.max(negative) > np.min(self.threshold):
            raise InputError(
                f"BMIF.negative_threshold is {np.max(negative):g}: it must lie in [0, threshold], and the "
                f"smallest threshold is {np.min(self.threshold):g}"
            )

    @property
    def equations(self) -> Equations:
        bounded, limit = not np.all(np.isinf(self.total)), np.all(np.asarray(self.negative_threshold) == 0)
        remembers = self.gate or bounded
        forward = f"between({FORWARD},0,total-memory)" if bounded else FORWARD
        back = BACK_LIMIT if limit else f"between({BACK},0,strength)"
        gated = f"between({back},0,memory)" if self.gate else back
        return Equations(
            state={"v": "initial"} | ({"memory": "0"} if remembers else {}),
            parameters=("threshold", "initial", "strength")
            + ("negative_threshold",) * (not limit)
            + ("total",) * bounded,
            charge="u=(v+drive)+bias",
            strength=f"forward={forward}\nback={gated}\nemitted=forward-back",
            reset="v-=threshold*k" + "\nmemory+=k" * remembers,
        )

    def margin(self, u: np.ndarray, p: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the distance of U to where the strength changes, in units of theta.

        It changes at U = theta, 2 theta, ... and at U = -theta_n, -theta_n - theta, ...
        """
        ahead = u / p["threshold"]
        back = (-u - p.get("negative_threshold", 0.0)) / p["threshold"]
        distance: np.ndarray = np.minimum(_to_whole(ahead, least=1), _to_whole(back, least=0))
        return distance

    @property
    def largest_strength(self) -> float:
        return float(min(np.max(self.strength), STRENGTH_LIMIT))

    def values(self, dt: float) -> dict[str, Numeric]:
        initial = np.asarray(self.threshold) / 2 if self.initial is None else self.initial
        limited = {"strength": self.strength, "total": self.total}
        values = {name: np.minimum(value, STRENGTH_LIMIT) for name, value in limited.items()}
        every = {"threshold": self.threshold, "negative_threshold": self.negative_threshold}
        every |= {"initial": initial, **values}
        return {name: every[name] for name in self.equations.parameters}

    def step(
        self, state: MutableMapping[str, np.ndarray], drive: np.ndarray, p: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        u = (state["v"] + drive) + p["bias"]
        theta, largest = p["threshold"], p["strength"]
        forward = np.where(u >= theta, np.minimum(largest, np.floor(u / theta)), 0)
        if "negative_threshold" in p:
            below, quanta = (
                u <= -p["negative_threshold"],
                np.floor((-u - p["negative_threshold"]) / theta) + 1,
            )
        else:
            below, quanta = u < 0, np.ceil(-u / theta)
        backward = np.where(below, np.minimum(largest, quanta), 0)
        if "total" in p:
            forward = np.minimum(forward, p["total"] - state["memory"])
        if self.gate:
            backward = np.minimum(backward, state["memory"])
        k: np.ndarray = (forward - backward).astype(u.dtype)
        state["u"], state["v"] = u, u - theta * k
        if "memory" in state:
            state["memory"] = state["memory"] + k
        return k


def _check_whole(name: str, value: Numeric) -> None:
    array = np.asarray(value)
    broken = array[np.isfinite(array) & (array != np.floor(array))]
    if broken.size:
        raise InputError(f"BMIF.{name} is {broken[0]:g}: give whole numbers or inf")


def _to_whole(quanta: np.ndarray, least: int) -> np.ndarray:
    """Return the distance to the nearest whole number >= `least`."""
    distance: np.ndarray = np.abs(quanta - np.maximum(np.rint(quanta), least))
    return distance
