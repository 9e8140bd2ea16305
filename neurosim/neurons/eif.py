"""EIF: the exponential integrate-and-fire neuron."""

import dataclasses
from collections.abc import Mapping, MutableMapping

import numpy as np

from ..errors import InputError
from ..parameters import Numeric, number
from .base import Equations, Neuron, aligned
from .exponential import BOUND, exponential, exponential_code
from .firing import fires
from .leak import kept

__all__ = ["EIF"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class EIF(Neuron):
    """Exponential integrate and fire: a membrane that runs away by itself once it is past its onset.

    tau dV/dt = -V + sharpness exp((V - onset) / sharpness) + R I;  a spike and V = after at V >= threshold

    by exponential Euler steps, exact for the leak and of first order in dt for the runaway:

    U[t] = ((leak V[t-1] + I[t]) + b) + (1 - leak) sharpness exp((V[t-1] - onset) / sharpness)
    k = 1 if U >= threshold else 0;  V[t] = after if k else U;  leak = exp(-dt / tau)

    As for `LIF`, what arrives in a step is (1 - leak) times the current R I that it stands for. Below the
    rheobase R I = onset - sharpness the membrane rests at the lower root of
    V = R I + sharpness exp((V - onset) / sharpness), whatever dt; above it, it fires every
    tau * integral of dV / (R I - V + sharpness exp((V - onset) / sharpness)) from `after` to `threshold`.
    The narrower the sharpness, the closer to `LIF` with threshold `onset` and the reset to zero.

    exp is computed by sums and products (`neurons.exponential`), its argument cut at 32 either way, so that
    every device has the same bits.

    Parameters
    ----------
    threshold : float or array
        Where a runaway counts as a spike [1], > 0; above onset, by no more than 32 sharpness.
    onset : float or array
        Where the runaway begins, V_T [1].
    sharpness : float or array
        How wide its beginning is, Delta_T [1], > 0.
    tau : float or array
        Membrane time constant [s], > 0.
    after : float or array
        Membrane potential after a spike [1], below the threshold.
    initial : float or array
        Membrane potential at the start of a window [1].

    References
    ----------
    Fourcaud-Trocmé, Hansel, van Vreeswijk, Brunel 2003, J. Neurosci. 23:11628.
    """

    threshold: Numeric = number(2.0, low=0, above=True)
    onset: Numeric = number(1.0)
    sharpness: Numeric = number(0.125, low=0, above=True)
    tau: Numeric = number(10e-3, low=0, above=True, unit="s")
    after: Numeric = number(0.0)
    initial: Numeric = number(0.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        cut, onset, sharpness, after = aligned("EIF", self.threshold, self.onset, self.sharpness, self.after)
        reach = onset + BOUND * sharpness
        beyond = (cut <= onset) | (cut > reach)
        if beyond.any():
            raise InputError(
                f"EIF.threshold is {cut[beyond][0]:g}: it must lie above onset, {onset[beyond][0]:g}, by no "
                f"more than {BOUND} sharpness, {reach[beyond][0]:g}"
            )
        if np.any(after >= cut):
            raise InputError(
                f"EIF.after is {after[after >= cut][0]:g}: it must lie below threshold, "
                f"{cut[after >= cut][0]:g}, or every step is a spike"
            )

    @property
    def equations(self) -> Equations:
        exponent = exponential_code("(v-onset)/sharpness", "runaway")
        return Equations(
            state={"v": "initial"},
            parameters=("threshold", "onset", "sharpness", "leak", "gain", "after", "initial"),
            charge=f"{exponent}\nu=((leak*v+drive)+bias)+(gain*sharpness)*runaway",
            strength="emitted=indicator(u>=threshold)",
            reset="v=after",
        )

    def values(self, dt: float) -> dict[str, Numeric]:
        """Return the numbers behind the equations; gain is 1 - leak, without the loss of the difference."""
        made: dict[str, Numeric] = {
            "leak": kept(None, self.tau, dt),
            "gain": -np.expm1(-dt / np.asarray(self.tau)),
        }
        names = self.equations.parameters
        return {name: made[name] if name in made else getattr(self, name) for name in names}

    def step(
        self, state: MutableMapping[str, np.ndarray], drive: np.ndarray, p: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        runaway = exponential((state["v"] - p["onset"]) / p["sharpness"])
        u = ((p["leak"] * state["v"] + drive) + p["bias"]) + (p["gain"] * p["sharpness"]) * runaway
        k = fires(u, p["threshold"], strict=False)
        state["u"], state["v"] = u, np.where(k != 0, p["after"], u)
        return k
