"""Network files: whatever is written in them, a reader gets an equal network or a refusal in one line."""

import json

import numpy as np
import pytest
from hostile import mutate, mutations, outcome, refused
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.files import read_safetensors, write_safetensors
from neurosim.layers import Layer, Projection
from neurosim.manifest import decode, encode
from neurosim.network import Network
from neurosim.neurons import BMIF, LIF, Accumulate, Input
from neurosim.ops import AvgPool, Conv, Identity, Linear

NETWORK = Network(
    [
        Layer("in", (1, 4, 4), Input(std=[0.5], low=0)),
        Layer("a", (2, 2, 2), BMIF([1, 2], strength=[3, np.inf])),
        Layer("out", (2,), Accumulate()),
        Layer("b", (2,), LIF(tau=0.01)),
    ],
    [
        Projection("in", "a", (AvgPool((2, 2), 1), Conv(np.full((2, 1, 2, 2), 0.1))), [1, 2], delay=1),
        Projection("a", "a", Identity(), delay=1),
        Projection("a", "out", Linear(np.ones((2, 8)))),
        Projection("a", "b", Linear(np.ones((2, 8)))),
    ],
    classes=["cat", "dog"],
)


@pytest.fixture
def stored(tmp_path):
    """The manifest, tensors and metadata of NETWORK's file, and the path of another file to write."""
    NETWORK.save(tmp_path / "net")
    tensors, metadata = read_safetensors(tmp_path / "net")
    return json.loads(metadata["neurosim"]), tensors, metadata, tmp_path / "other"


def rewritten(stored, change=lambda manifest, tensors: None, **metadata):
    """Write the file again with a changed manifest, tensors or metadata, and return its path."""
    manifest, tensors, known, path = stored
    change(manifest, tensors)
    write_safetensors(path, tensors, {**known, "neurosim": json.dumps(manifest), **metadata})
    return path


def setter(*keys, value):
    """Return a change that puts `value` where the keys lead to."""

    def change(manifest, tensors):
        for key in keys[:-1]:
            manifest = manifest[key]
        manifest[keys[-1]] = value

    return change


def emptied(layers):
    """Return a change that leaves nothing but `layers`."""

    def change(manifest, tensors):
        manifest.update(layers=layers, projections=[])
        tensors.clear()

    return change


def remover(*keys):
    def change(manifest, tensors):
        for key in keys[:-1]:
            manifest = manifest[key]
        del manifest[keys[-1]]

    return change


def test_the_file_is_read_again_as_it_was_written(stored):
    assert Network.load(rewritten(stored)) == NETWORK


def test_a_manifest_holds_data_only(stored):
    """No equations, no code: a neuron is a name and numbers."""
    neuron = stored[0]["layers"][3]["neuron"]
    assert neuron == {
        "type": "LIF",
        "threshold": 1.0,
        "leak": None,
        "tau": 0.01,
        "reset": "subtract",
        "initial": 0.0,
        "lower_bound": None,
        "strict": False,
    }


WEIGHT = "projections/0/ops/1/weight"
NEURON = ("layers", 1, "neuron")
CHANGES = {
    "unknown type": (
        setter(*NEURON, "type", value="Evil"),
        "layers/1/neuron: type 'Evil' is not one of ALIF, Accumulate, AdaptiveAvgPool, AvgPool, BMIF, ",
    ),
    "no type": (remover(*NEURON, "type"), "layers/1/neuron: type None is not one of "),
    "type is a list": (setter(*NEURON, "type", value=["BMIF"]), "type ['BMIF'] is not one of "),
    "unknown field": (setter("layers", 0, "code", value="x=1"), "layers/0: fields are ['code', 'name', "),
    "missing field": (
        remover("layers", 0, "name"),
        "fields are ['neuron', 'shape', 'type'], expected ['name', ",
    ),
    "unknown part": (setter("equations", value="dv/dt = 1"), "the manifest holds ['classes', 'equations', "),
    "missing part": (
        remover("classes"),
        "the manifest holds ['layers', 'projections', 'version'], expected ",
    ),
    "tensor is missing": (lambda m, t: t.pop(WEIGHT), f"tensor '{WEIGHT}' is not in the file"),
    "tensor is extra": (
        lambda m, t: t.update(x=np.ones(1)),
        "tensor 'x' is not named in the manifest: remove it",
    ),
    "tensor twice": (
        setter("projections", 2, "ops", 0, "weight", "tensor", value=WEIGHT),
        f"tensor '{WEIGHT}' is not in the file, or is used twice",
    ),
    "tensor is no name": (
        setter("projections", 0, "bias", value={"tensor": [1]}),
        "tensor [1] is not in the file",
    ),
    "newer": (setter("version", value=2), "manifest version is 2 and this neurosim reads 1: upgrade it"),
    "version is a text": (setter("version", value="1"), "manifest version is '1' and this neurosim reads 1"),
    "no version": (remover("version"), "holds no neurosim network: write one with Network.save"),
    "threshold": (
        setter(*NEURON, "initial", value="0"),
        "layers/1/neuron: BMIF.initial is '0': give a number",
    ),
    "out of bounds": (setter(*NEURON, "total", value=-1), "BMIF.total is -1.0: it must lie in [1, inf]"),
    "NaN": (
        setter(*NEURON, "initial", value=float("nan")),
        "BMIF.initial is nan: it must lie in (-inf, inf)",
    ),
    "beyond floats": (setter(*NEURON, "initial", value=10**400), "BMIF.initial is 1000"),
    "a truth": (setter(*NEURON, "gate", value=1), "BMIF.gate is 1: it must be one of True, False"),
    "ops for a neuron": (
        setter(*NEURON, value={"type": "Identity", "stride": 1, "pad_channels": [0, 0]}),
        "neuron",
    ),
    "text for layers": (emptied("in"), "the network's layers hold 'i': give Layer objects"),
    "number for layers": (emptied(7), "layers, projections or classes have a wrong type"),
    "number for ops": (setter("projections", 0, "ops", value=7), "ops is 7: give one op or a chain of ops"),
    "numbers for ops": (
        setter("projections", 0, "ops", value=[0.5]),
        "ops is (0.5,): give one op or a chain",
    ),
    "huge layer": (
        setter("layers", 0, "shape", value=[1, 2**20, 2**20]),
        "shape (1, 1048576, 1048576) is of 1099511627776 neurons: at most 2147483647 can be numbered",
    ),
    "large shape that does not fit": (
        setter("layers", 0, "shape", value=[1, 2**15, 2**15]),
        "projection 'in' -> 'a': the ops turn (1, 32768, 32768) into (2, 32766, 32766), and 'a' has shape",
    ),
    "fraction of a neuron": (setter("layers", 0, "shape", value=[1, 4.0, 4]), "give 1 to 4 sizes, each >= 1"),
    "infinite delay": (
        setter("projections", 0, "delay", value=1e999),
        "delay is math.inf: give a whole number",
    ),
    "does not fit": (
        setter("layers", 2, "shape", value=[3]),
        "projection 'a' -> 'out': the ops turn (2, 2, 2) into (2,), and 'out' has shape (3,)",
    ),
    "another name": (setter("projections", 0, "source", value="x"), "there is no layer 'x'"),
    "a list for a name": (setter("projections", 0, "source", value=["in"]), "there is no layer ('in',)"),
    "changed value": (
        setter(*NEURON, "initial", value=0.25),
        "the content does not match its SHA-256: the file ",
    ),
    "changed weight": (lambda m, t: t.update({WEIGHT: t[WEIGHT] + 1}), "does not match its SHA-256"),
    "changed class": (setter("classes", 0, value="dog"), "does not match its SHA-256"),
}


@pytest.mark.parametrize(("change", "message"), CHANGES.values(), ids=CHANGES)
def test_changed_files_are_refused(change, message, stored):
    refused(Network.load, rewritten(stored, change), message)


METADATA = {
    "no manifest": ({}, "holds no neurosim network: write one with Network.save"),
    "not JSON": ({"neurosim": "{'version': 1}"}, "its manifest is not the JSON that Network.save writes"),
    "a list": ({"neurosim": "[1]"}, "its manifest is not the JSON that Network.save writes"),
    "a number": ({"neurosim": "1"}, "its manifest is not the JSON that Network.save writes"),
    "nested": ({"neurosim": "[" * 100_000 + "]" * 100_000}, "its manifest "),
    "long number": ({"neurosim": '{"version": ' + "9" * 5000 + "}"}, "its manifest is not the JSON"),
}


@pytest.mark.parametrize(("metadata", "message"), METADATA.values(), ids=METADATA)
def test_other_metadata_is_refused(metadata, message, stored):
    _, tensors, _, path = stored
    write_safetensors(path, tensors, metadata)
    refused(Network.load, path, message)


@pytest.mark.parametrize("depth", [50, 400, 900])
@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"type": inner}])
def test_nesting_is_refused_at_any_depth(depth, wrap, stored):
    nested = 1
    for _ in range(depth):
        nested = wrap(nested)
    for place in (("classes",), ("layers", 1, "neuron", "initial"), ("projections", 0, "ops")):
        refused(Network.load, rewritten(stored, setter(*place, value=nested)))


def test_no_sha_is_refused(stored):
    refused(Network.load, rewritten(stored, sha256=""), "does not match its SHA-256")


# ---- fuzz

numbers = [0, -1, 1, 2**31, 2**63, 10**30, 0.5, -0.0, 1e308, *map(float, ("nan", "inf", "-inf"))]
texts = ["", "inf", "in", "a", "-inf", "\ud800", "\n", "x" * 300]
strange = st.sampled_from([None, True, *numbers, *texts, [], [[]], {}, {"tensor": "projections/0/bias"}])
values = st.recursive(
    strange | st.text(max_size=3) | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xy"), inner, max_size=2),
    max_leaves=6,
)


def places(node, here=()):
    """Every path of keys into a JSON tree."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in items:
        yield (*here, key)
        yield from places(inner, (*here, key))


def at(node, keys):
    for key in keys:
        node = node[key]
    return node


@settings(max_examples=400)
@given(data=st.data())
def test_a_fuzzed_manifest_is_an_equal_network_or_a_file_error(data, stored):
    manifest, tensors, metadata, path = stored
    manifest = json.loads(json.dumps(manifest))
    for _ in range(data.draw(st.integers(1, 3))):
        where = data.draw(st.sampled_from(list(places(manifest))))
        other = data.draw(
            st.sampled_from(list(places(manifest))).map(lambda keys: at(manifest, keys)) | values
        )
        setter(*where, value=json.loads(json.dumps(other)))(manifest, tensors)
    path = rewritten((manifest, dict(tensors), metadata, path))
    found = outcome(Network.load, path)
    assert found == NETWORK or (isinstance(found, str) and found.isprintable() and str(path) in found)


@settings(max_examples=200)
@given(mutation=mutations())
def test_a_file_with_mutated_bytes_is_an_equal_network_or_a_file_error(mutation, tmp_path):
    path = tmp_path / "net"
    NETWORK.save(path)
    mutate(path, mutation)
    found = outcome(Network.load, path)
    assert found == NETWORK or str(path) in found


# ---- encode and decode alone


def test_arrays_become_named_tensors_of_the_smallest_exact_type():
    given = ([0.5], [1e6], [0.1], [-128.0, 127.0], [128.0], [-0.0])
    tensors = {}
    record = encode((*map(np.array, given), np.inf, None), tensors, "x")
    assert record == [*({"tensor": f"x/{number}"} for number in range(6)), "inf", None]
    assert [str(t.dtype) for t in tensors.values()] == [
        *("float16", "float32", "float64", "int8", "float16", "float16")
    ]
    again = decode(record, {}, tensors, "x")
    assert [np.ravel(a).tolist() for a in again[:6]] == list(given)
    assert np.signbit(again[5]).all()
    assert again[6:] == (np.inf, None)
    assert tensors == {}


def test_a_field_that_came_later_is_only_told_where_it_matters():
    """Networks of before keep their fingerprint, and their files can be read."""
    before = encode(BMIF(), {}, "neuron")
    assert "negative_total" not in before
    assert decode(before, {"BMIF": BMIF}, {}, "neuron") == BMIF()
    for value in (2.0, [2.0, np.inf]):
        indebted, tensors = BMIF([1, 2], gate=False, negative_total=value), {}
        told = encode(indebted, tensors, "neuron")
        assert "negative_total" in told
        assert decode(told, {"BMIF": BMIF}, tensors, "neuron") == indebted
