"""MATLAB files: the numbers of scipy.io and of the published one, a gallery of others, and mutated bytes."""

import struct
import zlib

import h5py
import numpy as np
import pytest
import scipy.io
from hostile import mutate, mutations, outcome, refused
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from neurosim.files import read_matlab

CUBE = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
TYPES = st.sampled_from(["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"])


def save(path, compressed=True, **variables):
    scipy.io.savemat(path, variables, do_compression=compressed)
    return path


def save73(path, **variables):
    """Write what MATLAB writes by `save -v7.3`: a user block, and arrays transposed."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, (kind, array) in variables.items():
            file.create_dataset(name, data=array.T, compression="gzip").attrs["MATLAB_class"] = np.bytes_(
                kind
            )
    contents = bytearray(path.read_bytes())
    contents[:128] = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(116) + bytes(8) + b"\x00\x02IM"
    path.write_bytes(contents)
    return path


# ---- what is read


@given(arrays.arrays(TYPES, arrays.array_shapes(min_dims=2, max_dims=4, max_side=4)), st.booleans())
def test_numbers_are_those_of_scipy(tmp_path, array, compressed):
    path = save(tmp_path / "a.mat", compressed, a=array)
    found, oracle = read_matlab(path, "a"), scipy.io.loadmat(path)["a"]
    assert (found.dtype, found.shape) == (oracle.dtype.newbyteorder("="), oracle.shape)
    np.testing.assert_array_equal(found, oracle)


def test_big_endian_and_small_elements(tmp_path):
    def element(kind, data):
        return struct.pack(">II", kind, len(data)) + data + bytes(-len(data) % 8)

    flags, shape = element(6, struct.pack(">II", 6, 0)), element(5, struct.pack(">ii", 1, 3))
    name = struct.pack(">I", 1 << 16 | 1) + b"x\0\0\0"  # up to four bytes lie in the tag itself
    numbers = struct.pack(">I", 3 << 16 | 2) + bytes([7, 8, 9, 0])  # doubles, kept as bytes
    body = element(14, flags + shape + name + numbers)
    path = tmp_path / "big.mat"
    path.write_bytes(b"MATLAB 5.0".ljust(124) + b"\x01\x00MI" + body)
    assert read_matlab(path).tolist() == [[7.0, 8.0, 9.0]]
    np.testing.assert_array_equal(read_matlab(path), scipy.io.loadmat(path)["x"])


def test_version_73(tmp_path):
    path = save73(tmp_path / "a.mat", cube=("uint16", CUBE), labels=("double", np.ones((2, 3))))
    np.testing.assert_array_equal(read_matlab(path, "cube"), CUBE)
    np.testing.assert_array_equal(read_matlab(path, rank=2), np.ones((2, 3)))
    with h5py.File(tmp_path / "plain.mat", "w") as file:  # without MATLAB's block, as Python writes it
        file["cube"] = CUBE.T
    np.testing.assert_array_equal(read_matlab(tmp_path / "plain.mat"), CUBE)


def test_the_only_array_need_not_be_named(tmp_path):
    path = save(tmp_path / "a.mat", cube=CUBE, labels=CUBE[:, :, 0], name="Pavia")
    np.testing.assert_array_equal(read_matlab(path, rank=3), CUBE)
    np.testing.assert_array_equal(read_matlab(path, rank=2), CUBE[:, :, 0])


def test_the_published_labels_of_indian_pines(data_dir):
    path = data_dir / "indian_pines" / "Indian_pines_gt.mat"
    labels = read_matlab(path)
    assert (labels.dtype, labels.shape) == (np.float64, (145, 145))
    np.testing.assert_array_equal(labels, scipy.io.loadmat(path)["indian_pines_gt"])


# ---- what is refused

OTHERS = {
    "cell array": np.array([CUBE, "x"], object),
    "struct": {"a": 1},
    "text": "Pavia",
    "complex": np.array([1j]),
    "sparse": scipy.sparse.eye_array(3).tocsc(),
}


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("compressed", [True, False])
def test_other_variables(kind, compressed, tmp_path):
    path = save(tmp_path / "a.mat", compressed, x=OTHERS[kind], cube=CUBE)
    expected = f"x: found a variable of kind {kind}, expected an array of real numbers"
    assert outcome(lambda path: read_matlab(path, "x"), path) == f"{path}: {expected}"
    np.testing.assert_array_equal(read_matlab(path), CUBE)  # they do no harm beside numbers


def test_variables_are_listed(tmp_path):
    path = save(tmp_path / "a.mat", cube=CUBE, other=CUBE[:1])
    there = f"{path}: variables: found cube (2, 3, 4), other (1, 3, 4), expected one"
    assert outcome(lambda path: read_matlab(path, "paviaU"), path) == f"{there} called 'paviaU'"
    assert outcome(read_matlab, path) == f"{there} numeric array: name the variable"
    assert outcome(lambda path: read_matlab(path, rank=2), path) == (
        f"{there} numeric array of 2 dimensions: name the variable"
    )
    assert outcome(lambda path: read_matlab(path, "cube", rank=2), path) == (
        f"{path}: cube: found shape (2, 3, 4), expected 2 dimensions of at least 1"
    )


def test_empty_arrays(tmp_path):
    path = save(tmp_path / "a.mat", x=np.zeros((0, 3)))
    refused(read_matlab, path, "x: found shape (0, 3), expected dimensions of at least 1")


def test_other_files(tmp_path):
    for contents in (b"\0" * 200, b"\x89PNG", scipy_version_4(tmp_path)):
        (tmp_path / "a.mat").write_bytes(contents)
        found = repr(contents[:16])
        refused(
            read_matlab, tmp_path / "a.mat", f"first bytes: found {found}, expected those of a MATLAB file"
        )


def scipy_version_4(folder):
    scipy.io.savemat(folder / "four.mat", {"x": np.eye(3)}, format="4")
    return (folder / "four.mat").read_bytes()


def test_version_73_of_cells(tmp_path):
    path = save73(tmp_path / "a.mat", cube=("uint16", CUBE), name=("char", np.array([[80, 97]], np.uint16)))
    expected = f"{path}: name: found a variable of kind text, expected an array of real numbers"
    assert outcome(lambda path: read_matlab(path, "name"), path) == expected
    with h5py.File(path, "a") as file:
        file.create_dataset("cell", data=file["cube"].ref, dtype=h5py.ref_dtype)
    refused(read_matlab, path, "/cell: found type object, expected a plain array (no objects")


def test_version_73_that_is_none(tmp_path):
    path = tmp_path / "a.mat"
    path.write_bytes(b"MATLAB 7.3".ljust(124) + b"\x00\x02IM" + bytes(1000))
    refused(read_matlab, path, "(unknown), expected those of HDF5")


def test_declared_sizes(tmp_path):
    path = save(tmp_path / "a.mat", compressed=False, x=CUBE)
    whole = path.read_bytes()
    shape = whole.index(struct.pack("<iii", *CUBE.shape))
    path.write_bytes(whole[:shape] + struct.pack("<i", 2**30) + whole[shape + 4 :])
    declared = 2**30 * 24
    found = f"shape ({2**30}, 3, 4) of uint16, {declared} bytes, expected 48, what there is"
    refused(read_matlab, path, f"x: found {found}")
    path.write_bytes(whole[:-8])
    refused(
        read_matlab, path, "element at byte 128: found type 14 of 104 bytes, expected a variable within the"
    )


def test_a_tag_that_kills_scipy(tmp_path):
    """A type of numbers that there is not: scipy 1.17 looks it up beyond the end of its table."""
    path = save(tmp_path / "a.mat", compressed=False, x=CUBE)
    path.write_bytes(path.read_bytes().replace(struct.pack("<II", 4, 48), struct.pack("<II", 7000, 48)))
    refused(read_matlab, path, "contents: found KeyError: 7000, expected an intact MATLAB file")


def test_a_bomb(tmp_path):
    head = save(tmp_path / "a.mat").read_bytes()[:128]

    def write(size, data):
        packed = zlib.compress(struct.pack("<II", 14, size) + data)
        (tmp_path / "a.mat").write_bytes(head + struct.pack("<II", 15, len(packed)) + packed)
        return tmp_path / "a.mat", len(packed)

    path, packed = write(2**32 - 1, bytes(1000))
    expected = "type 14, no more than can be in them"
    refused(read_matlab, path, f"found type 14 of {2**32 - 1} bytes in {packed}, expected {expected}")


@settings(max_examples=200)
@given(mutations(), st.booleans())
def test_mutated_files_are_refused_or_numbers(tmp_path, mutation, compressed):
    path = save(
        tmp_path / "a.mat", compressed, cube=CUBE, labels=np.eye(3), name="Pavia", cell=OTHERS["cell array"]
    )
    mutate(path, mutation)
    for variable in ("cube", None):
        found = outcome(lambda path, variable=variable: read_matlab(path, variable, rank=3), path)
        assert isinstance(found, str) or found.size <= 1000


@settings(max_examples=100)
@given(mutations())
def test_mutated_files_of_version_73_are_refused_or_numbers(tmp_path, mutation):
    path = save73(tmp_path / "a.mat", cube=("uint16", CUBE))
    mutate(path, mutation)
    found = outcome(read_matlab, path)
    assert isinstance(found, str) or found.size <= 1000


@given(st.binary(max_size=300))
def test_any_bytes_after_the_header(tmp_path, tail):
    path = tmp_path / "a.mat"
    path.write_bytes(b"MATLAB 5.0".ljust(124) + b"\x00\x01IM" + tail)
    assert isinstance(outcome(read_matlab, path), str)
