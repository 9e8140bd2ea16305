"""What the tests of NIR files share: small graphs in the `nir` package's own words, and random networks."""

import numpy as np
from hypothesis import strategies as st

from neurosim import (
    IF,
    LIF,
    Accumulate,
    AvgPool,
    Conv,
    Identity,
    Input,
    Layer,
    Linear,
    Network,
    Projection,
    Reshape,
    Scale,
)

SIZE = 4
dyadic = st.integers(-16, 16).map(lambda n: n / 8)
positive = st.integers(1, 32).map(lambda n: n / 8)


def arrays(values, shape):
    count = int(np.prod(shape))
    return st.lists(values, min_size=count, max_size=count).map(lambda drawn: np.reshape(drawn, shape))


def parameter(values, shape):
    """A scalar, one a channel, or one a neuron; sometimes all alike."""
    alike = values.map(lambda value: np.full(shape, value))
    return st.one_of(values, arrays(values, shape[:1]), arrays(values, shape), alike)


def neurons(shape):
    common = {"threshold": parameter(positive, shape), "strict": st.booleans()}
    leaks = parameter(st.floats(0, 0.999), shape)
    taus = parameter(st.floats(1e-3, 1), shape)
    return st.one_of(
        st.builds(IF, reset=st.sampled_from(["subtract", "zero"]), **common),
        *(
            st.builds(LIF, reset=st.sampled_from(["subtract", "zero", "delayed"]), **leak, **common)
            for leak in ({"leak": leaks}, {"tau": taus})
        ),
    )


@st.composite
def chains(draw, shape):
    """Ops that keep a shape (C, H, W), and a bias where NIR can have one."""
    channels, *_ = shape
    weights = arrays(dyadic, (channels, channels, 3, 3))
    conv = st.builds(Conv, weights, padding=st.just(1))
    others = st.one_of(
        st.just(AvgPool(3, 1, 1)),
        st.builds(Scale, st.one_of(dyadic, arrays(dyadic, (channels,)))),
        st.builds(
            Conv,
            arrays(dyadic, (channels, 1, 2, 2)),
            st.just(1),
            st.just(((0, 1), (0, 1))),
            st.just(1),
            st.just(channels),
        ),
        conv,
    )
    ops = draw(st.lists(others, max_size=2)) or [Identity()]
    bias = draw(st.none() | arrays(dyadic, (channels,))) if isinstance(ops[-1], Conv) else None
    return tuple(ops), bias


@st.composite
def networks(draw):
    """Nets that NIR can say: picture layers, shortcuts, loops with a delay, a vector and a read-out."""
    shape = (draw(st.integers(1, 2)), SIZE, SIZE)
    names = ["in", *draw(st.permutations(["a", "b.c", "d e"]))[: draw(st.integers(1, 3))]]
    layers = [Layer("in", shape, Input()), *(Layer(n, shape, draw(neurons(shape))) for n in names[1:])]
    projections = []
    for number, name in enumerate(names[1:], 1):
        for source in {names[number - 1], draw(st.sampled_from(names[:number]))}:
            ops, bias = draw(chains(shape))
            projections.append(Projection(source, name, ops, bias, draw(st.integers(0, 2))))
    if draw(st.booleans()) and len(names) > 2:
        ops, bias = draw(chains(shape))
        projections.append(Projection(names[-1], names[1], ops, bias, len(names)))
    size = int(np.prod(shape))
    weight = draw(
        st.integers(0, 99).map(lambda seed: np.random.default_rng(seed).integers(-8, 9, (3, size)) / 8)
    )
    flat = draw(st.sampled_from([(), (Reshape((size,)),), (Reshape((shape[0], SIZE * SIZE)),)]))
    layers.append(Layer("out", (3,), draw(st.one_of(st.just(Accumulate()), neurons((3,))))))
    projections.append(
        Projection(names[-1], "out", (*flat, Linear(weight)), draw(st.none() | arrays(dyadic, (3,))))
    )
    order = draw(st.permutations(layers))
    return Network(order, projections, draw(st.sampled_from([None, ("x", "y", "ü z")])))
