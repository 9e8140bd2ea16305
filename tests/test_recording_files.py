"""Recordings and chunks on disk: the same bytes, and every damage noticed."""

import time

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded import DT, FULL, chunk, cut, header, packed, refused

from neurosim.errors import FileError
from neurosim.recording import Chunk, Recording
from neurosim.recording.chunk import regroup
from neurosim.recording.datasets import create_file, write_json

# ---- bytes


@settings(max_examples=15)
@given(st.data())
def test_bytes_do_not_depend_on_the_chunks(tmp_path, data):
    whole = chunk(20)
    pieces = []
    while sum(pieces) < 20:
        pieces.append(data.draw(st.integers(1, 20 - sum(pieces))))
    Recording.write(tmp_path / "one.h5", header(FULL), [whole], np.zeros(20, int))
    Recording.write(tmp_path / "many.h5", header(FULL), iter(cut(whole, pieces)), np.zeros(20, int))
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "many.h5").read_bytes()


def test_bytes_do_not_depend_on_the_chunks_across_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("neurosim.recording.store.BLOCK_IMAGES", 8)
    whole = chunk(50)
    Recording.write(tmp_path / "one.h5", header(FULL), [whole])
    time.sleep(1.1)  # nor on the time
    Recording.write(tmp_path / "many.h5", header(FULL), cut(whole, [3, 17, 1, 8, 21]))
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "many.h5").read_bytes()
    assert Recording.load(tmp_path / "one.h5").spikes("conv") == whole.spikes["conv"].unpack(DT)


def test_regroup_keeps_every_image():
    whole = chunk(20)
    blocks = list(regroup(cut(whole, [1, 9, 10]), 8))
    assert [block.images for block in blocks] == [8, 8, 4]
    assert blocks == cut(whole, [8, 8, 4])


def test_save_copies_bytes_even_of_temporary_recordings(tmp_path):
    kept = Recording.write(tmp_path / "a.h5", header(FULL), [chunk(3)])
    temporary = Recording.write(None, header(FULL), [chunk(3)])
    for recording, name in ((kept, "b.h5"), (temporary, "c.h5")):
        recording.save(tmp_path / name)
        assert (tmp_path / name).read_bytes() == (tmp_path / "a.h5").read_bytes()


# ---- chunks on disk


@given(st.integers(1, 4), st.integers(0, 99), st.booleans())
def test_chunks_round_trip(tmp_path, images, seed, spiking):
    whole = chunk(images, seed, spiking)
    whole.save(tmp_path / "chunk")
    assert Chunk.load(tmp_path / "chunk") == whole


def test_silent_chunks_and_odd_names_round_trip(tmp_path):
    silent = Chunk(2, {"a/../b.0 ü": packed(np.zeros((2, 3, 4), int))}, totals={"=x": np.zeros(2, "i8")})
    silent.save(tmp_path / "chunk")
    assert Chunk.load(tmp_path / "chunk") == silent


def test_a_chunk_is_no_recording(tmp_path):
    chunk(1).save(tmp_path / "chunk")
    with pytest.raises(FileError, match="format: found b'neurosim chunk', expected neurosim recording"):
        Recording.load(tmp_path / "chunk")


# ---- damaged and hostile files


def altered(path, change):
    with h5py.File(path, "r+") as file:
        change(file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda f: f.attrs.__setitem__("version", 99),
            "version: found 99, expected at most 1: update neurosim",
        ),
        (lambda f: f.attrs.__delitem__("format"), "format: found b'none', expected neurosim recording"),
        (lambda f: f.__delitem__("layers/001"), "KeyError"),
        (lambda f: f.__delitem__("layers/001/neuron"), "layer 'conv': found"),
        (lambda f: f["layers/001/neuron"].resize(1, axis=0), "layer 'conv': found"),
        (lambda f: f["layers/002/outputs"].resize(1, axis=0), "layer 'fc': found"),
        (lambda f: f["layers/001"].create_dataset("code", data=np.zeros(3)), "layer 'conv': found"),
        (lambda f: f["labels"].write_direct(np.array([9, 9])), "labels: 9..9 found"),
        (lambda f: f["header"].write_direct(np.zeros(f["header"].shape, "u1")), "JSONDecodeError"),
        (lambda f: f.attrs.__setitem__("images", 3), "layer 'input': found"),
    ],
)
def test_load_refuses_what_is_not_a_recording(change, message, tmp_path):
    Recording.write(tmp_path / "a.h5", header(FULL), [chunk(2)], [0, 1])
    altered(tmp_path / "a.h5", change)
    refused(FileError, message, Recording.load, tmp_path / "a.h5")


def test_a_hostile_header_is_refused(tmp_path):
    with create_file(tmp_path / "a.h5") as file:
        write_json(file, "neurosim recording", {"layers": [["a", [1]]], "equations": "import os"})
        file.attrs["images"] = 1
    refused(FileError, "KeyError", Recording.load, tmp_path / "a.h5")


@settings(max_examples=150)
@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_one_flipped_byte_is_noticed_or_harmless(tmp_path, place, flip):
    path = tmp_path / "a.h5"
    if not path.exists():
        Recording.write(path, header(FULL), [chunk(3)], [0, 1, 2])
    contents = bytearray(path.read_bytes())
    contents[int(place * len(contents))] ^= flip
    (tmp_path / "b.h5").write_bytes(contents)
    try:
        found = Recording.load(tmp_path / "b.h5")
        answers = [found.spikes("conv"), found.totals("input"), found.output(), found.potential("conv")]
    except FileError:
        return
    sound = Recording.load(path)
    expected = [sound.spikes("conv"), sound.totals("input"), sound.output(), sound.potential("conv")]
    assert found.labels.tolist() == sound.labels.tolist()
    for one, other in zip(answers, expected, strict=True):
        assert np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other
