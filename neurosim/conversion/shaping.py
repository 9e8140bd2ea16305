"""Functions that compute nothing: what passes, what is seen in another shape, and shortcuts."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from neurosim.conversion.expression import Expression, Term
from neurosim.errors import Unsupported
from neurosim.ops import Conv, Identity, Reshape, Scale

__all__ = [
    "dropout",
    "identity",
    "pad",
    "quiet_dropout",
    "reshape",
    "reshaped",
    "see",
    "shape_of",
    "shortcut",
    "size",
    "squeeze",
    "stride",
    "vector",
]

EVERY_NTH = "only every n-th place along all spatial axes, as x[:, :, ::n, ::n]"


def identity(x: Expression) -> Expression:
    """Return the value itself."""
    return x


def dropout(x: Expression, p: float = 0.5, training: bool = True, inplace: bool = False) -> Expression:
    """Return the value itself: in evaluation nothing is dropped."""
    if training:
        raise Unsupported("it drops in evaluation too: pass training=self.training")
    return x


def quiet_dropout(x: Expression, p: float = 0.5, training: bool = False, inplace: bool = False) -> Expression:
    """Return the value itself, as `dropout`, for those functions that drop on demand only."""
    return dropout(x, p, training, inplace)


def stride(x: Expression, index: Any) -> Expression:
    """Take every n-th place, as x[:, :, ::n, ::n]."""
    parts = _spelled_out(index, len(x.size))
    steps = {part.step or 1 for part in parts[2:]}
    whole = all(part == slice(None, None, part.step) for part in parts) and parts[:2] == [slice(None)] * 2
    if not whole or x.flat or len(steps) != 1:
        raise Unsupported(f"it takes a part: {EVERY_NTH}, is convertible")
    op = Identity(stride=steps.pop())
    return x.map(lambda term: shortcut(term, op), x.bias[index])


def _spelled_out(index: Any, rank: int) -> list[slice]:
    """Return one slice an axis; none for an index that has something else than slices."""
    parts = list(index) if isinstance(index, tuple) else [index]
    if Ellipsis in parts:
        place = parts.index(Ellipsis)
        parts[place : place + 1] = [slice(None)] * (rank + 1 - len(parts))
    parts += [slice(None)] * (rank - len(parts))
    return parts if all(isinstance(part, slice) for part in parts) else [slice(0)]


def pad(x: Expression, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Expression:
    """Add zeros around, or channels of zeros as F.pad(x, (0, 0, 0, 0, before, after))."""
    x = vector(x)
    if mode != "constant" or value:
        raise Unsupported("it pads with something else than zeros: only zeros are convertible")
    if min(pad) < 0:
        raise Unsupported("it crops: only added zeros are convertible")
    axes = len(x.shape) - 1
    pairs = [(before, after) for before, after in zip(pad[::2], pad[1::2], strict=True)]
    around, channels = tuple(reversed(pairs[:axes])), pairs[axes:]
    padded = F.pad(x.bias, list(pad))
    if padded.shape[0] != 1:
        raise Unsupported("it adds images: only zeros around them, or channels of zeros, are convertible")
    if any(map(any, around)):
        zeros = _unit(x.shape[0], ((0, 0),) * (axes - len(around)) + around)
        x = x.map(lambda term: term.then(zeros), x.bias)
    shift = Identity(pad_channels=channels[0] if channels else (0, 0))
    return x.map(lambda term: shortcut(term, shift), padded)


def _unit(channels: int, padding: tuple[tuple[int, int], ...]) -> Conv:
    """Return the convolution that does nothing but pad; convolutions behind it take its zeros over."""
    return Conv(np.ones((channels, 1, *(1 for _ in padding))), padding=padding, groups=channels)


def reshape(x: Expression, *shape: Any) -> Expression:
    """See each image in another shape, as x.view(x.size(0), -1); or change nothing."""
    wanted = shape if isinstance(shape[0], int) else tuple(shape[0])
    return see(x, tuple(torch.empty(x.size).reshape(wanted).shape))


def reshaped(function: Callable[..., torch.Tensor]) -> Callable[..., Expression]:
    """Return the handler of a function that changes nothing but the shape, whatever the images."""

    def handler(x: Expression, *args: Any, **kwargs: Any) -> Expression:
        two = function(torch.empty((2, *x.size[1:])), *args, **kwargs)
        return see(x, (len(two) - 1, *two.shape[1:]))

    return handler


def squeeze(x: Expression, dim: Any = None) -> Expression:
    """Drop axes of one place."""
    if dim is None:
        raise Unsupported(
            "without axes it also drops that of a single image: name them, as x.squeeze((2, 3))"
        )
    return reshaped(torch.squeeze)(x, dim)


def see(x: Expression, size: tuple[int, ...]) -> Expression:
    """Return the value in the shape (1, ...)."""
    if size == x.size:
        return x
    if size[0] != 1 or not 2 <= len(size) <= 5:
        raise Unsupported(
            "it mixes images or leaves no axis: only within an image, as x.flatten(1), is convertible"
        )
    if size == (1, x.bias.numel()):
        return replace(x, flat=True)
    if x.flat and size[1:] == x.shape:
        return replace(x, flat=False)
    return x.map(lambda term: _regrouped(term, size[1:]), x.bias.reshape(size), flat=False)


def vector(x: Expression) -> Expression:
    """Return a flattened value as one with a channel for each of its numbers."""
    row = (x.bias.numel(),)
    return x.map(lambda term: _regrouped(term, row), x.bias.flatten(1), flat=False) if x.flat else x


def _regrouped(term: Term, shape: tuple[int, ...]) -> Term:
    """Reshape; a factor that would differ within a new channel is multiplied before."""
    each = np.repeat(term.factor, math.prod(shape) // len(term.factor)).reshape(shape[0], -1)
    if np.all(each == each[:, :1]):
        return replace(term, ops=(*term.ops, Reshape(shape)), factor=each[:, 0])
    return replace(term, ops=(*term.ops, Scale(term.factor), Reshape(shape)), factor=np.ones(shape[0]))


def size(x: Expression, dim: int | None = None) -> Any:
    """Return the size of a batch of one image, or of one axis."""
    return x.size if dim is None else x.size[dim]


def shape_of(x: Expression, name: str) -> tuple[int, ...]:
    """Return x.shape."""
    if name != "shape":
        raise Unsupported(f"it reads the attribute {name!r}: only .shape is convertible")
    return x.size


def shortcut(term: Term, op: Identity) -> Term:
    """Append an Identity, as one with an Identity before it."""
    before, after = op.pad_channels
    if op == Identity():
        return term
    term = replace(term, factor=np.pad(term.factor, (before, after), constant_values=1))
    last = term.ops[-1] if term.ops else None
    if not isinstance(last, Identity):
        return term.then(op)
    pads = (last.pad_channels[0] + before, last.pad_channels[1] + after)
    merged = Identity(last.stride * op.stride, pads)
    return replace(term, ops=(*term.ops[:-1], merged))
