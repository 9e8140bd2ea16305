"""Which operation of torch is converted by which function: the whole list of what is supported."""

import operator
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from neurosim.conversion.expression import Expression
from neurosim.conversion.shaping import (
    adaptive_avg_pool2d,
    add,
    avg_pool2d,
    dropout,
    flatten,
    identity,
    max_pool2d,
    pad,
    reshape,
    shape_of,
    size,
    stride,
)
from neurosim.conversion.weighted import batch_norm, convolution, linear
from neurosim.ops import MaxPool

__all__ = ["FUNCTIONS", "MAXIMA", "METHODS", "MODULES", "RECTIFIERS", "SUPPORTED", "WEIGHTED"]

Handler = Callable[..., Any]

RECTIFIERS: set[Any] = {nn.ReLU, F.relu, F.relu_, torch.relu, torch.relu_, "relu", "relu_"}
WEIGHTED: set[type[nn.Module]] = {nn.Conv2d, nn.Linear}


def _avg_pool(x: Expression, module: nn.AvgPool2d) -> Expression:
    windows = (module.kernel_size, module.stride, module.padding)
    return avg_pool2d(x, *windows, module.ceil_mode, module.count_include_pad, module.divisor_override)


def _max_pool(x: Expression, module: nn.MaxPool2d) -> MaxPool:
    windows = (module.kernel_size, module.stride, module.padding)
    return max_pool2d(x, *windows, module.dilation, module.ceil_mode, module.return_indices)


MAXIMA: dict[Any, Handler] = {
    nn.MaxPool2d: _max_pool,
    F.max_pool2d: max_pool2d,
    torch.max_pool2d: max_pool2d,
}
"""What ends in a layer of its own, as a ReLU does."""

MODULES: dict[type[nn.Module], Handler] = {
    nn.Conv2d: convolution,
    nn.Linear: linear,
    nn.BatchNorm1d: batch_norm,
    nn.BatchNorm2d: batch_norm,
    nn.AvgPool2d: _avg_pool,
    nn.AdaptiveAvgPool2d: lambda x, module: adaptive_avg_pool2d(x, module.output_size),
    nn.Flatten: lambda x, module: flatten(x, module.start_dim, module.end_dim),
    nn.Dropout: lambda x, module: x,
    nn.Dropout2d: lambda x, module: x,
    nn.Identity: lambda x, module: x,
}

FUNCTIONS: dict[Any, Handler] = {
    F.avg_pool2d: avg_pool2d,
    F.adaptive_avg_pool2d: adaptive_avg_pool2d,
    F.dropout: dropout,
    F.pad: pad,
    torch.flatten: flatten,
    torch.reshape: reshape,
    torch.add: add,
    operator.add: add,
    operator.iadd: add,
    operator.getitem: stride,
    getattr: shape_of,
}

METHODS: dict[str, Handler] = {
    "add": add,
    "add_": add,
    "contiguous": identity,
    "flatten": flatten,
    "reshape": reshape,
    "size": size,
    "view": reshape,
}

SUPPORTED = f"ReLU, MaxPool2d, {', '.join(kind.__name__ for kind in MODULES)}, + and their functional forms"
