"""npz archives: round trips, a gallery of attacks, and mutated bytes."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hostile import mutate, mutations, outcome, refused
from hypothesis import given, settings

from neurosim.files import read_npz

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
