"""Readers against a gallery of attacks and mutated bytes: right contents or a FileError, never else."""

import json
import os
import stat
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from neurosim.errors import FileError
from neurosim.files import (
    atomic,
    open_hdf5,
    read_npz,
    read_safetensors,
    sha256,
    verify_sha256,
    write_safetensors,
)

ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
TWO = {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}


def packed(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def altered(entry: dict, **changes: object) -> dict:
    return {**entry, **changes}


def refused(read, path: Path, *words: str) -> None:
    """The reader raises FileError, in one line that names the file and holds the words."""
    with pytest.raises(FileError) as caught:
        read(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.isprintable()
    for word in (str(path), *words):
        assert word in message


# ---- regular files


@pytest.mark.parametrize("read", [read_safetensors, read_npz, open_hdf5, sha256])
def test_only_regular_files_with_contents(read, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "empty").touch()
    refused(read, tmp_path, "found a folder, expected a regular file")
    refused(read, tmp_path / "pipe", "found a device or pipe, expected a regular file")
    refused(read, tmp_path / "loop", "expected a file that can be read")
    refused(read, tmp_path / "empty", "found 0 bytes")
    refused(read, tmp_path / "absent", "found No such file or directory")


def test_a_path_cannot_break_the_line(tmp_path):
    with pytest.raises(FileError) as caught:
        read_npz(tmp_path / "a\nb")
    assert "\n" not in str(caught.value)


def test_sha256(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(path) == digest
    verify_sha256(path, digest.upper())
    refused(lambda path: verify_sha256(path, "0" * 64), path, "SHA-256", digest)


# ---- atomic


def test_atomic_replaces_only_when_done(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def fail():
        with atomic(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    with atomic(path) as temporary:
        assert temporary.suffix == ".txt"
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["file.txt"]


def test_atomic_keeps_the_users_permissions(tmp_path):
    (tmp_path / "plain").write_text("")
    with atomic(tmp_path / "file") as temporary:
        temporary.write_text("")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == stat.S_IMODE(
        (tmp_path / "plain").stat().st_mode
    )


def test_atomic_refusals(tmp_path):
    def write(path):
        with atomic(path) as temporary:
            temporary.write_text("")

    refused(write, tmp_path / "absent" / "file", "found no folder")
    refused(write, tmp_path, "found a folder, expected the name of a file")

    def nothing(path):
        with atomic(path):
            pass

    refused(nothing, tmp_path / "file", "cannot be written: No such file")


# ---- safetensors

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


# ---- npz

ARRAYS = {"images": np.arange(24, dtype="u1").reshape(2, 3, 4), "labels": np.array([1, 0])}


def test_npz_round_trip(tmp_path):
    arrays = {
        **ARRAYS,
        "f": np.asfortranarray(np.eye(3)),
        "text": np.array(["a", "bc"]),
        "scalar": np.array(2.5),
    }
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", **arrays)
        found = read_npz(tmp_path / "a.npz")
        assert found.keys() == arrays.keys()
        for name, array in arrays.items():
            np.testing.assert_array_equal(found[name], array, strict=True)
            found[name][...] = array  # owned and writeable


def npy(header: str, body: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    return b"\x93NUMPY" + version + len(header).to_bytes(2, "little") + header.encode() + body


def zipped(path: Path, members: list[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents in members:
            archive.writestr(name, contents)


HUGE = "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296,), }\n"
BYTES = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n"
MEMBERS = {
    "32 GiB in 150 bytes": ([("a.npy", npy(HUGE))], "34359738368 bytes, expected 0"),
    "member too long": ([("a.npy", npy(BYTES, bytes(3)))], "2 bytes, expected 3"),
    "objects": ([("a.npy", npy(BYTES.replace("|u1", "|O"), bytes(16)))], "dtype object"),
    "complex": ([("a.npy", npy(BYTES.replace("|u1", "<c8"), bytes(16)))], "dtype complex64"),
    "no width": ([("a.npy", npy(BYTES.replace("|u1", "<U0")))], "dtype <U0"),
    "zero size": ([("a.npy", npy(BYTES.replace("(2,)", "(2, 0)")))], "dimensions of at least 1"),
    "negative size": ([("a.npy", npy(BYTES.replace("(2,)", "(-2,)"), bytes(2)))], "dimensions of at least 1"),
    "code for a header": ([("a.npy", npy("__import__('os').getcwd()\n"))], "ValueError"),
    "version 9": ([("a.npy", npy(BYTES, bytes(2), b"\x09\x00"))], "npy version"),
    "no npy": ([("a.npy", b"hello")], "ValueError"),
    "other member": ([("run.py", b"hello")], "'run.py', expected only .npy members"),
    "unprintable name": ([("a\n.npy", npy(BYTES, bytes(2)))], "printable"),
    "nameless": ([(".npy", npy(BYTES, bytes(2)))], "printable"),
}


@pytest.mark.parametrize("attack", MEMBERS)
def test_npz_attacks(attack, tmp_path):
    members, word = MEMBERS[attack]
    zipped(tmp_path / "a.npz", members)
    refused(read_npz, tmp_path / "a.npz", word)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_npz_duplicate_names(tmp_path):
    zipped(tmp_path / "a.npz", [("a.npy", npy(BYTES, bytes(2)))] * 2)
    refused(read_npz, tmp_path / "a.npz", "a name twice")


def test_npz_limit_holds_before_unpacking(tmp_path):
    zipped(tmp_path / "bomb.npz", [("a.npy", npy(BYTES, bytes(10**7)))])
    refused(lambda path: read_npz(path, limit_bytes=10**6), tmp_path / "bomb.npz", "at most 1000000")


def test_npz_names_are_never_extracted(tmp_path):
    zipped(tmp_path / "a.npz", [("../../evil.npy", npy(BYTES, bytes(2)))])
    assert list(read_npz(tmp_path / "a.npz")) == ["../../evil"]
    assert os.listdir(tmp_path) == ["a.npz"]


def test_npz_says_what_it_found_instead(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(3))
    refused(read_npz, tmp_path / "a.npy", "(npy), expected those of zip")


# ---- HDF5


def test_hdf5_reads_plain_files(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["n"] = 3
        file.create_dataset("g/x", data=np.arange(1000), compression="gzip", shuffle=True, fletcher32=True)
        file["again"] = file["g"]  # hard links may make a cycle
        file["g/up"] = file["/"]
        file["text"] = np.array([b"a", b"bc"])
    with open_hdf5(tmp_path / "a.h5") as file:
        assert file["g/x"][999] == 999
        with pytest.raises(ValueError, match="no write intent"):
            file.create_group("new")


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((4,), "f8")
    layout[:] = h5py.VirtualSource("other.h5", "x", (4,))
    file.create_virtual_dataset("v", layout)


def squared(file: h5py.File) -> None:
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk((1000,))
    for _ in range(2):
        plan.set_filter(h5py.h5z.FILTER_DEFLATE, 0, (9,))
    space, kind = h5py.h5s.create_simple((1000,)), h5py.h5t.NATIVE_DOUBLE
    h5py.Dataset(h5py.h5d.create(file.id, b"d", kind, space, plan))[...] = 0


LINKS = {
    "soft link": (lambda f: f.__setitem__("s", h5py.SoftLink("/x")), "/s: found a soft or external link"),
    "external link": (
        lambda f: f.__setitem__("e", h5py.ExternalLink("o.h5", "/x")),
        "/e: found a soft or ext",
    ),
    "link in a group": (lambda f: f.create_group("g").__setitem__("s", h5py.SoftLink("/")), "/g/s: found"),
    "external storage": (
        lambda f: f.create_dataset("x", (4,), "f8", external=[("/etc/passwd", 0, 32)]),
        "external storage",
    ),
    "virtual dataset": (virtual, "virtual dataset"),
    "filter of a plug-in": (
        lambda f: f.create_dataset("x", data=np.zeros(9), compression="lzf"),
        "HDF5 filters",
    ),
    "deflated twice": (squared, "HDF5 filters [1, 1]"),
    "8 GB declared": (
        lambda f: f.create_dataset("x", (10**9,), "f8", chunks=(1000,)),
        "8000000000 bytes declared",
    ),
    "never written": (lambda f: f.create_dataset("x", (10**9,), "f8"), "0 stored"),
    "text of any length": (lambda f: f.create_dataset("x", data="abc"), "type object"),
    "ragged": (lambda f: f.create_dataset("x", (2,), h5py.vlen_dtype("f8")), "type object"),
    "references": (lambda f: f.create_dataset("x", data=f.ref, dtype=h5py.ref_dtype), "type object"),
    "records": (lambda f: f.create_dataset("x", data=np.zeros(2, "f8,i4")), "plain array"),
    "complex": (lambda f: f.create_dataset("x", data=np.zeros(2, complex)), "plain array"),
    "empty": (lambda f: f.create_dataset("x", data=h5py.Empty("f8")), "plain array"),
    "a named type": (lambda f: f.__setitem__("t", np.dtype("f8")), "Datatype"),
    "attribute of objects": (lambda f: f.attrs.__setitem__("a", "text"), "attribute 'a': found type object"),
    "name with a line break": (lambda f: f.create_group("a\nb"), "printable"),
}


@pytest.mark.parametrize("attack", LINKS)
def test_hdf5_attacks(attack, tmp_path):
    build, word = LINKS[attack]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        build(file)
    refused(open_hdf5, tmp_path / "a.h5", word)


def test_hdf5_says_what_it_found_instead(tmp_path):
    zipped(tmp_path / "a.h5", [])
    refused(open_hdf5, tmp_path / "a.h5", "(zip (npz, or torch .pt)), expected those of HDF5")


# ---- mutated bytes


@st.composite
def mutations(draw):
    """One to three bytes to replace, as (position in 0..1, value), and the share of the file that is kept."""
    place = st.floats(0, 1, exclude_max=True)
    return draw(st.lists(st.tuples(place, st.integers(0, 255)), min_size=1, max_size=3)), draw(
        place | st.just(1)
    )


def mutate(path: Path, mutation) -> None:
    contents = bytearray(path.read_bytes())
    changes, kept = mutation
    for place, value in changes:
        contents[int(place * len(contents))] = value
    path.write_bytes(contents[: 1 + int(kept * (len(contents) - 1))])


def outcome(read, path: Path):
    try:
        return read(path)
    except FileError as error:
        return str(error)


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


@settings(max_examples=400)
@given(mutations())
def test_mutated_npz_are_refused_or_equal(tmp_path, mutation):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, **ARRAYS)
    mutate(path, mutation)
    match outcome(read_npz, path):
        case str(message):
            assert message.isprintable()
        case arrays:  # names have no checksum, contents do
            originals = list(ARRAYS.values())
            assert all(any(np.array_equal(found, array) for array in originals) for found in arrays.values())


@settings(max_examples=200)
@given(mutations())
def test_mutated_hdf5_are_refused_or_equal(tmp_path, mutation):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", libver="v110") as file:  # this version of the format has checksums throughout
        for name, array in ARRAYS.items():
            file.create_dataset(name, data=array, chunks=array.shape, fletcher32=True, track_times=False)
    mutate(path, mutation)

    def read(path):
        with open_hdf5(path) as file:
            return {name: file[name].id.get_create_plist().get_nfilters() for name in file}

    match outcome(read, path):
        case str(message):
            assert message.isprintable()
        case filters:
            assert filters == {"images": 1, "labels": 1}
