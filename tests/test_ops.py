"""Maps: equal to torch, summed in the contract's order bit by bit, and refused by name."""

import functools
import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from op_cases import KINDS, applied, cases, dyadic, real
from torch_ops import IN_TORCH

from neurosim.errors import InputError
from neurosim.ops import (
    OPS,
    AdaptiveAvgPool,
    AvgPool,
    Conv,
    Identity,
    Linear,
    MaxPool,
    Reshape,
    Scale,
    synapses,
)

# ---- torch, where every sum is exact


DIVISIBLE = 12.0**3
"""Multiples of it stay exact when they are divided by a window of up to 4 in each of three axes."""


@pytest.mark.parametrize("kind", IN_TORCH)
@given(data=st.data())
def test_ops_are_torchs(kind, data):
    op, x = data.draw(cases(kind, dyadic))
    assume(kind != "AvgPool" or x.ndim < 5 or np.all(np.array(x.shape[2:]) >= op.kernel))  # torch's own rule
    x = x * DIVISIBLE
    expected = IN_TORCH[kind](op, torch.from_numpy(x)).numpy()
    found = applied(op, x)
    assert op.output_shape(x.shape[1:]) == expected.shape[1:]
    if kind == "AdaptiveAvgPool":  # torch divides once an axis, and windows may be of 5 to 7
        np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-12)
    else:
        np.testing.assert_array_equal(found, expected)


def test_every_op_is_tested():
    assert IN_TORCH.keys() == KINDS.keys() == OPS.keys()


def test_add_adds():
    x, out = np.ones((1, 2, 3)), np.full((1, 2, 3), 10.0)
    for op in (Scale(2), Identity(), AvgPool(1), Conv(np.eye(2)[:, :, None])):
        op.add(x, out)
    assert (out == 15).all()


# ---- the contract's order of sums, by a loop over targets and their sources


def sources(shape):
    """Every index of a source (channel first), in ascending channels-last index."""
    for last in itertools.product(*map(range, (*shape[1:], shape[0]))):
        yield (last[-1], *last[:-1])


def conv_weight(op, target, source):
    """Return the weight between a target and a source, or None where they are not connected."""
    out, into = op.weight.shape[0] // op.groups, op.weight.shape[1]
    if target[0] // out != source[0] // into:
        return None
    taps = []
    for axis, (j, i) in enumerate(zip(target[1:], source[1:], strict=True)):
        tap, off = divmod(i + op.padding[axis][0] - j * op.stride[axis], op.dilation[axis])
        if off or not 0 <= tap < op.kernel[axis]:
            return None
        taps.append(tap)
    return op.weight[(target[0], source[0] % into, *taps)]


def linear_weight(op, shape, target, source):
    return op.weight[target[0], np.ravel_multi_index(source, shape)]


def pool_weight(windows, target, source):
    """Return 1 where a source lies in an average's window, else None."""
    axes = zip(windows, target[1:], source[1:], strict=True)
    return 1 if target[0] == source[0] and all(w.start[j] <= i < w.stop[j] for w, j, i in axes) else None


def rule(op, shape):
    """Return the function from target and source to their weight, and the divisor of every target."""
    if isinstance(op, AvgPool):
        return functools.partial(pool_weight, op.windows(shape)), op.divisor(shape)
    weights = {Conv: functools.partial(conv_weight, op), Linear: functools.partial(linear_weight, op, shape)}
    return weights[type(op)], np.ones(op.output_shape(shape)[1:])


def summed(weight, x, target, dtype):
    """Return what a target receives from sources x of one image: one rounding a product, one a sum."""
    total = dtype(0)
    for source in sources(x.shape):
        w = weight(target, source)
        if w is not None:
            total = total + dtype(w) * x[source]
    return total


@pytest.mark.parametrize("kind", ["Conv", "Linear", "AvgPool"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@given(data=st.data())
def test_terms_are_added_one_by_one_in_channels_last_order(kind, dtype, data):
    op, x = data.draw(cases(kind, real))
    x = x[:1].astype(dtype)
    found = applied(op, x, dtype)
    weight, divisor = rule(op, x.shape[1:])
    for target in data.draw(st.permutations(list(np.ndindex(found.shape[1:]))))[:12]:
        assert found[0][target] == summed(weight, x[0], target, dtype) / dtype(divisor[target[1:]])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_an_average_is_a_sum_divided_once(dtype):
    """49 ones: 49/49 is 1, where 49 times 1/49 is not."""
    ones = np.ones((1, 1, 7, 7))
    for op in (AvgPool(7), AdaptiveAvgPool(1)):
        assert applied(op, ones, dtype).tolist() == [[[[1.0]]]]


# ---- connections


def dense(ops, shape):
    """Return the matrix (targets, sources) of a chain, by pushing unit vectors through it."""
    pushed = np.eye(math.prod(shape)).reshape(-1, *shape)
    for op in ops:
        pushed = applied(op, pushed)
    return pushed.reshape(len(pushed), -1).T


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_reach_is_where_the_dense_matrix_is_not_zero(kind, data):
    op, x = data.draw(cases(kind, real))
    shape = x.shape[1:]
    connected = functools.reduce(np.kron, op.reach(shape))
    np.testing.assert_array_equal(connected, dense([op], shape) != 0)
    assert synapses([op], shape) == connected.sum()


POSITIVE = np.random.default_rng(0).random((4, 4, 3, 3)) + 0.1
CHAINS = {
    "pool, conv": (AvgPool(2), Conv(POSITIVE, padding=1)),
    "conv, conv": (Conv(POSITIVE, dilation=2, padding=1), Conv(POSITIVE[:, :2], groups=2, padding=1)),
    "strided": (Identity(stride=2), Conv(POSITIVE, padding=1), Scale(2)),
    "pool, linear": (AvgPool(3, 1, 1), AdaptiveAvgPool(2), Linear(POSITIVE.reshape(9, 16)), Scale(3)),
    "linear, linear": (Linear(POSITIVE.reshape(1, 144)), Linear(POSITIVE.reshape(144, 1))),
    "max": (MaxPool(3, 2, 1),),
    "flattened": (AvgPool(2), Reshape((36,)), Linear(POSITIVE.reshape(4, 36))),
    "reshaped": (Reshape((2, 12, 6)), AvgPool(2), Reshape((4, 9)), AvgPool(3, 2), Reshape((2, 8)), Scale(2)),
    "turned": (AvgPool(3, 1, 1), Reshape((6, 4, 6)), AvgPool(2), Reshape((36,)), Reshape((4, 9))),
    "joined": (AvgPool(3, 1, 1), Reshape((24, 6)), AvgPool(2), Reshape((24, 3, 1)), Scale(2)),
    "joined first": (Reshape((1, 24, 6)), AvgPool(2), Reshape((12, 3)), AvgPool(3), Scale(3)),
    "padded channels": (Identity(2, (1, 2)), Identity(1, (3, 0))),
}


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
def test_synapses_of_a_chain(chain):
    shape = (4, 6, 6)
    assert synapses(chain, shape) == np.count_nonzero(dense(chain, shape))


def test_bands_that_become_channels_are_counted_at_once():
    chain = Reshape((576, 34, 163)), Conv(np.ones((64, 576, 3, 3))), Scale(0.5)
    assert synapses(chain, (32, 18, 34, 163)) == 64 * 32 * 161 * 576 * 9


# ---- descriptions


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_ops_are_values(kind, data):
    op, _ = data.draw(cases(kind, dyadic))
    weight = next((value for value in vars(op).values() if isinstance(value, np.ndarray)), np.zeros(()))
    assert weight.size > 64 or eval(repr(op), {"np": np, **OPS}) == op
    assert op == type(op)(**vars(op))
    assert hash(op) == hash(type(op)(**vars(op)))


def test_the_sign_of_a_zero_weight_is_not_kept():
    one, other = Linear([[0.0, 1.0]]), Linear([[-0.0, 1.0]])
    assert one == other
    assert hash(one) == hash(other)


def test_geometry_is_kept_as_plain_integers():
    op = Conv(np.ones((4, 1, 3)), np.int64(2), padding=[np.int32(1)], groups=np.int64(2))
    assert op == Conv(np.ones((4, 1, 3)), (2,), ((1, 1),), (1,), 2)
    assert {type(n) for n in (op.groups, *op.stride, *op.padding[0])} == {int}
    assert AvgPool([2, 2], stride=(2, 3)) == AvgPool(2, (2, 3))
    assert AdaptiveAvgPool((np.int64(3), 3)) == AdaptiveAvgPool(3)
    assert not np.shares_memory(op.weight, Conv(op.weight).weight)


def ones(*shape):
    return np.ones(shape)


NO_NUMBERS = "Linear.weight is no array of numbers: give numbers in 2 axes"
POOL = "does not fit a source of shape"
FIT = "the kernel must fit the padded source, the padding half the kernel"
REFUSALS = {
    # what an op is made of
    "weight rank": (
        lambda: Conv(ones(3, 3)),
        "Conv.weight is of shape (3, 3): give numbers in 3 or 4 or 5 axes",
    ),
    "weight type": (
        lambda: Linear([["a"]]),
        NO_NUMBERS,
    ),
    "weight empty": (
        lambda: Linear(ones(0, 4)),
        NO_NUMBERS,
    ),
    "weight ragged": (
        lambda: Linear([[1], [1, 2]]),
        NO_NUMBERS,
    ),
    "weight NaN": (
        lambda: Linear([[1, math.nan, math.inf]]),
        "Linear.weight holds 2 NaN or infinite values",
    ),
    "stride zero": (
        lambda: Conv(ones(1, 1, 3, 3), stride=0),
        "Conv.stride is 0: give a whole number >= 1, or 2 of them",
    ),
    "stride fraction": (
        lambda: Conv(ones(1, 1, 3, 3), stride=1.5),
        "Conv.stride is 1.5: give a whole number >= 1, or 2 of them",
    ),
    "stride count": (
        lambda: Conv(ones(1, 1, 3, 3), stride=(1, 1, 1)),
        "Conv.stride is (1, 1, 1): give a whole number >= 1, or 2 of them",
    ),
    "dilation": (
        lambda: Conv(ones(1, 1, 3), dilation=-1),
        "Conv.dilation is -1: give a whole number >= 1",
    ),
    "padding": (
        lambda: Conv(ones(1, 1, 3, 3), padding=-1),
        "Conv.padding is -1: give a whole number >= 0, or 2 of them",
    ),
    "padding pairs": (
        lambda: Conv(ones(1, 1, 3, 3), padding=((1, 1), (1, 1, 1))),
        "Conv.padding is (1, 1, 1): give a whole number >= 0, or 2 of them",
    ),
    "padding count": (
        lambda: Conv(ones(1, 1, 3), padding=(1, 1)),
        "Conv.padding is (1, 1): give one number or one (before, after) an axis",
    ),
    "groups": (
        lambda: Conv(ones(4, 1, 3), groups=3),
        "Conv.groups is 3: it must divide the 4 output channels of the weight",
    ),
    "groups zero": (lambda: Conv(ones(4, 1, 3), groups=0), "Conv.groups is 0: give a whole number >= 1"),
    "groups truth": (
        lambda: Conv(ones(4, 1, 3), groups=True),
        "Conv.groups is True: give a whole number >= 1",
    ),
    "kernel": (lambda: AvgPool(0), "AvgPool.kernel is 0: give a whole number >= 1"),
    "pool stride": (lambda: AvgPool(2, 0), "AvgPool.stride is 0: give a whole number >= 1"),
    "pool padding": (lambda: AvgPool(2, padding=-1), "AvgPool.padding is -1: give a whole number >= 0"),
    "ceil": (lambda: AvgPool(2, ceil_mode=1), "AvgPool.ceil_mode is 1: it must be one of True, False"),
    "size": (lambda: AdaptiveAvgPool(0), "AdaptiveAvgPool.size is 0: give a whole number >= 1"),
    "identity": (lambda: Identity(stride=0), "Identity.stride is 0: give a whole number >= 1"),
    "channels": (
        lambda: Identity(pad_channels=(1, -1)),
        "Identity.pad_channels is (1, -1): give a whole number >= 0, or 2 of them",
    ),
    "factor": (lambda: Scale(math.nan), "Scale.factor is nan: it must lie in (-inf, inf)"),
    "max kernel": (lambda: MaxPool(0), "MaxPool.kernel is 0: give a whole number >= 1"),
    "max stride": (
        lambda: MaxPool(2, (1, 0)),
        "MaxPool.stride is (1, 0): give a whole number >= 1, or 2 of them",
    ),
    "max rule": (
        lambda: MaxPool(2, rule="rate"),
        "MaxPool.rule is 'rate': it must be one of 'count', 'step'",
    ),
    "new shape": (lambda: Reshape(8), "Reshape.shape is 8: give 1 to 4 sizes, each >= 1"),
    "new shape open": (lambda: Reshape((2, -1)), "Reshape.shape is (2, -1): give 1 to 4 sizes, each >= 1"),
    "new shape empty": (lambda: Reshape(()), "Reshape.shape is (): give 1 to 4 sizes, each >= 1"),
    # what it is put on
    "conv rank": (
        lambda: Conv(ones(1, 1, 3, 3)).output_shape((1, 8)),
        "Conv with a 2-D kernel does not fit a source of shape (1, 8)",
    ),
    "conv channels": (
        lambda: Conv(ones(4, 3, 3, 3), groups=2).output_shape((3, 8, 8)),
        "Conv expects 6 input channels and the source of shape (3, 8, 8) has 3",
    ),
    "conv kernel": (
        lambda: Conv(ones(1, 1, 3, 3), dilation=3, padding=1).output_shape((1, 8, 4)),
        "Conv's kernel (3, 3) with dilation (3, 3) is larger than the padded source of shape (1, 8, 4): "
        "pad it",
    ),
    "linear": (
        lambda: Linear(ones(4, 10)).output_shape((3, 2, 2)),
        "Linear expects 10 inputs and the source of shape (3, 2, 2) has 12",
    ),
    "pool too large": (
        lambda: AvgPool(5).output_shape((1, 8, 4)),
        f"AvgPool with kernel 5 and padding 0 {POOL} (1, 8, 4): {FIT}",
    ),
    "pool padded too far": (
        lambda: AvgPool(3, padding=2).output_shape((1, 8, 8)),
        f"AvgPool with kernel 3 and padding 2 {POOL} (1, 8, 8): {FIT}",
    ),
    "pool flat": (
        lambda: AvgPool(1).output_shape((7,)),
        f"AvgPool with kernel 1 and padding 0 {POOL} (7,): {FIT}",
    ),
    "pool rank": (
        lambda: AvgPool((2, 3)).output_shape((1, 8)),
        "AvgPool.kernel is (2, 3): give a whole number >= 1",
    ),
    "max padded too far": (
        lambda: MaxPool(2, padding=2).output_shape((1, 8, 8)),
        f"MaxPool with kernel 2 and padding 2 {POOL} (1, 8, 8): {FIT}",
    ),
    "reshape": (
        lambda: Reshape((2, 8)).output_shape((3, 5)),
        "Reshape to (2, 8) takes 16 neurons and the source of shape (3, 5) has 15",
    ),
    "adaptive flat": (
        lambda: AdaptiveAvgPool(1).output_shape((7,)),
        f"AdaptiveAvgPool {POOL} (7,): it has no spatial axis",
    ),
    "scale channels": (
        lambda: Scale([1, 2]).output_shape((3, 2)),
        "Scale has factors of shape (2,) and the source has shape (3, 2): give a scalar, (3,) "
        "(one a channel) or (3, 2) (one a neuron)",
    ),
    "scale neurons": (
        lambda: Scale(ones(2, 3)).output_shape((3, 2)),
        "Scale has factors of shape (2, 3) and the source has shape (3, 2): give a scalar, (3,) (one a "
        "channel) or (3, 2) (one a neuron)",
    ),
}


@pytest.mark.parametrize(("make", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(make, message):
    with pytest.raises(InputError) as caught:
        make()
    assert str(caught.value) == message
