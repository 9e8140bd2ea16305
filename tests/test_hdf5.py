"""HDF5 files: what is read, a gallery of attacks, and mutated bytes."""

import h5py
import numpy as np
import pytest
from hostile import mutate, mutations, outcome, refused
from hypothesis import given, settings

from neurosim.files import open_hdf5

ARRAYS = {"images": np.arange(24, dtype="u1").reshape(2, 3, 4), "labels": np.array([1, 0])}


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
    np.savez(tmp_path / "a.npz")
    (tmp_path / "a.npz").rename(tmp_path / "a.h5")
    refused(open_hdf5, tmp_path / "a.h5", "(zip (npz, or torch .pt)), expected those of HDF5")


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
