"""Surrogate gradients: what stands for the derivative of a spike by the membrane that caused it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from neurosim.errors import InputError

__all__ = ["SURROGATES", "ATan", "Rectangle", "Surrogate", "Triangle", "fire", "staircase"]

Surrogate = Callable[[torch.Tensor], torch.Tensor]
"""The derivative ds/dz of a spike s by z = U / threshold - 1."""


@dataclass(frozen=True)
class Triangle:
    """ds/dz = gamma max(0, 1 - |z|).

    Source: Bellec et al. 2018, NeurIPS; gamma = 0.3 as in Rathi & Roy 2021, DIET-SNN, IEEE TNNLS.
    """

    gamma: float = 0.3

    def __post_init__(self) -> None:
        _check_positive("Triangle", "gamma", self.gamma)

    def __call__(self, z: torch.Tensor) -> torch.Tensor:
        return z.abs().neg_().add_(1).clamp_(min=0).mul_(self.gamma)  # in place: it is called most of all


@dataclass(frozen=True)
class Rectangle:
    """ds/dz = 1 / width for |z| < width / 2, else 0.

    Source: Wu et al. 2018, spatio-temporal backpropagation, Front. Neurosci. 12:331, with width = 1.
    """

    width: float = 1.0

    def __post_init__(self) -> None:
        _check_positive("Rectangle", "width", self.width)

    def __call__(self, z: torch.Tensor) -> torch.Tensor:
        return (z.abs() < self.width / 2).to(z.dtype) / self.width


@dataclass(frozen=True)
class ATan:
    """ds/dz = (alpha / 2) / (1 + (pi alpha z / 2)^2), the derivative of atan(pi alpha z / 2) / pi + 1/2.

    Source: Fang et al. 2021, learnable membrane time constants, ICCV, with alpha = 2.
    """

    alpha: float = 2.0

    def __post_init__(self) -> None:
        _check_positive("ATan", "alpha", self.alpha)

    def __call__(self, z: torch.Tensor) -> torch.Tensor:
        return self.alpha / 2 / (1 + (math.pi / 2 * self.alpha * z) ** 2)


SURROGATES: dict[str, Callable[[], Surrogate]] = {"atan": ATan, "rectangle": Rectangle, "triangle": Triangle}


def fire(u: torch.Tensor, threshold: torch.Tensor, surrogate: Surrogate) -> torch.Tensor:
    """Return spikes s = 1 where U > threshold, else 0.

    With h = ds/dz at z = U / threshold - 1: ds/dU = h / threshold, ds/dthreshold = -h U / threshold^2.

    Parameters
    ----------
    u : (N, *shape)
        Membrane potentials.
    threshold : ()
        One for all, > 0.
    surrogate
        h as a function of z.
    """
    spikes: torch.Tensor = _Fire.apply(u, threshold, surrogate)  # type: ignore[no-untyped-call]
    return spikes


def fire_and_subtract(
    current: torch.Tensor,
    v: torch.Tensor,
    leak: torch.Tensor,
    threshold: torch.Tensor,
    surrogate: Surrogate,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return spikes s of U = leak V + I, as `fire` does, and V = U - threshold s, whose s counts as constant.

    It is what a training spends most of its time with: written out, it takes half of what torch's own
    derivation of the same gradients takes.

    Parameters
    ----------
    current, v : (N, *shape)
        I, and V of the step before.
    leak, threshold : ()
        One for all.
    surrogate
        ds/dz as a function of z.
    """
    spikes, rest = _FireAndSubtract.apply(  # type: ignore[no-untyped-call]
        current, v, leak, threshold, surrogate
    )
    return spikes, rest


def staircase(
    u: torch.Tensor, threshold: torch.Tensor, strength: torch.Tensor, largest: float
) -> torch.Tensor:
    """Return what spikes of whole strengths k carry, threshold k, as a function of the U that made them.

    The gradient passes straight through the stairs: where |U| <= (largest + 1/2) threshold,
    d(threshold k)/dU = 1 and d(threshold k)/dthreshold = k - U / threshold; beyond, 0 and k. The rule that
    chose k, with its gate, counts as constant.

    Source: Esser et al. 2020, learned step size quantisation, ICLR, for the gradient of the threshold.

    Parameters
    ----------
    u : (N, *shape)
        Membrane potentials.
    threshold : ()
        One for all, > 0.
    strength : (N, *shape)
        k.
    largest
        The largest k there is; may be infinite.
    """
    carried: torch.Tensor = _Staircase.apply(u, threshold, strength, largest)  # type: ignore[no-untyped-call]
    return carried


class _Fire(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, u: torch.Tensor, threshold: torch.Tensor, surrogate: Surrogate) -> torch.Tensor:
        ctx.save_for_backward(u, threshold)
        ctx.surrogate = surrogate
        return (u > threshold).to(u.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        u, threshold = ctx.saved_tensors
        by_u = gradients[0] * ctx.surrogate(u / threshold - 1) / threshold
        return by_u, -(by_u * u).sum() / threshold, None


class _FireAndSubtract(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        current: torch.Tensor,
        v: torch.Tensor,
        leak: torch.Tensor,
        threshold: torch.Tensor,
        surrogate: Surrogate,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        u = (v * leak).add_(current)  # two roundings, as everywhere
        spikes = (u > threshold).to(u.dtype)
        ctx.save_for_backward(u, v, spikes, leak, threshold)
        ctx.surrogate = surrogate
        return spikes, torch.addcmul(u, spikes, threshold, value=-1)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        u, v, spikes, leak, threshold = ctx.saved_tensors
        by_spikes, by_rest = gradients
        by_u = ctx.surrogate((u / threshold).sub_(1)).mul_(by_spikes).div_(threshold)
        by_threshold = -(by_u * u).sum() / threshold - (by_rest * spikes).sum()
        by_u += by_rest
        return by_u, by_u * leak, (by_u * v).sum(), by_threshold, None


class _Staircase(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, u: torch.Tensor, threshold: torch.Tensor, strength: torch.Tensor, largest: float
    ) -> torch.Tensor:
        ctx.save_for_backward(u, threshold, strength)
        ctx.largest = largest
        return threshold * strength

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        u, threshold, strength = ctx.saved_tensors
        quanta = u / threshold
        inside = (quanta.abs() <= ctx.largest + 0.5).to(u.dtype)
        by_threshold = (gradients[0] * (strength - inside * quanta)).sum()
        return gradients[0] * inside, by_threshold, None, None


def _check_positive(owner: str, field: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise InputError(f"{owner}.{field} is {value:g}: give a positive number")
