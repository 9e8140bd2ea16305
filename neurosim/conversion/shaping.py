"""Functions without weights: what they do to an expression, with the signatures that torch gives them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from neurosim.conversion.expression import Expression, Term
from neurosim.errors import Unsupported
from neurosim.ops import AdaptiveAvgPool, AvgPool, Identity, MaxPool

__all__ = [
    "adaptive_avg_pool2d",
    "add",
    "avg_pool2d",
    "dropout",
    "flatten",
    "identity",
    "max_pool2d",
    "pad",
    "reshape",
    "shape_of",
    "size",
    "stride",
]


def identity(x: Expression) -> Expression:
    """Return the value itself."""
    return x


def dropout(x: Expression, p: float = 0.5, training: bool = True, inplace: bool = False) -> Expression:
    """Return the value itself: in evaluation nothing is dropped."""
    if training:
        raise Unsupported("it drops in evaluation too: pass training=self.training")
    return x


def add(x: Expression, other: Expression) -> Expression:
    """Add two values of one shape."""
    if not isinstance(x, Expression) or not isinstance(other, Expression):
        raise Unsupported("it adds a constant: only the sum of two values is convertible")
    if (x.shape, x.flat) != (other.shape, other.flat):
        raise Unsupported(f"it adds shapes {x.shape} and {other.shape}: only equal shapes are convertible")
    return replace(x, terms=x.terms + other.terms, bias=x.bias + other.bias)


def avg_pool2d(
    x: Expression,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Expression:
    """Average over windows."""
    x.check_image()
    if divisor_override is not None:
        raise Unsupported(f"divisor_override is {divisor_override}: only true averages are convertible")
    pooled = F.avg_pool2d(x.bias, kernel_size, stride, padding, ceil_mode, count_include_pad)
    op = AvgPool(kernel_size, stride or kernel_size, padding, ceil_mode, count_include_pad)
    return x.map(lambda term: term.then(op), pooled)


def adaptive_avg_pool2d(x: Expression, output_size: Any) -> Expression:
    """Average to a given size."""
    x.check_image()
    pooled = F.adaptive_avg_pool2d(x.bias, output_size)
    return x.map(lambda term: term.then(AdaptiveAvgPool(tuple(pooled.shape[2:]))), pooled)


def max_pool2d(
    x: Expression,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> MaxPool:
    """Return the maximum over windows of an activation, as it is taken of spike counts."""
    x.check_image()
    if not x.is_activation:
        raise Unsupported("it pools something else than what a ReLU says: put the ReLU right before it")
    unusual = {
        "dilation": dilation not in (1, (1, 1)),
        "ceil_mode": ceil_mode,
        "return_indices": return_indices,
    }
    for name, is_set in unusual.items():
        if is_set:
            raise Unsupported(f"it sets {name}: only kernel_size, stride and padding are convertible")
    return MaxPool(kernel_size, stride or None, padding)


def stride(x: Expression, index: Any) -> Expression:
    """Take every n-th row and column, as x[:, :, ::n, ::n]."""
    x.check_image()
    steps = _steps(index)
    if len(steps) != 1:
        raise Unsupported("it indexes in another way than x[:, :, ::n, ::n]")
    op = Identity(stride=steps.pop())
    return x.map(lambda term: _shortcut(term, op), x.bias[index])


def pad(x: Expression, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Expression:
    """Add channels of zeros, as F.pad(x, (0, 0, 0, 0, before, after))."""
    x.check_image()
    before, after = (*pad[4:6], 0, 0)[:2]
    if mode != "constant" or value or any(pad[:4]) or len(pad) > 6 or min(before, after) < 0:
        raise Unsupported("it pads other than channels with zeros: put the padding into the convolution")
    op = Identity(pad_channels=(before, after))
    return x.map(lambda term: _shortcut(term, op), F.pad(x.bias, list(pad)))


def flatten(x: Expression, start_dim: int = 0, end_dim: int = -1) -> Expression:
    """See each image as a vector."""
    if start_dim != 1 or end_dim not in (-1, len(x.shape)):
        raise Unsupported(f"it flattens from axis {start_dim} to {end_dim}: only (1, -1) is convertible")
    return replace(x, flat=len(x.shape) > 1)


def reshape(x: Expression, *shape: Any) -> Expression:
    """See each image as a vector, as x.view(x.size(0), -1); or change nothing."""
    wanted = shape if isinstance(shape[0], int) else tuple(shape[0])
    found = tuple(torch.empty(x.size).reshape(wanted).shape)
    if found == x.size:
        return x
    if found != (1, x.bias.numel()):
        raise Unsupported(f"it reshapes to {wanted}: only a flattening, as x.flatten(1), is convertible")
    return replace(x, flat=True)


def size(x: Expression, dim: int | None = None) -> Any:
    """Return the size of a batch of one image, or of one axis."""
    return x.size if dim is None else x.size[dim]


def shape_of(x: Expression, name: str) -> tuple[int, ...]:
    """Return x.shape."""
    if name != "shape":
        raise Unsupported(f"it reads the attribute {name!r}: only .shape is convertible")
    return x.size


def _steps(index: Any) -> set[int]:
    """Return the spatial steps of x[:, :, ::m, ::n]; none for any other index."""
    parts = index if isinstance(index, tuple) else ()
    steps = [part.step or 1 for part in parts if part == slice(None, None, getattr(part, "step", None))]
    return set(steps[2:]) if len(steps) == len(parts) == 4 and steps[:2] == [1, 1] else set()


def _shortcut(term: Term, op: Identity) -> Term:
    """Append an Identity, as one with an Identity before it."""
    before, after = op.pad_channels
    term = replace(term, factor=np.pad(term.factor, (before, after), constant_values=1))
    last = term.ops[-1] if term.ops else None
    if not isinstance(last, Identity):
        return term.then(op)
    pads = (last.pad_channels[0] + before, last.pad_channels[1] + after)
    merged = Identity(last.stride * op.stride, pads)
    return replace(term, ops=(*term.ops[:-1], merged))
