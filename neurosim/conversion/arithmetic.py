"""Sums, constants and concatenation: how values are put together."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from neurosim.conversion.expression import Expression
from neurosim.conversion.shaping import shortcut, vector
from neurosim.conversion.weighted import scale_channels
from neurosim.errors import InputError, Unsupported
from neurosim.ops import Identity

__all__ = ["add", "cat", "divide", "multiply", "negative", "subtract"]


def add(x: Any, other: Any) -> Expression:
    """Add two values of one shape, or a constant that broadcasts to it."""
    if not isinstance(x, Expression):
        return _shifted(other, x)
    return _sum(x, other) if isinstance(other, Expression) else _shifted(x, other)


def _sum(x: Expression, other: Expression) -> Expression:
    if x.size != other.size:
        raise Unsupported(
            f"it adds shapes {x.size[1:]} and {other.size[1:]}: only equal shapes are convertible"
        )
    if x.shape != other.shape:  # one of them was flattened, the other never had places
        x, other = vector(x), vector(other)
    return replace(x, terms=x.terms + other.terms, bias=x.bias + other.bias)


def subtract(x: Any, other: Any) -> Expression:
    """Subtract two values of one shape, or a constant."""
    return add(x, negative(other) if isinstance(other, Expression) else -_constant(other))


def negative(x: Expression) -> Expression:
    """Change the sign."""
    return multiply(x, -1.0)


def multiply(x: Any, other: Any) -> Expression:
    """Multiply by a constant that has one value a channel."""
    if isinstance(x, Expression) and isinstance(other, Expression):
        raise Unsupported("it multiplies two values of the network: only a constant factor is convertible")
    value, factor = (x, other) if isinstance(x, Expression) else (other, x)
    full = _fitting(value, _constant(factor)).expand(value.size).reshape(len(value.bias[0]), -1)
    if not bool((full == full[:, :1]).all()):
        raise Unsupported("its factor differs within a channel: only one a channel is convertible")
    return scale_channels(value, full[:, 0].numpy())


def divide(x: Any, other: Any) -> Expression:
    """Divide by a constant that has one value a channel."""
    if isinstance(other, Expression):
        raise Unsupported("it divides by a value of the network: only by a constant is convertible")
    divisor = _constant(other)
    if not bool(divisor.all()):
        raise InputError("it divides by 0")
    return multiply(x, 1 / divisor)


def cat(tensors: Sequence[Any], dim: int = 0) -> Expression:
    """Put values side by side along their channels."""
    if not all(isinstance(part, Expression) for part in tensors):
        raise Unsupported("it joins a constant: only values of the network are convertible")
    rank = len(tensors[0].size)
    if dim not in (1, 1 - rank):
        raise Unsupported(f"it joins along axis {dim}: only along channels, axis 1, is convertible")
    parts = [vector(part) for part in tensors]
    bias = torch.cat([part.bias for part in parts], 1)
    ends = list(itertools.accumulate(part.shape[0] for part in parts))
    terms = [
        shortcut(term, Identity(pad_channels=(end - part.shape[0], ends[-1] - end)))
        for part, end in zip(parts, ends, strict=True)
        for term in part.terms
    ]
    return Expression(tuple(terms), bias)


def _shifted(x: Expression, constant: Any) -> Expression:
    shift = _fitting(x, _constant(constant))
    return replace(x, bias=(x.bias.reshape(x.size) + shift).reshape(x.bias.shape))


def _fitting(x: Expression, constant: torch.Tensor) -> torch.Tensor:
    """Return the constant if it broadcasts to the value's shape."""
    if (torch.empty(x.size) + constant).shape != x.size:
        raise Unsupported(
            f"its constant has shape {tuple(constant.shape)} and the value {x.size}: only one that "
            "broadcasts to it, alike for all images, is convertible"
        )
    return constant


def _constant(value: Any) -> torch.Tensor:
    """Return a number or tensor in double precision, which holds each of them exactly."""
    constant = torch.as_tensor(value, dtype=torch.float64)
    if not bool(torch.isfinite(constant).all()):
        raise InputError("its constant contains NaN or infinity: give finite values")
    return constant
