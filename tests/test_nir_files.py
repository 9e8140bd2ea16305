"""NIR files that are not what they should be: a gallery of attacks, and mutated bytes."""

import itertools

import h5py
import numpy as np
import pytest
from hostile import mutate, mutations, outcome, refused
from hypothesis import Phase, given, settings

from neurosim import IF, Conv, Input, Layer, Linear, Network, NeurosimError, Projection
from neurosim.nir import from_nir, reading, to_nir

NET = Network(
    [Layer("in", (1, 3, 3), Input()), Layer("a", (2, 3, 3), IF()), Layer("out", (2,), IF(reset="zero"))],
    [
        Projection("in", "a", (Conv(np.arange(18.0).reshape(2, 1, 3, 3), padding=1),)),
        Projection("a", "out", (Linear(np.ones((2, 18))),), np.ones(2)),
    ],
)
TEXT = h5py.string_dtype()


def replace(file, key, value, **options):
    del file[key]
    file.create_dataset(key, data=value, **options)


def edges(*pairs):
    return lambda f: replace(f, "node/edges", np.array(pairs, object), dtype=TEXT)


def nested(file):
    group = file["node/nodes"]
    for _ in range(40):
        group = group.create_group("deep")
        group.create_dataset("type", data="NIRGraph", dtype=TEXT)
        group.create_dataset("edges", data=np.zeros(0))
        group = group.create_group("nodes")


def virtual(file):
    layout = h5py.VirtualLayout((2, 18), "f8")
    layout[:] = h5py.VirtualSource("other.h5", "x", (2, 18))
    del file["node/nodes/out.affine/weight"]
    file.create_virtual_dataset("node/nodes/out.affine/weight", layout)


CHAIN = ["in", "a.conv2d", "a", "out.flatten", "out.affine", "out", "out.output"]
EDGES = list(itertools.pairwise(CHAIN))
IN, A, AFFINE = ("node/nodes/" + name for name in ("in", "a", "out.affine"))
ATTACKS = {
    "soft link": (lambda f: f.__setitem__(f"{A}/w", h5py.SoftLink("/node")), "a soft or external link"),
    "external link": (
        lambda f: f.__setitem__(f"{A}/w", h5py.ExternalLink("o", "/")),
        "a soft or external link",
    ),
    "virtual": (virtual, "a virtual dataset"),
    "huge": (
        lambda f: f.create_dataset(f"{A}/w", (10**9,), "f8", chunks=(1000,)),
        "8000000000 bytes declared",
    ),
    "a cycle of links": (
        lambda f: f.__setitem__(f"{A}/nodes", f["node"]),
        "found a group, expected numbers or text",
    ),
    "a graph in itself": (
        lambda f: f.__setitem__("node/nodes/again", f["node"]),
        "an object that is also elsewhere",
    ),
    "weights used twice": (
        lambda f: f.__setitem__(f"{A}/w", f[f"{AFFINE}/weight"]),
        "an object that is also elsewhere",
    ),
    "deep": (nested, "a graph within graphs, expected at most 16"),
    "name": (lambda f: f.create_group("node/nodes/a\nb"), "printable"),
    "name of a kind": (lambda f: replace(f, f"{A}/type", "x\ny"), "printable"),
    "not utf-8": (lambda f: replace(f, f"{A}/type", np.bytes_(b"\xff\xfe")), "UnicodeDecodeError"),
    "no type": (lambda f: f.__delitem__(f"{A}/type"), "no type"),
    "type of numbers": (lambda f: replace(f, f"{A}/type", 3), "no type"),
    "no version": (lambda f: f.__delitem__("version"), "the version and node"),
    "newer": (lambda f: replace(f, "version", "2.0.0"), "upgrade neurosim"),
    "no edges": (lambda f: f.__delitem__("node/edges"), "contents: found KeyError"),
    "no nodes": (lambda f: f.__delitem__("node/nodes"), "contents: found KeyError"),
    "edges of numbers": (
        lambda f: replace(f, "node/edges", np.zeros((2, 2))),
        "found type float64, expected text",
    ),
    "edges in one column": (lambda f: replace(f, "node/edges", np.array([b"a"])), "expected (edges, 2)"),
    "edge to nowhere": (edges(("in", "b")), "edge 'in' -> 'b' names no node 'b'"),
    "edge twice": (edges(("in", "a"), ("in", "a")), "edge 'in' -> 'a' is there twice"),
    "edge into the input": (edges(*EDGES, ("out", "in")), "leads into an Input"),
    "nothing arrives": (edges(("in", "a")), "sources of shapes [] arrive"),
    "a single node": (lambda f: replace(f, "node/type", "IF"), "found a group"),
    "NaN": (lambda f: replace(f, f"{AFFINE}/weight", np.full((2, 18), np.nan)), "weight holds NaN, infinity"),
    "text for numbers": (
        lambda f: replace(f, f"{AFFINE}/weight", "abc"),
        "weight is 'abc': expected numbers",
    ),
    "missing": (lambda f: f.__delitem__(f"{AFFINE}/weight"), "weight is None: expected numbers"),
    "too wide": (lambda f: replace(f, f"{AFFINE}/bias", np.ones(3)), "bias has shape (3,)"),
    "threshold of 0": (lambda f: replace(f, f"{A}/v_threshold", np.zeros((2, 3, 3))), "IF.threshold is 0.0"),
    "threshold of another shape": (lambda f: replace(f, f"{A}/v_threshold", np.ones((2, 3))), "arrives"),
    "shape of fractions": (
        lambda f: replace(f, f"{IN}/shape", [1.5, 3, 3]),
        "shape has shape (3,) or is not whole",
    ),
    "endless shape": (lambda f: replace(f, f"{IN}/shape", [2**40, 3, 3]), "is not whole"),
    "negative shape": (lambda f: replace(f, f"{IN}/shape", [-1, 3, 3]), "(-1, 3, 3)"),
    "two inputs": (lambda f: f.copy(IN, "node/nodes/more"), "nothing reads it"),
    "kernel": (lambda f: replace(f, "node/nodes/a.conv2d/weight", np.ones((2, 1, 3))), "expected 4 axes"),
    "stride of 0": (lambda f: replace(f, "node/nodes/a.conv2d/stride", [0, 0]), "Conv.stride is"),
    "padding": (lambda f: replace(f, "node/nodes/a.conv2d/padding", "wide"), "padding is 'wide'"),
    "unknown kind": (lambda f: replace(f, f"{A}/type", "Quantum"), "kind 'Quantum' is not one of"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_nir_attacks(attack, tmp_path):
    path = tmp_path / "a.nir"
    to_nir(NET, path)
    build, word = ATTACKS[attack]
    with h5py.File(path, "a") as file:
        build(file)
    with pytest.raises(NeurosimError) as caught:
        from_nir(path, convention="nir")
    message = str(caught.value)
    assert word in message
    assert str(path) in message
    assert message.isprintable()


def test_memory_is_bounded_before_arrays_are_unpacked(tmp_path, monkeypatch):
    to_nir(NET, tmp_path / "a.nir")
    monkeypatch.setitem(reading.LIMITS, "bytes", 500)
    refused(from_nir, tmp_path / "a.nir", "holds more than 500 bytes")


def test_other_files_are_refused(tmp_path):
    (tmp_path / "a.nir").write_bytes(b"PK\x03\x04 archive")
    refused(from_nir, tmp_path / "a.nir", "expected those of HDF5")
    refused(from_nir, tmp_path / "none.nir", "No such file")


@settings(max_examples=100, deadline=None, phases=[Phase.generate])
@given(mutations())
def test_mutated_nir_files_are_read_or_refused_in_one_line(tmp_path, mutation):
    path = tmp_path / "a.nir"
    to_nir(NET, path)
    mutate(path, mutation)
    found = outcome(lambda file: from_nir(file, convention="nir"), path)
    assert isinstance(found, Network) or found.isprintable()
