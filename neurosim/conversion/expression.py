"""What a tensor of the traced network is: a sum of linear images of layers' activations, plus a constant."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from neurosim.errors import Unsupported
from neurosim.ops import Identity, Op, Scale

__all__ = ["Expression", "Term"]

Array = npt.NDArray[np.float64]

IMAGES = {1: "sequences (C, L)", 2: "images (C, H, W)", 3: "volumes (C, D, H, W)"}


@dataclass(frozen=True, eq=False)
class Term:
    """One layer's strengths behind a chain of linear maps: `factor` times `ops` of the source.

    The factor waits for the next weights, which absorb it, so that strengths stay integers through
    averages and shortcuts; it commutes with them, being one number a channel.

    Attributes
    ----------
    source
        Name of the layer.
    depth
        Layers from the input to the source.
    ops
        The chain so far.
    factor : (C,)
        One a channel of what the chain gives; begins as the source's threshold.
    module
        Path of the last module with weights on the way, or empty.
    """

    source: str
    depth: int
    factor: Array
    ops: tuple[Op, ...] = ()
    module: str = ""

    def then(self, op: Op) -> "Term":
        """Return the term with one more map, through which the factor passes unchanged."""
        return replace(self, ops=(*self.ops, op))

    def weighted(self, op: Op, channels: int) -> "Term":
        """Return the term with weights at its end that have absorbed the factor."""
        return replace(self, ops=(*self.ops, op), factor=np.ones(channels))

    def chain(self) -> tuple[Op, ...]:
        """Return the ops with what is left of the factor as a `Scale`."""
        if np.all(self.factor == 1):
            return self.ops or (Identity(),)
        equal = np.all(self.factor == self.factor[0])
        return (*self.ops, Scale(float(self.factor[0]) if equal else self.factor))


@dataclass(frozen=True, eq=False)
class Expression:
    """The value of one node of the traced graph, for one image.

    Attributes
    ----------
    terms
        Added in this order.
    bias : (1, *shape) float64
        The constant at every place, pushed through torch's own operations; its shape is the value's.
    flat
        The value is seen flattened; shapes here stay those of before.
    """

    terms: tuple[Term, ...]
    bias: torch.Tensor
    flat: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one image, channels first, before any flattening."""
        return tuple(self.bias.shape[1:])

    @property
    def size(self) -> tuple[int, ...]:
        """What torch's `size()` says for one image."""
        return (1, self.bias.numel()) if self.flat else tuple(self.bias.shape)

    @property
    def module(self) -> str:
        """Path of the last module with weights on the longest way from the input."""
        return max(self.terms, key=lambda term: term.depth).module

    @property
    def is_activation(self) -> bool:
        """Whether it is what one layer of neurons says, but for a positive factor."""
        first, *others = self.terms
        plain = not others and not first.ops and first.depth > 0 and not self.bias.any()
        return bool(plain and np.all(first.factor > 0))

    def check_image(self, axes: int) -> None:
        """Raise Unsupported unless the value has channels and so many spatial axes."""
        if self.flat or len(self.shape) != axes + 1:
            raise Unsupported(f"it takes shape {self.size[1:]}: only {IMAGES[axes]} are convertible")

    def map(self, change: Callable[[Term], Term], bias: torch.Tensor, **changes: Any) -> "Expression":
        """Return the expression with every term changed alike and another constant."""
        return replace(self, terms=tuple(map(change, self.terms)), bias=bias, **changes)

    def named(self, module: str) -> "Expression":
        """Return the expression as made by the weights of `module`."""
        return self.map(lambda term: replace(term, module=module), self.bias)

    def constant(self) -> Array | None:
        """Return the bias as (C,) where each channel has one value, else in full; None where it is 0."""
        bias: Array = self.bias[0].numpy()
        first = bias.reshape(len(bias), -1)[:, 0]
        if np.all(bias == first.reshape(-1, *(1,) * (bias.ndim - 1))):
            return first if first.any() else None
        return bias
