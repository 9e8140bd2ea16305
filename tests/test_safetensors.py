"""safetensors: against the library, against a gallery of attacks, and against mutated bytes."""

import json
import os

import numpy as np
import pytest
import safetensors.numpy
from hostile import mutate, mutations, outcome, refused
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from neurosim.files import read_safetensors, write_safetensors

ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
TWO = {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}


def packed(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def altered(entry: dict, **changes: object) -> dict:
    return {**entry, **changes}


tensors = st.dictionaries(
    st.text("abcdefgh.é_0", min_size=1, max_size=8),
    hnp.arrays(
        st.sampled_from(["f2", "f4", "f8", ">f8", "i1", "i2", "i4", "i8"]),
        hnp.array_shapes(min_dims=0, max_dims=4, max_side=3),
        elements={"allow_nan": False, "allow_infinity": False},
    ),
    max_size=4,
)
metadata = st.dictionaries(st.text("abc", min_size=1), st.text(), max_size=3)


@given(tensors, metadata)
def test_safetensors_round_trip(tmp_path, tensors, metadata):
    path = tmp_path / "net.safetensors"
    write_safetensors(path, tensors, metadata)
    found, said = read_safetensors(path)
    assert said == metadata
    assert found.keys() == tensors.keys()
    for name, array in tensors.items():
        np.testing.assert_array_equal(found[name], array, strict=False)
        assert found[name].dtype == array.dtype.newbyteorder("=")
        assert found[name].shape == array.shape
        assert found[name].flags.writeable
        assert found[name].flags.owndata or found[name].base.flags.owndata


def test_safetensors_agrees_with_the_library(tmp_path):
    arrays = {
        "b": np.arange(6, dtype="f4").reshape(2, 3),
        "a": np.array([1, -2], "i1"),
        "s": np.array(2.0),
    }
    write_safetensors(tmp_path / "ours", arrays, {"k": "v"})
    safetensors.numpy.save_file(arrays, tmp_path / "theirs", {"k": "v"})
    for found in (safetensors.numpy.load_file(tmp_path / "ours"), read_safetensors(tmp_path / "theirs")[0]):
        assert found.keys() == arrays.keys()
        assert all(np.array_equal(found[name], arrays[name]) for name in arrays)


def test_safetensors_bytes_depend_on_contents_only(tmp_path):
    a, b = np.arange(6.0).reshape(2, 3), np.ones(3, "i1")
    write_safetensors(tmp_path / "1", {"a": a, "b": b}, {"x": "1", "y": "2"})
    write_safetensors(tmp_path / "2", {"b": b, "a": np.asfortranarray(a).astype(">f8")}, {"y": "2", "x": "1"})
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


ATTACKS = {
    "truncated header": (packed({"a": ONE})[:20], "header length"),
    "shorter than a length": (b"\x01\x02", "header length"),
    "header beyond the limit": ((10_000_001).to_bytes(8, "little") + b"{" * 10_000_001, "header length"),
    "declared beyond the file": ((2**63).to_bytes(8, "little") + b"{}", "header length"),
    "a zip": (b"PK\x03\x04" + bytes(200), "header"),
    "not an object": (packed(b"[1, 2]"), "expected a JSON object"),
    "not UTF-8": (packed(b'{"\xff": 1}'), "UnicodeDecodeError"),
    "not JSON": (packed(b'{"a": '), "JSONDecodeError"),
    "nested too deep": (packed(b'{"a":' * 200_000), "RecursionError"),
    "number too long": (packed(b'{"a":' + b"9" * 9000 + b"}"), "ValueError"),
    "trailing bytes": (packed({"a": ONE}, bytes(9)), "data: found 9 bytes, expected 8"),
    "truncated data": (packed({"a": ONE}, bytes(7)), "data: found 7 bytes, expected 8"),
    "duplicate key": (packed(b'{"a": 1, "a": 2}'), "the key 'a' twice"),
    "duplicate inner key": (packed(b'{"a": {"dtype": "F32", "dtype": "F64"}}'), "the key 'dtype' twice"),
    "hole": (packed({"a": altered(ONE, data_offsets=[4, 12])}, bytes(12)), "no hole"),
    "overlap": (packed({"a": ONE, "b": altered(TWO, data_offsets=[4, 12])}, bytes(12)), "no overlap"),
    "offsets reversed": (packed({"a": altered(ONE, data_offsets=[8, 0])}, bytes(8)), "data_offsets"),
    "three offsets": (packed({"a": altered(ONE, data_offsets=[0, 8, 8])}, bytes(8)), "data_offsets"),
    "negative offset": (packed({"a": altered(ONE, data_offsets=[-8, 0])}, bytes(8)), "integers >= 0"),
    "boolean size": (packed({"a": altered(ONE, shape=[True, 2])}, bytes(8)), "integers >= 1"),
    "size as a float": (packed({"a": altered(ONE, shape=[2.0])}, bytes(8)), "integers >= 1"),
    "zero-size dimension": (packed({"a": altered(ONE, shape=[0], data_offsets=[0, 0])}), "integers >= 1"),
    "too many dimensions": (packed({"a": altered(ONE, shape=[1] * 99 + [2])}, bytes(8)), "ValueError"),
    "more than there is": (packed({"a": altered(ONE, shape=[2**40])}, bytes(8)), "data_offsets"),
    "NaN": (packed({"a": ONE}, np.array([1, np.nan], "f4").tobytes()), "1 values NaN or infinite"),
    "infinity": (packed({"a": ONE}, np.array([np.inf, np.inf], "f4").tobytes()), "2 values NaN or infinite"),
    "bfloat": (packed({"a": altered(ONE, dtype="BF16", shape=[4])}, bytes(8)), "dtype BF16"),
    "boolean": (packed({"a": altered(ONE, dtype="BOOL", shape=[8])}, bytes(8)), "dtype BOOL"),
    "dtype is a list": (packed({"a": altered(ONE, dtype=["F32"])}, bytes(8)), "dtype ['F32']"),
    "unknown field": (packed({"a": altered(ONE, code="f()")}, bytes(8)), "dtype, shape and data_offsets"),
    "tensor is a number": (packed({"a": 1}), "dtype, shape and data_offsets"),
    "empty name": (packed({"": ONE}, bytes(8)), "1 to 256 printable"),
    "control character": (packed({"a\n": ONE}, bytes(8)), "1 to 256 printable"),
    "half a surrogate": (packed({"\ud800": ONE}, bytes(8)), "1 to 256 printable"),
    "long name": (packed({"a" * 257: ONE}, bytes(8)), "1 to 256 printable"),
    "same name after normalisation": (packed({"ﬁ": ONE, "fi": TWO}, bytes(16)), "differ after normalisation"),
    "metadata not strings": (packed({"__metadata__": {"a": 1}}), "an object of strings"),
    "metadata not an object": (packed({"__metadata__": "a"}), "an object of strings"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_safetensors_attacks(attack, tmp_path):
    contents, word = ATTACKS[attack]
    (tmp_path / "net").write_bytes(contents)
    refused(read_safetensors, tmp_path / "net", word)


@pytest.mark.parametrize(
    ("tensors", "metadata", "word"),
    [
        ({"a": np.array([np.nan])}, {}, "'a': found 1 values NaN"),
        ({"a": np.zeros((2, 0))}, {}, "no dimension of size 0"),
        ({"a": np.zeros(2, complex)}, {}, "dtype complex128"),
        ({"a": np.zeros(2, bool)}, {}, "dtype bool"),
        ({"a\0": np.zeros(2)}, {}, "printable"),
        ({}, {"a": 1}, "an object of strings"),
        ({}, {"a": "x" * 10_000_000}, "header"),
    ],
)
def test_safetensors_never_writes_what_it_would_refuse(tensors, metadata, word, tmp_path):
    refused(lambda path: write_safetensors(path, tensors, metadata), tmp_path / "net", word)
    assert not os.listdir(tmp_path)


@settings(max_examples=400)
@given(mutations())
def test_mutated_safetensors_are_refused_or_sound(tmp_path, mutation):
    path = tmp_path / "net"
    write_safetensors(path, {"a": np.arange(6.0), "b": np.array([[1, 2]], "i1")}, {"k": "v"})
    mutate(path, mutation)
    match outcome(read_safetensors, path):
        case str(message):
            assert message.isprintable()
        case (tensors, metadata):  # the format has no checksum, but whatever is believed is also writeable
            write_safetensors(path, tensors, metadata)
            again = read_safetensors(path)[0]
            assert all(np.array_equal(again[name], tensors[name]) for name in tensors)
