"""QCFS: the activation that says in one step what integrate-and-fire neurons say in many."""

import math
from typing import Any

import torch
from torch import nn

from neurosim.errors import InputError

__all__ = ["QCFS"]


class QCFS(nn.Module):
    """Quantisation, clip, floor and shift: a = theta clip(floor(L z / theta + 1/2) / L, 0, 1).

    The gradient passes straight through the floor: da/dz = 1 for z in (0, theta) and 0 elsewhere,
    da/dtheta = 1 above theta and (a - z) / theta below. Theta is a parameter, L a buffer, so that both are
    in a state dict.

    Source: Bu, Fang, Ding, Dai, Yu, Huang 2022, Optimal ANN-SNN conversion, ICLR, with the order of
    operations of the authors' code (github.com/putshua/ANN_SNN_QCFS), whose theta starts at 8.

    Parameters
    ----------
    levels
        L, at least 1.
    threshold
        Where theta starts, > 0.

    Raises
    ------
    InputError
        If a parameter is out of its range.
    """

    levels: torch.Tensor

    def __init__(self, levels: int = 8, threshold: float = 8.0) -> None:
        super().__init__()
        if not isinstance(levels, int) or isinstance(levels, bool):
            raise InputError(f"QCFS.levels is {levels!r}: give a whole number of at least 1")
        _check(levels, threshold)
        self.register_buffer("levels", torch.tensor(levels))
        self.threshold = nn.Parameter(torch.tensor(float(threshold)))

    @property
    def ceiling(self) -> float:
        """Theta, where the activation stops rising."""
        return float(self.threshold.detach())

    def check(self) -> None:
        """Raise InputError if training, or a file, made theta <= 0 or NaN, or L < 1."""
        _check(int(self.levels), self.ceiling)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        share = torch.clamp(z / self.threshold, 0, 1)
        floored: torch.Tensor = _Floor.apply(share * self.levels + 0.5)  # type: ignore[no-untyped-call]
        return floored / self.levels * self.threshold

    def extra_repr(self) -> str:
        """Say levels and threshold, as torch prints a module."""
        return f"levels={int(self.levels)}, threshold={self.ceiling:g}"


def _check(levels: int, threshold: float) -> None:
    if not levels >= 1:
        raise InputError(f"QCFS.levels is {levels}: give a whole number of at least 1")
    if not 0 < threshold < math.inf:
        raise InputError(f"QCFS.threshold is {threshold:g}: it must be positive")


class _Floor(torch.autograd.Function):
    """The floor, whose gradient is taken to be 1."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return torch.floor(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return gradients[0]
