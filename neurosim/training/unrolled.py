"""A network of spiking neurons, run for its steps on one image."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import fx, nn
from torch.nn.utils import parametrize

from neurosim.errors import InputError
from neurosim.training.membranes import restart
from neurosim.training.stepper import Loss
from neurosim.training.still import StillImage

__all__ = ["LOSSES", "Unrolled", "cross_entropy_per_step"]

READOUTS = ("sum", "mean", "steps")


class Unrolled(nn.Module):
    """Show the same analogue image at each of T steps and accumulate what the last weights say.

    o = sum over t of out[t]: an output without leak, spike and reset. In the graph of gradients are all
    steps, that is backpropagation through time.

    Parameters
    ----------
    body
        One step: a module with neurons as `TrainableLIF`, which remember their membranes.
    steps
        T, at least 1.
    readout
        "sum": o, (N, classes); "mean": o / T; "steps": in training mode out[t] as (N, classes, T), for a
        loss of each step, else o.

    Raises
    ------
    InputError
        If a setting is out of its range.
    """

    def __init__(self, body: nn.Module, steps: int = 5, *, readout: str = "sum") -> None:
        super().__init__()
        if not isinstance(steps, int) or isinstance(steps, bool) or steps < 1:
            raise InputError(f"Unrolled.steps is {steps!r}: give a whole number of at least 1")
        if readout not in READOUTS:
            raise InputError(f"Unrolled.readout is {readout!r}: give one of {', '.join(READOUTS)}")
        self.body = body
        self.steps = steps
        self.readout = readout

    def each(self, x: torch.Tensor) -> Iterator[torch.Tensor]:
        """Yield out[t] for every step; membranes start and end at rest."""
        restart(self.body)
        step = StillImage(self.body).run if isinstance(self.body, fx.GraphModule) else self.body
        try:
            for _ in range(self.steps):
                yield step(x)
        finally:
            restart(self.body)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with parametrize.cached():  # weights are quantised once for all steps
            said = torch.stack(list(self.each(x)), dim=-1)
        if self.readout == "steps" and self.training:
            return said
        return said.mean(dim=-1) if self.readout == "mean" else said.sum(dim=-1)

    def extra_repr(self) -> str:
        """Say steps and readout, as torch prints a module."""
        return f"steps={self.steps}, readout={self.readout!r}"


def cross_entropy_per_step(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the cross-entropy of each step (N, classes, T), averaged over steps and images.

    Source: Deng et al. 2022, temporal efficient training (TET), ICLR, without its regulariser.
    """
    return F.cross_entropy(outputs, labels[:, None].expand(-1, outputs.shape[2]))


LOSSES: dict[str, Loss] = {"sum": F.cross_entropy, "mean": F.cross_entropy, "steps": cross_entropy_per_step}
"""The loss that belongs to each readout."""
