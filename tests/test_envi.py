"""ENVI images: every layout and type, exact refusals, and headers of any text."""

import numpy as np
import pytest
from hostile import outcome, refused
from hypothesis import example, given, settings
from hypothesis import strategies as st

from neurosim.files import read_envi
from neurosim.files.envi import TYPES

CUBE = np.arange(24).reshape(2, 3, 4)  # lines, samples, bands
ORDERS = {"bsq": (2, 0, 1), "bil": (0, 2, 1), "bip": (0, 1, 2)}
FIELDS = {
    "samples": "3",
    "lines": "2",
    "bands": "4",
    "header offset": "0",
    "data type": "2",
    "interleave": "bsq",
    "byte order": "0",
}


def save(folder, contents=None, image="a.img", **changes):
    """Write an image beside a header; a field that is None is left out."""
    fields = FIELDS | {key.replace("_", " "): value for key, value in changes.items()}
    lines = [f"{key} = {value}" for key, value in fields.items() if value is not None]
    (folder / "a.hdr").write_text("\n".join(["ENVI", *lines, ""]))
    (folder / image).write_bytes(
        CUBE.transpose(2, 0, 1).astype("<i2").tobytes() if contents is None else contents
    )
    return folder / "a.hdr"


@pytest.mark.parametrize("interleave", ORDERS)
@pytest.mark.parametrize("order", ["<", ">"])
def test_layouts_and_types(interleave, order, tmp_path):
    for code, dtype in TYPES.items():
        contents = b"?" * 5 + CUBE.transpose(ORDERS[interleave]).astype(order + dtype).tobytes()
        changes = {"data_type": code, "interleave": interleave.upper(), "header_offset": 5}
        path = save(tmp_path, contents, byte_order="<>".index(order), **changes)
        found = read_envi(path)
        assert found.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(found, CUBE)


def test_headers_as_they_are_found(tmp_path):
    path = save(tmp_path, image="a")
    path.write_text(
        "ENVI\r\ndescription = {\r\n  Pavia, samples of lines = none}\r\n; bands = 7\r\nSamples = 3\r\n"
        "LINES=2\r\nbands   = 4\r\ndata   type = 2\r\ninterleave = bsq\r\nbyte order = 0\r\n"
        "wavelength = {0.4,\r\n 0.5}\r\n"
    )
    np.testing.assert_array_equal(read_envi(path), CUBE)
    named = path.rename(tmp_path / "b.dat.hdr")  # the whole name of the image, and .hdr
    (tmp_path / "a").rename(tmp_path / "b.dat")
    np.testing.assert_array_equal(read_envi(named), CUBE)


REFUSALS = {
    "no interleave": ({"interleave": None}, "interleave: found nothing, expected bsq, bil or bip"),
    "its own interleave": ({"interleave": "bsp"}, "interleave: found bsp, expected bsq, bil or bip"),
    "no byte order": ({"byte_order": None}, "byte order: found nothing, expected a whole number"),
    "byte order 2": (
        {"byte_order": 2},
        "byte order: found 2, expected 0 (least significant byte first) or 1",
    ),
    "no lines": ({"lines": None}, "lines: found nothing, expected a whole number"),
    "minus one band": ({"bands": -1}, "bands: found -1, expected a whole number"),
    "half a band": ({"bands": 0.5}, "bands: found 0.5, expected a whole number"),
    "0 samples": ({"samples": 0}, "samples: found 0, expected at least 1"),
    "complex": (
        {"data_type": 6},
        "data type: found 6, expected a real one: 1, 2, 3, 4, 5, 12, 13, 14, 15",
    ),
    "compressed": (
        {"file_compression": 1},
        "file compression: found 1, expected 0: decompress the image first",
    ),
    "another size": (
        {"lines": 200_000_000_000},
        "samples, lines, bands: found 0 + 4 x 200000000000 x 3 of int16, 4800000000000 bytes, expected 48, "
        "the size of a.img",
    ),
    "another offset": (
        {"header_offset": 1},
        "samples, lines, bands: found 1 + 4 x 2 x 3 of int16, 49 bytes, expected 48, the size of a.img",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refusals(case, tmp_path):
    changes, expected = REFUSALS[case]
    path = save(tmp_path, **changes)
    assert outcome(read_envi, path) == f"{path}: {expected}"


def test_other_files(tmp_path):
    path = save(tmp_path)
    (tmp_path / "a.dat").write_bytes(b"1")
    names = "a, or with .img, .dat, .raw, .bsq, .bil, .bip"
    refused(read_envi, path, f"image beside it: found a.img, a.dat, expected one: {names}")
    (tmp_path / "a.dat").unlink()
    (tmp_path / "a.img").unlink()
    refused(read_envi, path, f"image beside it: found none, expected one: {names}")
    path.write_text("ENVI\nbands = 1\nBands = 2\n")
    refused(read_envi, path, "bands: found it twice, expected every field once")
    path.write_text("samples = 3\n")
    refused(read_envi, path, "first line: found 'samples = 3', expected ENVI")
    path.write_bytes(b"ENVI\n" + bytes(2**20))
    refused(read_envi, path, "size: found over 1048576 bytes, expected a text header: give the .hdr file")
    refused(read_envi, tmp_path / "none.hdr", "file: found No such file or directory")


KEYS = st.sampled_from([*FIELDS, "description"])
VALUES = st.sampled_from(
    ["1", "2", "3", "4", "99999999999", "-1", "bsq", "{", "}", "{1,\n2}", "", "٣", "1e9"]
)


HEADERS = st.lists(st.tuples(KEYS, VALUES), max_size=9) | st.text("bands =1\n{};\0٣", max_size=50)


@settings(max_examples=100)
@given(HEADERS)
@example([("description", "{" * 1000)])
def test_any_header_is_refused_or_read(tmp_path, header):
    path = save(tmp_path)
    text = header if isinstance(header, str) else "\n".join(f"{key} = {value}" for key, value in header)
    path.write_text(f"ENVI\n{text}", encoding="utf-8", errors="replace")
    found = outcome(read_envi, path)
    assert isinstance(found, str) or found.nbytes == 48


def test_long_headers_take_no_time(tmp_path):
    """Nothing in the pattern of a field is tried in more than one way."""
    path = save(tmp_path)
    for line in (" " * 10**6, "a" * 10**6, "a={\n" * 250_000, "a = {" + "b=\n" * 300_000):
        path.write_text("ENVI\n" + line)
        refused(read_envi, path, "expected")
