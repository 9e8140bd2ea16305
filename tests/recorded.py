"""A small run, made up: what the tests of recordings share."""

from dataclasses import replace
from itertools import accumulate, pairwise

import numpy as np
import pytest

from neurosim.recording import Chunk, Header, PackedSpikes, Potential, Recording, parse_record

SHAPES = {"input": (1, 2, 2), "conv": (3, 2, 2), "fc": (4,)}
CHOSEN = (11, 0, 5)
STEPS, DT = 5, 1e-3


def dense(images, seed=0):
    """Sparse signed strengths of every layer, (images, STEPS, *shape); the last layer accumulates."""
    random = np.random.default_rng(seed)
    values = {
        name: random.integers(-2, 4, (images, STEPS, *shape)) * (random.random((images, STEPS, *shape)) < 0.3)
        for name, shape in SHAPES.items()
    }
    return values, random.normal(size=(images, STEPS, 4)), random.normal(size=(images, STEPS, len(CHOSEN)))


def packed(strengths):
    """Signed strengths as a device hands them over."""
    return PackedSpikes.from_dense(strengths, np.dtype(np.int8))


def chunk(images, seed=0, spiking=False):
    """Everything a device could hand over."""
    strengths, output, potential = dense(images, seed)
    spikes = {name: packed(values) for name, values in strengths.items()}
    if not spiking:
        del spikes["fc"]
    return Chunk(
        images,
        spikes,
        outputs={} if spiking else {"fc": output},
        potentials={"conv": potential},
    )


def header(record="spikes", spiking=False, **changes):
    fields = {"layers": SHAPES, "steps": STEPS, "dt": DT, "latency": {"input": 0, "conv": 1, "fc": 2}}
    fields |= {"graded": tuple(SHAPES) if spiking else ("input", "conv")}
    fields |= {"outputs": ("fc",), "record": parse_record(record, SHAPES), "provenance": {"seed": 1}}
    return Header(**{**fields, **changes})


def accumulating(path):
    """A recording of one image and one layer, "fc", that accumulates; with its potentials."""
    shapes = {"fc": (4,)}
    record = parse_record({"fc": Potential()}, shapes)
    said = replace(header(), layers=shapes, latency={"fc": 1}, graded=(), record=record)
    output = np.arange(20.0).reshape(1, STEPS, 4)
    return Recording.write(path, said, [Chunk(1, {}, outputs={"fc": output}, potentials={"fc": output})])


FULL = {"input": "spikes", "conv": ("spikes", Potential(CHOSEN)), "fc": "spikes"}


def cut(whole, pieces):
    return [whole.take(start, stop) for start, stop in pairwise(accumulate(pieces, initial=0))]


def refused(kind, message, call, *args):
    with pytest.raises(kind) as caught:
        call(*args)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
