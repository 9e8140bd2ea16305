"""BMIF: the bilateral multi-strength integrate-and-fire neuron."""

import dataclasses
import math
from collections.abc import Mapping, MutableMapping
from typing import ClassVar

import numpy as np

from ..errors import InputError
from ..parameters import Numeric, flag, number
from .base import STRENGTH_LIMIT, Equations, Neuron, aligned
from .firing import to_whole

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
    theta_n = 0 means the limit 0+: n- = min(K, ceil(-U / theta), S[t-1]) if U < 0. theta_n = inf means no
    negative side: n- = 0.

    With K infinite, theta_n = 0 and the gate, S[t] = max(0, floor(Q[t] / theta)) at every step and for
    any order of arrival, with Q[t] the charge received so far, `initial` included.

    Parameters
    ----------
    threshold : float or array
        Spike quantum and positive threshold theta [1], > 0.
    negative_threshold : float or array
        Magnitude theta_n at which the negative side fires [1], in [0, theta]; 0 is the limit 0+, inf switches
        the negative side off.
    strength : float or array
        Largest strength of a step K, a whole number >= 1 or inf (inf is kept as 2^24).
    gate : bool
        Negative spikes only take back what was sent (S >= 0).
    total : float or array
        Upper bound S_max of the running sum S, a whole number >= 1 or inf.
    initial : float or array, optional
        Membrane potential at the start of a window [1]; None: threshold / 2.
    negative_total : float or array
        Without the gate, how far S may fall below 0: a whole number >= 1 or inf; the last entry of n- is
        then S[t-1] + negative_total.

    References
    ----------
    Niu, Wei, Zhao, Hu 2025, Eng. Appl. Artif. Intell. 142:109873. The paper's text is not public: n+-,
    reset and read-out are reconstructed; theta_n, K and the gate are settings for that reason.
    """

    threshold: Numeric = number(1.0, low=0, above=True)
    negative_threshold: Numeric = number(0.0, low=0, infinite=True)
    strength: Numeric = number(math.inf, low=1, infinite=True)
    gate: bool = flag(True)
    total: Numeric = number(math.inf, low=1, infinite=True)
    initial: Numeric | None = number(None, optional=True)
    negative_total: Numeric = number(math.inf, later=True, low=1, infinite=True)

    signed: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("strength", "total", "negative_total"):
            _check_whole(name, getattr(self, name))
        self._check_negative_threshold()
        if self.gate and np.any(np.isfinite(self.negative_total)):
            raise InputError(
                f"BMIF.negative_total is {np.min(self.negative_total):g} beside gate=True, which keeps the "
                "sum >= 0: give gate=False"
            )

    def _check_negative_threshold(self) -> None:
        negative = np.asarray(self.negative_threshold)
        if not any(map(np.all, (negative == 0, np.isinf(negative), (negative > 0) & np.isfinite(negative)))):
            raise InputError(
                "BMIF.negative_threshold mixes 0 (the limit 0+), inf (no negative side) or values between: "
                "give one kind in a layer"
            )
        below, theta = aligned("BMIF", negative, self.threshold)
        beyond = below > theta
        if self._bilateral and beyond.any():
            raise InputError(
                f"BMIF.negative_threshold is {np.max(below[beyond]):g}: it must lie in [0, threshold], and "
                f"the smallest threshold is {np.min(theta[beyond]):g}"
            )

    @property
    def _bilateral(self) -> bool:
        return not np.any(np.isinf(self.negative_threshold))

    @property
    def equations(self) -> Equations:
        bounded, limit = not np.all(np.isinf(self.total)), np.all(np.asarray(self.negative_threshold) == 0)
        indebted = self._bilateral and not np.all(np.isinf(self.negative_total))
        remembers = (self.gate and self._bilateral) or bounded or indebted
        forward = f"between({FORWARD},0,total-memory)" if bounded else FORWARD
        back = BACK_LIMIT if limit else f"between({BACK},0,strength)"
        back = f"between({back},0,memory)" if self.gate else back
        back = f"between({back},0,memory+negative_total)" if indebted else back
        bilateral = f"forward={forward}\nback={back}\nemitted=forward-back"
        return Equations(
            state={"v": "initial"} | ({"memory": "0"} if remembers else {}),
            parameters=("threshold", "initial", "strength")
            + ("negative_threshold",) * (self._bilateral and not limit)
            + ("total",) * bounded
            + ("negative_total",) * indebted,
            charge="u=(v+drive)+bias",
            strength=bilateral if self._bilateral else f"emitted={forward}",
            reset="v-=threshold*k" + "\nmemory+=k" * remembers,
        )

    def margin(self, u: np.ndarray, p: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the distance of U to where the strength changes, in units of theta.

        It changes at U = theta, 2 theta, ... and at U = -theta_n, -theta_n - theta, ...
        """
        ahead = to_whole(u / p["threshold"], least=1)
        if not self._bilateral:
            return ahead
        back = (-u - p.get("negative_threshold", 0.0)) / p["threshold"]
        distance: np.ndarray = np.minimum(ahead, to_whole(back, least=0))
        return distance

    @property
    def largest_strength(self) -> float:
        return float(min(np.max(self.strength), STRENGTH_LIMIT))

    def values(self, dt: float) -> dict[str, Numeric]:
        initial = np.asarray(self.threshold) / 2 if self.initial is None else self.initial
        limited = ("strength", "total", "negative_total")
        every = {name: np.minimum(getattr(self, name), STRENGTH_LIMIT) for name in limited}
        every |= {"threshold": self.threshold, "negative_threshold": self.negative_threshold}
        every |= {"initial": initial}
        return {name: every[name] for name in self.equations.parameters}

    def step(
        self, state: MutableMapping[str, np.ndarray], drive: np.ndarray, p: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        u = (state["v"] + drive) + p["bias"]
        theta = p["threshold"]
        k: np.ndarray = (self._forward(u, state, p) - self._backward(u, state, p)).astype(u.dtype)
        state["u"], state["v"] = u, u - theta * k
        if "memory" in state:
            state["memory"] = state["memory"] + k
        return k

    def _forward(
        self, u: np.ndarray, state: Mapping[str, np.ndarray], p: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        quanta = np.minimum(p["strength"], np.floor(u / p["threshold"]))
        forward = np.where(u >= p["threshold"], quanta, 0)
        return np.minimum(forward, p["total"] - state["memory"]) if "total" in p else forward

    def _backward(
        self, u: np.ndarray, state: Mapping[str, np.ndarray], p: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        if not self._bilateral:
            return np.zeros_like(u)
        if "negative_threshold" in p:
            below = u <= -p["negative_threshold"]
            quanta = np.floor((-u - p["negative_threshold"]) / p["threshold"]) + 1
        else:
            below, quanta = u < 0, np.ceil(-u / p["threshold"])
        backward = np.where(below, np.minimum(p["strength"], quanta), 0)
        if self.gate:
            backward = np.minimum(backward, state["memory"])
        if "negative_total" in p:
            backward = np.minimum(backward, state["memory"] + p["negative_total"])
        return backward


def _check_whole(name: str, value: Numeric) -> None:
    array = np.asarray(value)
    broken = array[np.isfinite(array) & (array != np.floor(array))]
    if broken.size:
        raise InputError(f"BMIF.{name} is {broken[0]:g}: give whole numbers or inf")
