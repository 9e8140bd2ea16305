"""Weights of few bits: quantised in every forward pass, trained in full precision behind it."""

from typing import Any

import torch
from torch import nn
from torch.nn.utils import parametrize

from neurosim.errors import InputError

__all__ = ["SCHEMES", "FakeQuantised", "quantise", "quantised_weights"]

SCHEMES = ("symmetric", "affine")
WEIGHTED = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)


class FakeQuantised(nn.Module):
    """A parametrisation that gives b-bit weights w_q = s n, n whole numbers, of weights w.

    "symmetric": s = max|w| / (2^(b-1) - 1), n = clip(round(w / s), -2^(b-1), 2^(b-1) - 1).
    "affine": s = (max w - min w) / (2^b - 1), the range widened to hold 0, Z = round(-min w / s),
    n = clip(round(w / s) + Z, 0, 2^b - 1) - Z.

    The gradient passes straight through: dL/dw = dL/dw_q, 0 where n was clipped. s is rounded to single and n
    worked out in double precision: both, and so the whole network, are the same in either.

    Source: Jacob et al. 2018, CVPR; Krishnamoorthi 2018, arXiv:1806.08342.

    Parameters
    ----------
    bits
        b in 2..16.
    scheme
        "symmetric" or "affine".

    Raises
    ------
    InputError
        If a parameter is out of its range.
    """

    def __init__(self, bits: int = 6, scheme: str = "symmetric") -> None:
        super().__init__()
        if not isinstance(bits, int) or isinstance(bits, bool) or not 2 <= bits <= 16:
            raise InputError(f"quantise: bits is {bits!r}: give a whole number in 2..16")
        if scheme not in SCHEMES:
            raise InputError(f"quantise: scheme is {scheme!r}: give one of {', '.join(SCHEMES)}")
        self.bits = bits
        self.scheme = scheme

    def levels(self, weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return n in double precision, s, and which weights were not clipped."""
        w = weight.detach().double()
        if self.scheme == "symmetric":
            top = 2 ** (self.bits - 1) - 1
            scale = _step(w.abs().max() / top)
            zero, low, high = torch.zeros_like(scale), -top - 1, top
        else:
            least, most = w.min().clamp(max=0), w.max().clamp(min=0)
            scale = _step((most - least) / (2**self.bits - 1))
            zero, low, high = torch.round(-least / scale), 0, 2**self.bits - 1
        wanted = torch.round(w / scale) + zero
        clipped = wanted.clamp(low, high)
        return clipped - zero, scale, clipped == wanted

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        whole, scale, inside = self.levels(weight)
        quantised: torch.Tensor = _StraightThrough.apply(  # type: ignore[no-untyped-call]
            weight, (whole * scale).to(weight.dtype), inside
        )
        return quantised

    def extra_repr(self) -> str:
        """Say the parameters, as torch prints a module."""
        return f"bits={self.bits}, scheme={self.scheme!r}"


def quantise(module: nn.Module, bits: int = 6, scheme: str = "symmetric") -> nn.Module:
    """Let every convolution and linear layer of a module have weights of few bits, each layer its own scale.

    Membranes, thresholds, leaks and biases stay as they are.

    Parameters
    ----------
    module
        Changed in place, by `torch.nn.utils.parametrize`: its full weights are then called
        ``<layer>.parametrizations.weight.original``.
    bits
        b in 2..16.
    scheme
        "symmetric" or "affine"; see `FakeQuantised`.

    Returns
    -------
    nn.Module
        The module.

    Raises
    ------
    InputError
        If a parameter is out of its range, or the module has no such layer, or is quantised already.
    """
    FakeQuantised(bits, scheme)
    layers = [part for part in module.modules() if isinstance(part, WEIGHTED)]
    if not layers:
        raise InputError(f"quantise: {type(module).__name__} has no convolution or linear layer")
    if quantised_weights(module):
        raise InputError(f"quantise: {type(module).__name__} is quantised already: give it as it was before")
    for layer in layers:
        parametrize.register_parametrization(layer, "weight", FakeQuantised(bits, scheme))
        layer.train(layer.training)  # its new parts too
    return module


def quantised_weights(module: nn.Module) -> dict[str, tuple[torch.Tensor, float]]:
    """Return the whole numbers n and the scale s of every layer that `quantise` changed, by its path."""
    found = {}
    for path, part in module.named_modules():
        chain = getattr(part, "parametrizations", {})
        if "weight" in chain and isinstance(chain["weight"][0], FakeQuantised):
            whole, scale, _ = chain["weight"][0].levels(chain["weight"].original)
            found[path] = whole.cpu(), scale.item()
    return found


def _step(size: torch.Tensor) -> torch.Tensor:
    """Return a step in single precision as double; 1 where all weights are 0."""
    step = size.float().double()
    return torch.where(step > 0, step, torch.ones_like(step))


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, weight: torch.Tensor, quantised: torch.Tensor, inside: torch.Tensor) -> Any:
        ctx.save_for_backward(inside)
        return quantised

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        (inside,) = ctx.saved_tensors
        return gradients[0] * inside, None, None
