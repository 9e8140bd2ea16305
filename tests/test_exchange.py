"""Recordings as other programs read them: written, read back by the programs' own libraries, and equal."""

import csv
import subprocess
import sys
import warnings

import h5py
import numpy as np
import pytest
from recorded import DT, SHAPES, STEPS, chunk, dense, header

from neurosim import cli
from neurosim.errors import DeviceUnavailable, InputError, NotRecorded
from neurosim.recording import Recording
from neurosim.recording.exchange import FORMATS, Chosen, choice, export
from neurosim.spikes import Spikes

IMAGES = 3
LABELS = [2, 0, 1]
LAYERS = ("input", "conv")
WINDOW = STEPS * DT


@pytest.fixture(scope="module")
def recording():
    """Two layers that spike, with signs and strengths, and one that accumulates."""
    return Recording.write(None, header(), [chunk(IMAGES)], LABELS)


@pytest.fixture(scope="module")
def strengths():
    """What was recorded, (images, STEPS, neurons)."""
    return {layer: dense(IMAGES)[0][layer].reshape(IMAGES, STEPS, -1) for layer in LAYERS}


def neurons(layer):
    return int(np.prod(SHAPES[layer]))


def steps_of(times):
    """Times on the common axis as (image, step)."""
    found = np.rint(np.asarray(times) / DT).astype(int)
    np.testing.assert_array_equal(found * np.float64(DT), times)  # on the grid, to the last bit
    return divmod(found, STEPS)


def test_neo_trains_are_the_spikes(recording, strengths):
    block = recording.to_neo()
    assert [segment.annotations for segment in block.segments] == [
        {"image": image, "label": label} for image, label in enumerate(LABELS)
    ]
    for image, segment in enumerate(block.segments):
        assert len(segment.spiketrains) == sum(map(neurons, LAYERS))
        for train in segment.spiketrains:
            layer, neuron = train.annotations["layer"], train.annotations["neuron"]
            expected = strengths[layer][image, :, neuron]
            np.testing.assert_array_equal(train.rescale("s").magnitude, np.flatnonzero(expected) * DT)
            np.testing.assert_array_equal(train.array_annotations["strength"], expected[expected != 0])
            assert (train.t_start.item(), train.t_stop.item()) == (0, WINDOW)


def test_elephant_and_viziphant_work_on_neo_trains(recording, strengths):
    import matplotlib
    from elephant.statistics import mean_firing_rate
    from viziphant.rasterplot import rasterplot

    matplotlib.use("Agg")
    trains = recording.to_neo("conv", [1]).segments[0].spiketrains
    rates = [float(mean_firing_rate(train).rescale("Hz")) for train in trains]
    np.testing.assert_allclose(rates, (strengths["conv"][1] != 0).sum(axis=0) / WINDOW)
    with warnings.catch_warnings(action="ignore"):
        axes = rasterplot(list(trains))
    assert sum(len(drawn.get_offsets()) for drawn in axes.collections) == (strengths["conv"][1] != 0).sum()


def test_pynapple_groups_are_the_spikes(recording, strengths):
    with warnings.catch_warnings(action="ignore"):
        groups = recording.to_pynapple()
    assert tuple(groups) == LAYERS
    for layer, group in groups.items():
        assert list(group.keys()) == list(range(neurons(layer)))
        np.testing.assert_allclose(group.time_support.values, [[0, IMAGES * WINDOW]])
        found = np.zeros_like(strengths[layer])
        for neuron, train in group.items():
            np.add.at(found, (*steps_of(train.index.values), neuron), train.values.astype(int))
        np.testing.assert_array_equal(found, strengths[layer])


def test_nwb_is_valid_and_read_back_equal(recording, strengths, tmp_path):
    import pynwb

    path = tmp_path / "recording.nwb"
    assert recording.export(path, "nwb") == sum((s != 0).sum() for s in strengths.values())
    assert pynwb.validate(path=str(path)) == []
    with pynwb.NWBHDF5IO(str(path), "r") as source:
        file = source.read()
        assert file.identifier == "unknown network"  # the made-up recording knows none
        trials = file.trials.to_dataframe()
        units = file.units.to_dataframe()
    assert trials["label"].tolist() == LABELS
    assert trials["image"].tolist() == [0, 1, 2]
    np.testing.assert_allclose(trials["start_time"], np.arange(IMAGES) * WINDOW)
    found = {layer: np.zeros_like(values) for layer, values in strengths.items()}
    for unit in units.itertuples():
        image, step = steps_of(unit.spike_times)
        found[unit.layer][image, step, unit.neuron] = unit.strength
        np.testing.assert_allclose(unit.obs_intervals, [[0, IMAGES * WINDOW]])
    assert len(units) == sum(map(neurons, LAYERS))
    for layer in LAYERS:
        np.testing.assert_array_equal(found[layer], strengths[layer])


def test_sonata_is_read_back_equal(recording, strengths, tmp_path):
    import libsonata

    path = tmp_path / "recording.h5"
    recording.export(path, "sonata", images=slice(1, None))
    reader = libsonata.SpikeReader(str(path))
    assert sorted(reader.get_population_names()) == sorted(LAYERS)
    for layer in LAYERS:
        population = reader[layer]
        assert (population.sorting, population.time_units) == ("by_time", "ms")
        found = np.zeros((IMAGES - 1, STEPS, neurons(layer)), bool)
        for node, time in population.get():
            step = round(time / (DT * 1e3))
            found[step // STEPS, step % STEPS, node] = True
        np.testing.assert_array_equal(found, strengths[layer][1:] != 0)
        with h5py.File(path) as file:
            expected = strengths[layer][1:]
            np.testing.assert_array_equal(file[f"spikes/{layer}/strength"], expected[expected != 0])


def test_csv_holds_every_spike(recording, strengths, tmp_path):
    recording.export(tmp_path / "recording.csv", "csv", "conv", [2, 0])
    found = np.zeros_like(strengths["conv"])
    with (tmp_path / "recording.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            assert row["layer"] == "conv"
            assert float(row["time"]) == int(row["step"]) * DT
            found[int(row["image"]), int(row["step"]), int(row["neuron"])] = int(row["strength"])
    np.testing.assert_array_equal(found[[0, 2]], strengths["conv"][[0, 2]])
    assert not found[1].any()


def test_npz_holds_every_spike(recording, strengths, tmp_path):
    recording.export(tmp_path / "recording.npz", "npz")
    with np.load(tmp_path / "recording.npz") as found:
        assert found["layers"].tolist() == list(LAYERS)
        assert (found["steps"], found["dt"], found["labels"].tolist()) == (STEPS, DT, LABELS)
        for number, layer in enumerate(LAYERS):
            values = np.zeros_like(strengths[layer])
            places = tuple(found[f"{name}_{number:03d}"] for name in ("image", "step", "neuron"))
            values[places] = found[f"strength_{number:03d}"]
            np.testing.assert_array_equal(values, strengths[layer])
            assert tuple(found[f"shape_{number:03d}"]) == SHAPES[layer]


def test_a_layer_cannot_smuggle_a_formula_into_a_spreadsheet(tmp_path):
    values = np.ones((1, STEPS, 2), int)
    chosen = Chosen(STEPS, DT, np.arange(1), None, {"=cmd": Spikes.from_dense(values, DT)}, "")
    export(chosen, tmp_path / "x.csv", "csv")
    rows = list(csv.reader((tmp_path / "x.csv").open(newline="")))
    assert {row[0] for row in rows[1:]} == {"'=cmd"}


@pytest.mark.parametrize(
    ("error", "message", "arguments"),
    [
        (InputError, "export: format 'mat' is unknown: give one of nwb, sonata, csv, npz", ("mat",)),
        (
            InputError,
            "recording: there is no layer 'convolution'; the layers are input, conv, fc",
            ("csv", "convolution"),
        ),
        (
            InputError,
            "images: index 3 is out of bounds for axis 0 with size 3; choose among 0..2",
            ("csv", "conv", [3]),
        ),
        (InputError, "images: nothing is chosen by []; choose among 0..2", ("csv", "conv", [])),
        (
            InputError,
            "images: slice step cannot be zero; choose among 0..2",
            ("csv", "conv", slice(0, 2, 0)),
        ),
        (
            InputError,
            "export: layer 'fc' accumulates and never spikes: choose another layer",
            ("csv", "fc"),
        ),
        (InputError, "export: no layer is chosen: the recording needs one at level 'spikes'", ("csv", [])),
    ],
)
def test_what_cannot_be_chosen_is_refused(recording, tmp_path, error, message, arguments):
    with pytest.raises(error) as caught:
        recording.export(tmp_path / "x", *arguments)
    assert str(caught.value) == message
    assert not list(tmp_path.iterdir())


def test_what_was_not_recorded_is_not_silence(tmp_path):
    totals = Recording.write(None, header("totals"), [chunk(IMAGES)], LABELS)
    with pytest.raises(NotRecorded, match="spikes of layer 'conv' were not kept"):
        totals.export(tmp_path / "x", "csv", "conv")
    with pytest.raises(InputError, match="no layer is chosen"):
        totals.to_neo()


def test_too_many_trains_are_refused_before_they_are_made(recording, monkeypatch):
    monkeypatch.setattr(choice, "MOST_TRAINS", 40)
    with pytest.raises(InputError) as caught:
        recording.to_neo()
    assert str(caught.value) == (
        "to_neo: 48 spike trains are asked for, at most 40 are written: choose fewer layers or images"
    )


def test_a_missing_library_is_named(recording, monkeypatch):
    monkeypatch.setitem(sys.modules, "neo", None)
    with pytest.raises(DeviceUnavailable) as caught:
        recording.to_neo()
    assert str(caught.value) == "to_neo: neo is not installed: pip install 'neurosim-brian2[neuro]'"


def test_a_recording_needs_none_of_the_libraries():
    script = (
        "import sys, neurosim.recording\nprint({'neo', 'pynwb', 'pynapple', 'elephant'} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "set()"


def test_the_verb_writes_every_format(recording, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    recording.save("recording.h5")
    for name in FORMATS:
        words = ["export", "recording.h5", "--format", name, "--images", "1:", "-o", f"out.{name}"]
        with warnings.catch_warnings(action="ignore"):
            assert cli.main([*words, "--layer", "conv"]) == 0
        assert capsys.readouterr().out.endswith(f"spikes written to out.{name}\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *sorted(f"out.{name}" for name in FORMATS),
        "recording.h5",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--format", "mat"), "export: format 'mat' is unknown: give one of nwb, sonata, csv, npz"),
        (("--format", "csv", "--images", "a"), "--images a: give 3, 0:10 or 0,3,5"),
        (
            ("--format", "csv", "--images", "5:"),
            "images: nothing is chosen by slice(5, None, None); choose among 0..2",
        ),
    ],
)
def test_the_verb_refuses_in_one_line(recording, tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    recording.save("recording.h5")
    assert cli.main(["export", "recording.h5", *words, "-o", "out"]) == 2
    assert capsys.readouterr().err == f"neurosim: {message}\n"
