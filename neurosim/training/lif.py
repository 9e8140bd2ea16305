"""Leaky integrate and fire with trainable leak and threshold."""

from collections.abc import Callable

import torch
from torch import nn

from neurosim.errors import InputError
from neurosim.neurons import LIF
from neurosim.training.membranes import Membrane
from neurosim.training.surrogates import Surrogate, Triangle, fire, fire_and_subtract

__all__ = ["TrainableLIF"]

TRIANGLE = Triangle()

Reset = Callable[
    [torch.Tensor, torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor | None]
]  # of U, threshold, s: V, and the spikes whose reset is still owed

RESETS: dict[str, Reset] = {
    "subtract": lambda u, threshold, s: (u - threshold * s, None),
    "zero": lambda u, threshold, s: (u * (1 - s), None),
    "delayed": lambda u, threshold, s: (u, s),
}


class TrainableLIF(Membrane):
    """Leaky integrate and fire with trainable leak and threshold; spikes carry 1.

    U[t] = leak V[t-1] + I[t];  s = 1 if U > threshold else 0;
    "subtract": V = U - threshold s;  "zero": V = U (1 - s);
    "delayed": V = U, and the next step's U is lowered by threshold s.

    The reset is part of the graph of gradients, so that the threshold gets one of -s from it; the s in it
    counts as constant. The leak is held in [0, 1] by `constrain`; with a leak of 1 that is not learned it
    is integrate and fire.

    Source: Rathi & Roy 2021, DIET-SNN, IEEE TNNLS; the delayed reset: Rathi et al. 2020, ICLR.

    Parameters
    ----------
    threshold
        Where the threshold starts, > 0.
    leak
        Where the leak starts, in [0, 1].
    reset
        "subtract", "delayed" or "zero".
    surrogate
        ds/dz at z = U / threshold - 1.
    learn_threshold, learn_leak
        Whether they are trained.

    Raises
    ------
    InputError
        If a parameter is out of its range.
    """

    def __init__(
        self,
        threshold: float = 1.0,
        leak: float = 1.0,
        *,
        reset: str = "subtract",
        surrogate: Surrogate = TRIANGLE,
        learn_threshold: bool = True,
        learn_leak: bool = True,
    ) -> None:
        super().__init__(threshold, learn_threshold)
        if not 0 <= leak <= 1:
            raise InputError(f"TrainableLIF.leak is {leak:g}: give a number in [0, 1]")
        if reset not in RESETS:
            raise InputError(f"TrainableLIF.reset is {reset!r}: give one of {', '.join(RESETS)}")
        self.leak = nn.Parameter(torch.tensor(float(leak)), requires_grad=learn_leak)
        self.reset = reset
        self.surrogate = surrogate
        self.restart()

    def restart(self) -> None:
        self._v: torch.Tensor | None = None
        self._owed: torch.Tensor | None = None

    def forward(self, current: torch.Tensor) -> torch.Tensor:
        if self.reset == "subtract" and self._v is not None:
            spikes, self._v = fire_and_subtract(current, self._v, self.leak, self.threshold, self.surrogate)
            return spikes
        u = current if self._v is None else self.leak * self._v + current
        if self._owed is not None:
            u = u - self.threshold * self._owed
        spikes = fire(u, self.threshold, self.surrogate)
        self._v, self._owed = RESETS[self.reset](u, self.threshold, spikes.detach())
        return spikes

    def constrain(self) -> None:
        super().constrain()
        with torch.no_grad():
            self.leak.clamp_(0, 1)

    @property
    def neuron(self) -> LIF:
        return LIF(self.threshold.item(), leak=self.leak.item(), reset=self.reset, strict=True)

    @property
    def carried(self) -> float:
        return 1.0
