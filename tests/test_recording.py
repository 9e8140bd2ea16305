"""Recordings against the dense arrays they were made from."""

import time
from itertools import accumulate, pairwise

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.errors import FileError, InputError, NotRecorded
from neurosim.recording import Chunk, Header, Kept, Potential, Recording, parse_record
from neurosim.recording.chunk import regroup
from neurosim.recording.datasets import create_file, write_json
from neurosim.spikes import Spikes

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


def chunk(images, seed=0, spiking=False):
    """Everything a device could hand over."""
    strengths, output, potential = dense(images, seed)
    spikes = {name: Spikes.from_dense(values, DT) for name, values in strengths.items()}
    if not spiking:
        del spikes["fc"]
    return Chunk(
        images,
        spikes,
        outputs={} if spiking else {"fc": output},
        potentials={"conv": potential},
    )


def header(record="spikes", **changes):
    fields = {"layers": SHAPES, "steps": STEPS, "dt": DT, "latency": {"input": 0, "conv": 1, "fc": 2}}
    fields |= {"outputs": ("fc",), "record": parse_record(record, SHAPES), "provenance": {"seed": 1}}
    return Header(**{**fields, **changes})


FULL = {"input": "spikes", "conv": ("spikes", Potential(CHOSEN)), "fc": "spikes"}


def cut(whole, pieces):
    return [whole.take(start, stop) for start, stop in pairwise(accumulate(pieces, initial=0))]


# ---- what goes in comes out


def test_everything_comes_back(tmp_path):
    strengths, output, potential = dense(7)
    labels = [0, 1, 2, 3, 0, 1, 2]
    written = Recording.write(tmp_path / "a.h5", header(FULL, classes=tuple("abcd")), [chunk(7)], labels)
    for recording in (written, Recording.load(tmp_path / "a.h5")):
        assert recording.layers == SHAPES
        assert (recording.images, recording.steps, recording.dt) == (7, STEPS, DT)
        assert recording.latency == {"input": 0, "conv": 1, "fc": 2}
        assert recording.classes == tuple("abcd")
        assert recording.provenance == {"seed": 1}
        assert recording.labels.tolist() == labels
        for name in ("input", "conv"):
            assert recording.spikes(name) == Spikes.from_dense(strengths[name], DT)
            np.testing.assert_array_equal(recording.dense(name), strengths[name])
            np.testing.assert_array_equal(recording.counts(name), strengths[name].sum(axis=1))
            np.testing.assert_array_equal(recording.events(name), (strengths[name] != 0).sum(axis=1))
            totals = (strengths[name] != 0).reshape(7, -1).sum(axis=1)
            np.testing.assert_array_equal(recording.totals(name), totals, strict=True)
        np.testing.assert_array_equal(recording.output(), output, strict=True)
        np.testing.assert_array_equal(recording.potential("conv"), potential, strict=True)
        assert len(recording.spikes("fc")) == 0  # it accumulates


@given(st.lists(st.integers(-7, 6), min_size=1, max_size=9))
def test_chosen_images_are_read_like_selected(images):
    recording = Recording.write(None, header(), [chunk(7)])
    assert recording.spikes("conv", images) == recording.spikes("conv").select(images)


def test_a_lower_level_gives_the_same_numbers():
    low = Recording.write(None, header("counts"), [chunk(5)])
    high = Recording.write(None, header("spikes"), [chunk(5)])
    for question in ("counts", "events", "totals"):
        np.testing.assert_array_equal(
            getattr(low, question)("conv"), getattr(high, question)("conv"), strict=True
        )


def test_devices_may_hand_over_sums_only():
    whole = chunk(5)
    spikes = whole.spikes
    sums = Chunk(
        5,
        counts={name: s.counts() for name, s in spikes.items()},
        events={name: s.events() for name, s in spikes.items()},
        totals={"input": spikes["input"].totals()},
        outputs=whole.outputs,
    )
    one, other = (Recording.write(None, header("counts"), [c]) for c in (whole, sums))
    for question in ("counts", "events", "totals"):
        np.testing.assert_array_equal(getattr(one, question)("conv"), getattr(other, question)("conv"))


def test_spikes_of_an_output_layer_are_always_kept():
    strengths, _, _ = dense(3)
    recording = Recording.write(None, header("totals"), [chunk(3, spiking=True)])
    np.testing.assert_array_equal(recording.output("fc"), strengths["fc"].cumsum(axis=1))
    assert recording.output("fc").dtype == np.float64


def test_single_precision_stays_single():
    whole = chunk(3)
    single = Chunk(3, whole.spikes, outputs={"fc": whole.outputs["fc"].astype("f4")})
    assert Recording.write(None, header(), [single]).output().dtype == np.float32


# ---- decoding


def spiking_recording(strengths, labels=None):
    images, steps, classes = np.shape(strengths)
    head = Header({"out": (classes,)}, steps, DT, {"out": 0}, ("out",), {"out": Kept("totals")})
    return Recording.write(None, head, [Chunk(images, {"out": Spikes.from_dense(strengths, DT)})], labels)


def test_predictions_by_hand():
    recording = spiking_recording(
        [
            [[0, 0, 0], [0, 1, 0], [3, 0, 0], [0, 1, 2]],  # class 1 first; class 0 has the larger sum
            [[0, 0, 0], [0, 1, 2], [0, 3, 0], [0, 0, 0]],  # 1 and 2 together; the larger wins
            [[0, 0, 0], [0, -1, 0], [0, 1, 1], [1, 0, 0]],  # a negative spike decides nothing, but counts
            [[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]],
        ]
    )
    assert recording.predictions().tolist() == [[0, 1, 0, 0], [0, 2, 1, 1], [0, 0, 2, 0], [0, 0, 0, 0]]
    assert recording.predictions("count").tolist() == [[0, 1, 0, 1], [0, 1, 1, 1], [0, 1, 1, 1], [0, 0, 0, 0]]
    assert recording.predictions("first_spike").tolist() == [
        [-1, 1, 1, 1],
        [-1, 2, 2, 2],
        [-1, -1, 2, 2],
        [-1, -1, -1, -1],
    ]


def test_accuracy_is_the_share_of_labels():
    recording = spiking_recording([[[0, 1], [2, 0]], [[0, 1], [0, 0]]], labels=[1, 1])
    assert recording.accuracy().tolist() == [1.0, 0.5]


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
    assert Recording.load(tmp_path / "one.h5").spikes("conv") == whole.spikes["conv"]


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
    silent = Chunk(
        2, {"a/../b.0 ü": Spikes.from_dense(np.zeros((2, 3, 4), int), DT)}, totals={"=x": np.zeros(2, "i8")}
    )
    silent.save(tmp_path / "chunk")
    assert Chunk.load(tmp_path / "chunk") == silent


def test_a_chunk_is_no_recording(tmp_path):
    chunk(1).save(tmp_path / "chunk")
    with pytest.raises(FileError, match="format: found b'neurosim chunk', expected neurosim recording"):
        Recording.load(tmp_path / "chunk")


# ---- refusals


def refused(kind, message, call, *args):
    with pytest.raises(kind) as caught:
        call(*args)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_not_recorded_names_the_remedy():
    totals = Recording.write(None, header("totals"), [chunk(2)])
    spikes = "recording: spikes of layer 'conv' were not kept; run with record={'conv': 'spikes'}"
    refused(NotRecorded, spikes, totals.spikes, "conv")
    refused(NotRecorded, spikes, totals.dense, "conv")
    refused(NotRecorded, "record={'conv': 'counts'}", totals.counts, "conv")
    refused(NotRecorded, "record={'conv': 'counts'}", totals.events, "conv")
    refused(NotRecorded, "record={'conv': Potential()}", totals.potential, "conv")
    counts = Recording.write(None, header("counts"), [chunk(2)])
    refused(NotRecorded, "record={'conv': 'spikes'}", counts.spikes, "conv")


def test_questions_that_have_no_answer():
    recording = Recording.write(None, header(), [chunk(2)])
    refused(InputError, "there is no layer 'cnov'; did you mean 'conv'?", recording.spikes, "cnov")
    refused(InputError, "there is no layer 'zzz'; the layers are input, conv, fc", recording.totals, "zzz")
    refused(InputError, "'conv' is no output layer; name one of fc", recording.output, "conv")
    refused(InputError, "accuracy: the recording has no labels", recording.accuracy)
    refused(
        InputError,
        "decode is 'votes'; give 'output', 'count' or 'first_spike'",
        recording.predictions,
        "votes",
    )
    refused(
        InputError, "'fc' accumulates and never spikes; give decode='output'", recording.predictions, "count"
    )
    refused(InputError, "choose among 0..1", recording.spikes, "conv", [2])
    two = header(outputs=("fc", "conv"))
    two = Recording.write(None, two, [chunk(2)])
    refused(InputError, "there are 2 output layers; name one of fc, conv", two.output)


def test_labels_must_fit():
    for labels, message in (
        ([0], "give one integer for each of 2 images"),
        ([0.0, 1.0], "labels: float64"),
        ([0, 4], "labels: 0..4 found; the network has classes 0..3"),
        ([-1, 0], "labels: -1..0 found"),
    ):
        refused(InputError, message, Recording.write, None, header(), [chunk(2)], labels)


def without(whole, **changes):
    fields = {name: getattr(whole, name) for name in ("images", "spikes", "outputs", "potentials")}
    return Chunk(**{**fields, **changes})


def test_chunks_must_fit_the_header():
    whole = chunk(2)
    short = {"conv": Spikes.from_dense(np.zeros((2, 4, 3, 2, 2), int), DT)}
    for broken, message in (
        ([], "there are no chunks"),
        ([without(whole, spikes={})], "spikes of 'input' is missing"),
        ([without(whole, potentials={})], "potentials of 'conv' is missing"),
        (
            [without(whole, potentials={"conv": np.zeros((2, 5, 4))})],
            "potentials of 'conv' has shape (2, 5, 4); (2, 5, 3)",
        ),
        (
            [without(whole, outputs={"fc": np.zeros((2, 4, 4))})],
            "outputs of 'fc' has shape (2, 4, 4); (2, 5, 4)",
        ),
        (
            [without(whole, spikes={**whole.spikes, **short})],
            "layer 'conv' has <0 spikes of 3x2x2 neurons, 2 images, 4",
        ),
        ([whole, chunk(2, spiking=True)], "Chunk: outputs of [] follow outputs of ['fc']"),
    ):
        refused(InputError, message, Recording.write, None, header(FULL), broken)
    refused(
        InputError, "totals of 'a' has 3 images; the chunk has 2", lambda: Chunk(2, totals={"a": np.zeros(3)})
    )


def test_a_failed_write_leaves_the_old_file(tmp_path):
    Recording.write(tmp_path / "a.h5", header(), [chunk(2)])
    before = (tmp_path / "a.h5").read_bytes()
    refused(InputError, "give one integer", Recording.write, tmp_path / "a.h5", header(), [chunk(2)], [1])
    assert (tmp_path / "a.h5").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_headers_must_agree_with_themselves():
    refused(InputError, "steps is 0", lambda: header(steps=0))
    refused(InputError, "dt is -1", lambda: header(dt=-1))
    refused(InputError, "latency names ['fc']", lambda: header(latency={"fc": 0}))
    refused(InputError, "no layer 'con'; did you mean 'conv'", lambda: header(outputs=("con",)))
    refused(InputError, "3 classes; the outputs have [4] neurons", lambda: header(classes=("a", "b", "c")))
    odd = header(provenance={"x": {1, 2}})
    refused(InputError, "its header is not JSON", Recording.write, None, odd, [chunk(1)])


# ---- record=


def test_record_forms():
    assert parse_record("counts", SHAPES) == dict.fromkeys(SHAPES, Kept("counts"))
    assert parse_record({"fc": "spikes"}, SHAPES) == {"input": Kept(), "conv": Kept(), "fc": Kept("spikes")}
    both = parse_record({"conv": (Potential([1, 2]), "counts"), "fc": Potential()}, SHAPES)
    assert both["conv"] == Kept("counts", Potential((1, 2)))
    assert both["fc"] == Kept("totals", Potential())
    assert Potential().count((3, 2)) == 6
    assert Potential((4,)).count((3, 2)) == 1


def test_record_refusals():
    for record, message in (
        ("all", "record: 'all' is no level; give one of totals, counts, spikes or Potential(neurons)"),
        ({"fc": 3}, "record: 3 is no level"),
        ({"comv": "spikes"}, "there is no layer 'comv'; did you mean 'conv'?"),
        ({"fc": ("spikes", "counts")}, "give at most one level and one Potential"),
        ({"fc": Potential((4,))}, "Potential of layer 'fc' names neuron 4; give indices in 0..3"),
    ):
        refused(InputError, message, parse_record, record, SHAPES)
    for neurons in ((), (-1,), (1, 1)):
        refused(InputError, "give different indices >= 0, or None for all", Potential, neurons)


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
        (lambda f: f.__delitem__("layers/001/step"), "layer 'conv': found"),
        (lambda f: f["layers/001/step"].resize(1, axis=0), "layer 'conv': found"),
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
