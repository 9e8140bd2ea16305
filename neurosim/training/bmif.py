"""Bilateral multi-strength integrate and fire with a trainable threshold."""

import math

import torch

from neurosim.errors import InputError
from neurosim.neurons import BMIF
from neurosim.training.membranes import Membrane
from neurosim.training.surrogates import staircase

__all__ = ["TrainableBMIF"]


class TrainableBMIF(Membrane):
    """Signed spikes of several strengths k, which carry threshold k; see `neurosim.BMIF` with theta_n = 0.

    U[t] = V[t-1] + I[t];  k = min(K, floor(U / threshold)) if U >= threshold,
    -min(K, ceil(-U / threshold), S[t-1]) if U < 0, else 0;  V = U - threshold k;  S[t] = S[t-1] + k.

    Gradients pass straight through the staircase from U to threshold k (`staircase`); the k of the reset
    counts as constant.

    Parameters
    ----------
    threshold
        Where it starts, > 0.
    strength
        Largest strength K, a whole number >= 1 or inf.
    initial
        Membrane at the start in units of the threshold: 1/2 after a conversion, 0 from scratch.
    learn_threshold
        Whether it is trained.

    Raises
    ------
    InputError
        If a parameter is out of its range.
    """

    def __init__(
        self,
        threshold: float = 1.0,
        strength: float = math.inf,
        *,
        initial: float = 0.5,
        learn_threshold: bool = True,
    ) -> None:
        super().__init__(threshold, learn_threshold)
        if not strength >= 1 or (math.isfinite(strength) and strength % 1):
            raise InputError(f"TrainableBMIF.strength is {strength:g}: give a whole number >= 1, or inf")
        if not 0 <= initial < 1:
            raise InputError(f"TrainableBMIF.initial is {initial:g}: give a share of the threshold in [0, 1)")
        self.strength = strength
        self.initial = initial
        self.restart()

    def restart(self) -> None:
        self._v: torch.Tensor | None = None
        self._sum: torch.Tensor | None = None

    def forward(self, current: torch.Tensor) -> torch.Tensor:
        start = self.initial * self.threshold
        u = (start if self._v is None else self._v) + current
        sent = torch.zeros_like(u) if self._sum is None else self._sum
        k = self._strengths(u.detach(), sent)
        self._v, self._sum = u - self.threshold * k, sent + k
        return staircase(u, self.threshold, k, self.strength)

    def _strengths(self, u: torch.Tensor, sent: torch.Tensor) -> torch.Tensor:
        quanta = u / self.threshold.detach()
        forward = torch.where(u >= self.threshold, quanta.floor().clamp(max=self.strength), 0.0)
        back = torch.where(u < 0, (-quanta).ceil().clamp(max=self.strength), 0.0)
        return forward - torch.minimum(back, sent)

    @property
    def neuron(self) -> BMIF:
        threshold = self.threshold.item()
        return BMIF(threshold, strength=self.strength, initial=self.initial * threshold)

    @property
    def carried(self) -> float:
        return self.threshold.item()
