"""Three-dimensional convolutions whose kernels are narrow, by torch's faster ones of fewer dimensions."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

__all__ = ["NarrowConvolutions"]


class NarrowConvolutions(TorchFunctionMode):
    """A context in which `conv3d` is done in fewer dimensions where it is the same sum.

    A kernel of one pixel is a 2-D convolution over (bands, pixels); one that covers the whole patch is a 1-D
    convolution over bands with all pixels as channels. On CPUs torch's gradients of such 3-D convolutions are
    three times slower; sums are ordered otherwise, so results differ in their last bits.

    >>> with NarrowConvolutions():
    ...     loss(module(images), labels).backward()
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func is torch.conv3d or func is F.conv3d:
            return _conv3d(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def _conv3d(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Any = (1, 1, 1),
    padding: Any = (0, 0, 0),
    dilation: Any = (1, 1, 1),
    groups: int = 1,
) -> torch.Tensor:
    bands = {"stride": stride[0], "padding": padding[0], "dilation": dilation[0]}
    inside = tuple(padding[1:]) == (0, 0)
    if inside and groups == 1 and weight.shape[3:] == x.shape[3:]:
        whole = F.conv1d(_pixels_as_channels(x), _pixels_as_channels(weight), bias, **bands)
        return whole[..., None, None]
    if inside and tuple(stride[1:]) == (1, 1) and tuple(weight.shape[3:]) == (1, 1):
        pairs = {name: (value, {"padding": 0}.get(name, 1)) for name, value in bands.items()}
        flat = F.conv2d(x.flatten(3), weight[..., 0], bias, groups=groups, **pairs)
        return flat.view(*flat.shape[:3], *x.shape[3:])
    return F.conv3d(x, weight, bias, stride, padding, dilation, groups)


def _pixels_as_channels(x: torch.Tensor) -> torch.Tensor:
    """Return (N, C, D, H, W) as (N, C H W, D)."""
    return x.permute(0, 1, 3, 4, 2).flatten(1, 3)
