"""Recordings against the dense arrays they were made from."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from recorded import DT, FULL, SHAPES, STEPS, chunk, dense, header, packed, refused

from neurosim.errors import InputError, NotRecorded
from neurosim.recording import Chunk, Header, Kept, PackedSpikes, Potential, Recording, parse_record
from neurosim.spikes import Spikes

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
    spikes = {name: packed.unpack(DT) for name, packed in whole.spikes.items()}
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
    recording = Recording.write(None, header("totals", spiking=True), [chunk(3, spiking=True)])
    np.testing.assert_array_equal(recording.output("fc"), strengths["fc"].cumsum(axis=1))
    assert recording.output("fc").dtype == np.float64


def test_single_precision_stays_single():
    whole = chunk(3)
    single = Chunk(3, whole.spikes, outputs={"fc": whole.outputs["fc"].astype("f4")})
    assert Recording.write(None, header(), [single]).output().dtype == np.float32


# ---- decoding


def spiking_recording(strengths, labels=None):
    images, steps, classes = np.shape(strengths)
    kept = {"out": Kept("totals")}
    head = Header({"out": (classes,)}, steps, DT, {"out": 0}, ("out",), kept, graded=("out",))
    return Recording.write(None, head, [Chunk(images, {"out": packed(strengths)})], labels)


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


# ---- refusals


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
    short = {"conv": packed(np.zeros((2, 4, 3, 2, 2), int))}
    silent = {"fc": PackedSpikes.from_dense(np.zeros((2, 5, 4), int))}
    plain = {"conv": PackedSpikes.from_dense(np.zeros((2, 5, 3, 2, 2), int))}
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
            "spikes of 'conv' have (shape, steps, strengths) ((3, 2, 2), 4, True); ((3, 2, 2), 5, True)",
        ),
        ([without(whole, spikes={**whole.spikes, **plain})], "((3, 2, 2), 5, False); ((3, 2, 2), 5, True)"),
        (
            [whole, without(whole, outputs={}, spikes={**whole.spikes, **silent})],
            "Chunk: outputs of [] follow outputs of ['fc']",
        ),
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
