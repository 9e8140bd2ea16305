"""Modules with weights: what they do to an expression, in double precision from their parameters."""

from dataclasses import replace
from functools import singledispatch
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import nn

from neurosim.conversion.expression import Expression, Term
from neurosim.errors import InputError, Unsupported
from neurosim.ops import Conv, Linear, Op

__all__ = ["batch_norm", "convolution", "linear"]

Array = npt.NDArray[np.float64]
BatchNorm = nn.BatchNorm1d | nn.BatchNorm2d


def convolution(x: Expression, module: nn.Conv2d) -> Expression:
    """Convolve; the input channels of the weight absorb the pending factor."""
    if module.padding_mode != "zeros":
        raise Unsupported(f"padding_mode is {module.padding_mode!r}: only 'zeros' is convertible")
    x.check_image()
    weight = _double(module.weight)
    geometry: dict[str, Any] = {"stride": module.stride, "dilation": module.dilation, "groups": module.groups}
    padding = _padding(module)
    padded = F.pad(x.bias, [pixels for axis in reversed(padding) for pixels in axis])
    bias = F.conv2d(padded, weight, _double(module.bias), **geometry)

    def connect(term: Term) -> Term:
        scaled = _scale_inputs(weight.numpy(), term.factor, module.groups)
        return term.weighted(Conv(scaled, padding=padding, **geometry), module.out_channels)

    return x.map(connect, bias)


def linear(x: Expression, module: nn.Linear) -> Expression:
    """Connect all to all; the inputs of the weight absorb the pending factor."""
    if not x.flat and len(x.shape) > 1:
        raise Unsupported(f"it takes a value of shape {x.shape}: flatten it first, as by torch.flatten(x, 1)")
    weight = _double(module.weight)

    def connect(term: Term) -> Term:
        places = module.in_features // len(term.factor)
        scaled = weight.numpy() * np.repeat(term.factor, places)
        return term.weighted(Linear(scaled), module.out_features)

    return x.map(connect, F.linear(x.bias.flatten(1), weight, _double(module.bias)), flat=False)


def batch_norm(x: Expression, module: BatchNorm) -> Expression:
    """Fold into the weights before it, else into the pending factor.

    W' = W g / sqrt(var + eps), b' = (b - mean) g / sqrt(var + eps) + beta.
    """
    if x.flat:
        raise Unsupported("it follows a flattening: put it before, or after a Linear")
    mean, scale, shift = _normalisation(module)
    view = (-1, *(1,) * (len(x.shape) - 1))
    bias = (x.bias - mean.view(view)) * scale.view(view) + shift.view(view)
    return x.map(lambda term: _scale_outputs(term, scale.numpy()), bias)


def _normalisation(module: BatchNorm) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return mean, g / sqrt(var + eps) and beta, each (C,)."""
    if module.running_mean is None or module.running_var is None:
        raise Unsupported("it keeps no running statistics: train it with track_running_stats=True")
    if not module.eps > 0:
        raise InputError(f"eps is {module.eps}: it must be positive")
    variance = _double(module.running_var)
    if not bool((variance >= 0).all()):
        raise InputError(f"running_var holds {float(variance.min())}: variances must be >= 0")
    gain = torch.ones_like(variance) if module.weight is None else _double(module.weight)
    shift = torch.zeros_like(variance) if module.bias is None else _double(module.bias)
    return _double(module.running_mean), gain / torch.sqrt(variance + module.eps), shift


def _scale_outputs(term: Term, scale: Array) -> Term:
    """Multiply the output channels: into the last op where it has weights, else into the factor."""
    folded = _fold(term.ops[-1], scale) if term.ops else None
    if folded is None:
        return replace(term, factor=term.factor * scale)
    return replace(term, ops=(*term.ops[:-1], folded))


@singledispatch
def _fold(op: Op, scale: Array) -> Op | None:
    """Return the op with its output channels multiplied, None if it has no weights."""
    return None


@_fold.register(Conv)
@_fold.register(Linear)
def _(op: Any, scale: Array) -> Op:
    weight = op.weight * scale.reshape(-1, *(1,) * (op.weight.ndim - 1))
    folded: Op = replace(op, weight=weight)
    return folded


def _scale_inputs(weight: Array, factor: Array, groups: int) -> Array:
    """Multiply the input channels of a convolution's weight (out, in / groups, *kernel)."""
    grouped = weight.reshape(groups, -1, *weight.shape[1:])
    factors = factor.reshape(groups, 1, -1, *(1,) * (weight.ndim - 2))
    return (grouped * factors).reshape(weight.shape)


def _padding(module: nn.Conv2d) -> tuple[tuple[int, int], ...]:
    """Return the padding as (before, after) along each axis; "same" puts the odd one after."""
    if module.padding == "valid":
        return ((0, 0),) * len(module.kernel_size)
    if module.padding == "same":
        spans = [d * (k - 1) for d, k in zip(module.dilation, module.kernel_size, strict=True)]
        return tuple((span // 2, span - span // 2) for span in spans)
    return tuple((int(pad), int(pad)) for pad in module.padding)


def _double(parameter: torch.Tensor | None) -> Any:
    return None if parameter is None else parameter.detach().to("cpu", torch.float64)
