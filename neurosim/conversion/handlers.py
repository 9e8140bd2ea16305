"""Which operation of torch is converted by which function: the whole list of what is supported."""

import operator
import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from neurosim.ann.qcfs import QCFS
from neurosim.conversion import pooling, rectifying
from neurosim.conversion.arithmetic import add, cat, divide, multiply, negative, subtract
from neurosim.conversion.expression import Expression
from neurosim.conversion.shaping import (
    dropout,
    identity,
    pad,
    quiet_dropout,
    reshape,
    reshaped,
    shape_of,
    size,
    squeeze,
    stride,
)
from neurosim.conversion.weighted import batch_norm, convolution, linear
from neurosim.ops import MaxPool

__all__ = ["FUNCTIONS", "MAXIMA", "METHODS", "MODULES", "QUIET", "RECTIFIERS", "SUPPORTED", "WEIGHTED"]

Handler = Callable[..., Any]

WEIGHTED: set[type[nn.Module]] = {nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear}

_clamps = dict.fromkeys((torch.clamp, torch.clamp_, torch.clip, torch.clip_), rectifying.clamp)
_named_clamps = dict.fromkeys(("clamp", "clamp_", "clip", "clip_"), rectifying.clamp)

RECTIFIERS: dict[Any, Handler] = {
    nn.ReLU: lambda x, module: rectifying.relu(x),
    **dict.fromkeys((nn.ReLU6, nn.Hardtanh), rectifying.hardtanh_of),
    QCFS: rectifying.qcfs,
    **dict.fromkeys((F.relu, F.relu_, torch.relu, torch.relu_, "relu", "relu_"), rectifying.relu),
    F.relu6: rectifying.relu6,
    **dict.fromkeys((F.hardtanh, F.hardtanh_), rectifying.hardtanh),
    **_clamps,
    **_named_clamps,
    **dict.fromkeys((torch.clamp_min, torch.clamp_min_, "clamp_min", "clamp_min_"), rectifying.clamp_min),
}
"""What ends in a layer of neurons; each handler says at which value it stops rising."""


def _avg_pool(x: Expression, module: Any, *, axes: int) -> Expression:
    windows = (module.kernel_size, module.stride, module.padding, module.ceil_mode, module.count_include_pad)
    return pooling.avg_pool(x, *windows, getattr(module, "divisor_override", None), axes=axes)


def _adaptive_avg_pool(x: Expression, module: Any, *, axes: int) -> Expression:
    return pooling.adaptive_avg_pool(x, module.output_size, axes=axes)


def _max_pool(x: Expression, module: Any, *, axes: int) -> MaxPool:
    windows = (module.kernel_size, module.stride, module.padding)
    return pooling.max_pool(x, *windows, module.dilation, module.ceil_mode, module.return_indices, axes=axes)


def _adaptive_max_pool(x: Expression, module: Any, *, axes: int) -> MaxPool:
    return pooling.adaptive_max_pool(x, module.output_size, module.return_indices, axes=axes)


def _by_axes(handler: Handler, *operations: Any) -> dict[Any, Handler]:
    """Return the handlers of the forms for one, two and three spatial axes."""
    return {operation: partial(handler, axes=axes) for axes, operation in enumerate(operations, 1)}


MAXIMA: dict[Any, Handler] = {
    **_by_axes(_max_pool, nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d),
    **_by_axes(_adaptive_max_pool, nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d),
    **_by_axes(pooling.max_pool, F.max_pool1d, F.max_pool2d, F.max_pool3d),
    **_by_axes(pooling.max_pool, torch.max_pool1d, torch.max_pool2d, torch.max_pool3d),
    **_by_axes(
        pooling.adaptive_max_pool, F.adaptive_max_pool1d, F.adaptive_max_pool2d, F.adaptive_max_pool3d
    ),
}
"""What ends in a layer of its own, as a ReLU does."""

_dropouts = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)

QUIET: set[type[nn.Module]] = {*_dropouts, nn.Identity}
"""Modules that do nothing in evaluation."""

MODULES: dict[type[nn.Module], Handler] = {
    **dict.fromkeys((nn.Conv1d, nn.Conv2d, nn.Conv3d), convolution),
    nn.Linear: linear,
    **dict.fromkeys((nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d), batch_norm),
    **_by_axes(_avg_pool, nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d),
    **_by_axes(_adaptive_avg_pool, nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d),
    **dict.fromkeys((nn.ZeroPad1d, nn.ZeroPad2d, nn.ZeroPad3d), lambda x, module: pad(x, module.padding)),
    nn.Flatten: lambda x, module: reshaped(torch.flatten)(x, module.start_dim, module.end_dim),
    nn.Unflatten: lambda x, module: reshaped(torch.unflatten)(x, module.dim, module.unflattened_size),
    **dict.fromkeys((*_dropouts, nn.Identity), lambda x, module: x),
}

FUNCTIONS: dict[Any, Handler] = {
    **_by_axes(pooling.avg_pool, F.avg_pool1d, F.avg_pool2d, F.avg_pool3d),
    **_by_axes(
        pooling.adaptive_avg_pool, F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d
    ),
    torch.mean: pooling.mean,
    **dict.fromkeys((F.dropout, F.dropout1d, F.dropout2d, F.dropout3d), dropout),
    **dict.fromkeys((F.alpha_dropout, F.feature_alpha_dropout), quiet_dropout),
    F.pad: pad,
    **dict.fromkeys((torch.cat, torch.concat, torch.concatenate), cat),
    torch.flatten: reshaped(torch.flatten),
    torch.squeeze: squeeze,
    torch.unsqueeze: reshaped(torch.unsqueeze),
    torch.unflatten: reshaped(torch.unflatten),
    torch.reshape: reshape,
    **dict.fromkeys((torch.add, operator.add, operator.iadd), add),
    **dict.fromkeys((torch.sub, operator.sub), subtract),
    **dict.fromkeys((torch.mul, operator.mul), multiply),
    **dict.fromkeys((torch.div, operator.truediv), divide),
    operator.neg: negative,
    operator.getitem: stride,
    getattr: shape_of,
}

METHODS: dict[str, Handler] = {
    **dict.fromkeys(("add", "add_"), add),
    **dict.fromkeys(("sub", "sub_"), subtract),
    **dict.fromkeys(("mul", "mul_"), multiply),
    **dict.fromkeys(("div", "div_"), divide),
    "contiguous": identity,
    "flatten": reshaped(torch.flatten),
    "mean": pooling.mean,
    "reshape": reshape,
    "size": size,
    "squeeze": squeeze,
    "unflatten": reshaped(torch.unflatten),
    "unsqueeze": reshaped(torch.unsqueeze),
    "view": reshape,
}


def _families(operations: Iterable[Any]) -> str:
    """Return the names of modules, those for one, two and three axes together: Conv1d/2d/3d."""
    families: dict[str, list[str]] = {}
    for operation in operations:
        if isinstance(operation, type):
            stem, axes, _ = re.split(r"(\dd$|$)", operation.__name__, maxsplit=1)
            families.setdefault(f"{stem}{axes and ' '}", []).append(axes)
    return ", ".join(stem.strip() + "/".join(axes) for stem, axes in families.items())


SUPPORTED = (
    f"{_families((*RECTIFIERS, *MAXIMA, *MODULES))}, concatenation of channels, means over spatial axes, +, "
    "constants and their functional forms"
)
