"""Dropout for networks that run over several steps."""

import torch
import torch.nn.functional as F

from neurosim.errors import InputError
from neurosim.training.membranes import Stateful

__all__ = ["HeldDropout"]


class HeldDropout(Stateful):
    """Dropout whose mask is drawn at the first step of an image and held for all others.

    Source: Rathi & Roy 2021, DIET-SNN, IEEE TNNLS.

    Parameters
    ----------
    p
        Share of the inputs that are dropped, in [0, 1); those kept are divided by 1 - p.
    channels
        Drop whole channels, as torch's Dropout2d.

    Raises
    ------
    InputError
        If p is out of its range.
    """

    def __init__(self, p: float = 0.5, *, channels: bool = False) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise InputError(f"HeldDropout.p is {p:g}: give a number in [0, 1)")
        self.p = p
        self.channels = channels
        self.restart()

    def restart(self) -> None:
        self._mask: torch.Tensor | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        if self._mask is None:
            shape = (*x.shape[:2], *[1] * (x.ndim - 2)) if self.channels else x.shape
            self._mask = F.dropout(x.new_ones(shape), self.p)
        return x * self._mask

    def extra_repr(self) -> str:
        """Say p, as torch prints a module."""
        return f"p={self.p:g}, channels={self.channels}"
