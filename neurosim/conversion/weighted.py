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
from neurosim.conversion.shaping import vector
from neurosim.errors import InputError, Unsupported
from neurosim.ops import Conv, Linear, Op

__all__ = ["NORMALISED", "batch_norm", "convolution", "linear", "scale_channels"]

Array = npt.NDArray[np.float64]
Convolution = nn.Conv1d | nn.Conv2d | nn.Conv3d
BatchNorm = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d

CONVOLVE: dict[int, Any] = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
NORMALISED = {nn.BatchNorm1d: (0, 1), nn.BatchNorm2d: (2,), nn.BatchNorm3d: (3,)}
"""Spatial axes that a batch norm takes."""


def convolution(x: Expression, module: Convolution) -> Expression:
    """Convolve; the input channels of the weight absorb the pending factor."""
    if module.padding_mode != "zeros":
        raise Unsupported(f"padding_mode is {module.padding_mode!r}: only 'zeros' is convertible")
    axes = len(module.kernel_size)
    x.check_image(axes)
    weight = _double(module.weight)
    geometry: dict[str, Any] = {"stride": module.stride, "dilation": module.dilation, "groups": module.groups}
    padding = _padding(module)
    padded = F.pad(x.bias, [pixels for axis in reversed(padding) for pixels in axis])
    bias = CONVOLVE[axes](padded, weight, _double(module.bias), **geometry)

    def connect(term: Term) -> Term:
        term, zeros = _without_zeros(term, axes)
        around = tuple((a + c, b + d) for (a, b), (c, d) in zip(padding, zeros, strict=True))
        scaled = _scale_inputs(weight.numpy(), term.factor, module.groups)
        return term.weighted(Conv(scaled, padding=around, **geometry), module.out_channels)

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
    x = vector(x)
    _check_normalised(x, module)
    mean, scale, shift = _normalisation(module)
    view = (-1, *(1,) * (len(x.shape) - 1))
    centred = replace(x, bias=x.bias - mean.view(view))
    scaled = scale_channels(centred, scale.numpy())
    return replace(scaled, bias=scaled.bias + shift.view(view))


def scale_channels(x: Expression, factor: Array) -> Expression:
    """Multiply each channel by a factor (C,): in the weights before it, else in the pending factor."""
    bias = x.bias * torch.from_numpy(factor).view(-1, *(1,) * (len(x.shape) - 1))
    return x.map(lambda term: _scale_outputs(term, factor), bias)


def _check_normalised(x: Expression, module: BatchNorm) -> None:
    if len(x.shape) - 1 not in NORMALISED[type(module)]:
        raise Unsupported(f"it does not take shape {x.size[1:]}: use the BatchNorm of its dimension")
    if module.num_features != x.shape[0]:
        raise InputError(f"it normalises {module.num_features} channels and its input has {x.shape[0]}")


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


def _without_zeros(term: Term, axes: int) -> tuple[Term, tuple[tuple[int, int], ...]]:
    """Return the term without a convolution at its end that only pads, and that padding."""
    last = term.ops[-1] if term.ops else None
    if not isinstance(last, Conv) or not _only_pads(last):
        return term, ((0, 0),) * axes
    return replace(term, ops=term.ops[:-1]), last.padding


def _only_pads(conv: Conv) -> bool:
    """Return whether each channel becomes itself, as `pad` has it."""
    one = conv.weight.size == conv.groups and all(step == 1 for step in conv.stride)
    return one and bool(np.all(conv.weight == 1))


def _padding(module: Convolution) -> tuple[tuple[int, int], ...]:
    """Return the padding as (before, after) along each axis; "same" puts the odd one after."""
    if module.padding == "valid":
        return ((0, 0),) * len(module.kernel_size)
    if module.padding == "same":
        spans = [d * (k - 1) for d, k in zip(module.dilation, module.kernel_size, strict=True)]
        return tuple((span // 2, span - span // 2) for span in spans)
    return tuple((int(pad), int(pad)) for pad in module.padding)


def _double(parameter: torch.Tensor | None) -> Any:
    return None if parameter is None else parameter.detach().to("cpu", torch.float64)
