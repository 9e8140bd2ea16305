"""What has no exact spiking form but a way around it: told instead of the list of what is convertible."""

import operator
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

import torch
import torch.nn.functional as F
from torch import nn

from neurosim.errors import Unsupported

__all__ = ["REFUSED"]

UPSAMPLING = (
    "it makes more places than its input has: end the module before it, or use a convolution with stride 1"
)
CUTTING = "it cuts channels apart: let a convolution of its own make each part"
PROBABILITIES = "it does not change which output is the largest: take it out of the module"
WEIGHTS = "its weights are not those of a module: use a module of torch.nn in its place"
ACTIVATION = "its neurons would have to say what a ReLU does not: train the module with ReLU in its place"
ATTENTION = "it depends on its input by more than sums and ReLUs: end the module before it"
STATISTICS = "it normalises by the image at hand: train the module with BatchNorm in its place"

_BY_REASON: dict[str, tuple[Any, ...]] = {
    UPSAMPLING: (
        *(nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d, nn.Upsample, nn.PixelShuffle),
        *(F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d, F.interpolate, F.pixel_shuffle),
    ),
    CUTTING: (torch.chunk, torch.split, torch.unbind, "chunk", "split", "unbind"),
    PROBABILITIES: (
        *(nn.Softmax, nn.LogSoftmax, F.softmax, F.log_softmax, torch.softmax, torch.log_softmax),
        *("softmax", "log_softmax"),
    ),
    WEIGHTS: (F.conv1d, F.conv2d, F.conv3d, F.linear, F.batch_norm, torch.matmul, operator.matmul, "matmul"),
    ACTIVATION: (
        *(nn.LeakyReLU, nn.PReLU, nn.ELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish, nn.Hardswish, nn.Softplus),
        *(nn.Sigmoid, nn.Hardsigmoid, nn.Tanh, F.leaky_relu, F.elu, F.selu, F.gelu, F.silu, F.mish),
        *(F.hardswish, F.softplus, F.sigmoid, F.tanh, torch.sigmoid, torch.tanh, "sigmoid", "tanh"),
    ),
    ATTENTION: (nn.MultiheadAttention, F.scaled_dot_product_attention),
    STATISTICS: (
        *(nn.LayerNorm, nn.GroupNorm, nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d),
        *(F.layer_norm, F.group_norm, F.instance_norm),
    ),
}


def _refuse(reason: str, *args: Any, **kwargs: Any) -> NoReturn:
    raise Unsupported(reason)


REFUSED: dict[Any, Callable[..., NoReturn]] = {
    operation: partial(_refuse, reason)
    for reason, operations in _BY_REASON.items()
    for operation in operations
}
