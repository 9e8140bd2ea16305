"""Every op as torch has it, on tensors (images, *shape): by the name of its type, and chained."""

import torch
import torch.nn.functional as F

__all__ = ["IN_TORCH", "project"]

torch.set_num_threads(1)


def tensor(value, like):
    return torch.tensor(value, dtype=like.dtype)


def convolved(op, x):
    function = {3: F.conv1d, 4: F.conv2d, 5: F.conv3d}[x.ndim]
    padded = F.pad(x, [side for axis in reversed(op.padding) for side in axis])
    return function(padded, tensor(op.weight, x), None, op.stride, 0, op.dilation, op.groups)


def averaged(op, x):
    function = {3: F.avg_pool1d, 4: F.avg_pool2d, 5: F.avg_pool3d}[x.ndim]
    return function(x, op.kernel, op.stride, op.padding, op.ceil_mode, op.count_include_pad)


def averaged_to(op, x):
    function = {3: F.adaptive_avg_pool1d, 4: F.adaptive_avg_pool2d, 5: F.adaptive_avg_pool3d}[x.ndim]
    return function(x, op.size)


def identical(op, x):
    strided = x[(slice(None), slice(None), *(slice(None, None, op.stride),) * (x.ndim - 2))]
    return F.pad(strided, [*(0, 0) * (x.ndim - 2), *op.pad_channels])


def scaled(op, x):
    factor = tensor(op.factor, x)
    return x * factor.reshape(factor.shape + (1,) * (x.ndim - 1 - factor.ndim) * (factor.ndim > 0))


def largest(op, x):
    function = {3: F.max_pool1d, 4: F.max_pool2d, 5: F.max_pool3d}[x.ndim]
    return function(x, op.kernel, op.stride, op.padding)


IN_TORCH = {
    "Conv": convolved,
    "Linear": lambda op, x: F.linear(x.flatten(1), tensor(op.weight, x)),
    "AvgPool": averaged,
    "AdaptiveAvgPool": averaged_to,
    "Identity": identical,
    "MaxPool": largest,
    "Reshape": lambda op, x: x.reshape(len(x), *op.shape),
    "Scale": scaled,
}


def project(ops, x):
    """Return what a chain of ops makes of x."""
    for op in ops:
        x = IN_TORCH[type(op).__name__](op, x)
    return x
