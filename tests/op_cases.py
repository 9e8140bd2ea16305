"""Random maps with a source shape that they fit: what the tests of ops draw from."""

import math

import numpy as np
from hypothesis import strategies as st

from neurosim.errors import InputError
from neurosim.ops import AdaptiveAvgPool, AvgPool, Conv, Identity, Linear, MaxPool, Reshape, Scale

__all__ = ["KINDS", "applied", "cases", "dyadic", "factored", "real"]

sizes, seeds = st.integers(1, 7), st.integers(0, 2**32 - 1)


def dyadic(random, shape):
    """Multiples of 1/64: their products and sums are exact."""
    return random.integers(-128, 129, shape) / 64


def real(random, shape):
    return random.normal(size=shape)


def applied(op, x, dtype=np.float64):
    """Return the projection of sources (images, *shape), starting from 0."""
    out = np.zeros((len(x), *op.output_shape(x.shape[1:])), dtype)
    op.add(np.asarray(x, dtype), out)
    return out


@st.composite
def convolutions(draw, random, values):
    rank, groups = draw(st.integers(1, 3)), draw(st.sampled_from([1, 1, 2, 5]))
    per_axis = lambda most, least=1: draw(st.tuples(*[st.integers(least, most)] * rank))  # noqa: E731
    into = draw(st.integers(1, 3)) if groups < 5 else 1  # depthwise
    weight = values(random, (groups * draw(sizes), into, *per_axis(4)))
    padding = draw(st.tuples(*[st.tuples(st.integers(0, 2), st.integers(0, 2))] * rank))
    op = Conv(weight, per_axis(3), padding, per_axis(2), groups)
    return op, (groups * weight.shape[1], *per_axis(6))


@st.composite
def linears(draw, random, values):
    shape = draw(st.lists(st.integers(1, 3), min_size=1, max_size=4).map(tuple))
    return Linear(values(random, (draw(sizes), int(np.prod(shape))))), shape


@st.composite
def pools(draw, random, values):
    rank = draw(st.integers(1, 3))
    kernel = draw(st.tuples(*[st.integers(1, 4)] * rank))
    stride = draw(st.none() | st.tuples(*[st.integers(1, 4)] * rank))
    padding = tuple(draw(st.integers(0, size // 2)) for size in kernel)
    op = AvgPool(kernel, stride, padding, draw(st.booleans()), draw(st.booleans()))
    return op, (draw(st.integers(1, 3)), *draw(st.tuples(*[st.integers(1, 9)] * rank)))


@st.composite
def maxima(draw, random, values):
    kernel = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
    stride = draw(st.none() | st.tuples(*[st.integers(1, 4)] * len(kernel)))
    padding = tuple(draw(st.integers(0, size // 2)) for size in kernel)
    op = MaxPool(kernel, stride, padding, draw(st.sampled_from(["count", "step"])))
    return op, (draw(st.integers(1, 3)), *draw(st.tuples(*[st.integers(1, 9)] * len(kernel))))


@st.composite
def reshapes(draw, random, values):
    shape = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple))
    return Reshape(factored(math.prod(shape), random)), shape


def factored(size, random):
    """Return a random shape of `size` neurons."""
    shape = []
    for _ in range(random.integers(0, 4)):
        shape.append(int(random.choice([n for n in range(1, size + 1) if size % n == 0])))
        size //= shape[-1]
    return (*shape, size)


@st.composite
def adaptive_pools(draw, random, values):
    rank = draw(st.integers(1, 3))
    shape = draw(st.tuples(*[st.integers(1, 7)] * rank))
    return AdaptiveAvgPool(draw(st.tuples(*[st.integers(1, 5)] * rank))), (draw(sizes), *shape)


@st.composite
def identities(draw, random, values):
    op = Identity(draw(st.integers(1, 3)), draw(st.tuples(st.integers(0, 2), st.integers(0, 2))))
    return op, draw(st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple))


@st.composite
def scales(draw, random, values):
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple))
    return Scale(values(random, draw(st.sampled_from([(), shape[:1], shape])))), shape


KINDS = {
    "Conv": convolutions,
    "Linear": linears,
    "AvgPool": pools,
    "AdaptiveAvgPool": adaptive_pools,
    "Identity": identities,
    "MaxPool": maxima,
    "Reshape": reshapes,
    "Scale": scales,
}


@st.composite
def cases(draw, kind, values):
    """An op of a kind, and sources (images, *shape) that it fits."""
    random = np.random.default_rng(draw(seeds))
    op, shape = draw(KINDS[kind](random, values).filter(lambda case: _fits(*case)))
    return op, values(random, (2, *shape))


def _fits(op, shape):
    try:
        op.output_shape(shape)
    except InputError:
        return False
    return True
