"""neurosim figure: every kind of figure for a recording, with its data beside it, or one clear line."""

import csv
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from recorded import FULL, accumulating, chunk, header

from neurosim import (
    IF,
    Accumulate,
    Conv,
    Identity,
    Input,
    Layer,
    Linear,
    Network,
    PhysicalScale,
    Projection,
    Reference,
    Simulation,
    energy,
    statistics,
)
from neurosim.cli import main
from neurosim.plotting import PRESETS
from neurosim.plotting.bars import CAUSES
from neurosim.recording import Potential, Recording
from neurosim.workflows.figure_kinds import KINDS
from neurosim.workflows.figure_material import Material
from neurosim.workflows.figure_trace import trace

LABELS = [0, 1, 2, 0]
BUDGET = "layer,inherited,clipping,quantisation,timing\nconv,0.1,0.2,0.1,-0.05\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A recording of four images, its network, and what else figures are drawn from."""
    folder = tmp_path_factory.mktemp("figures")
    Recording.write(folder / "run.h5", header(FULL), [chunk(4)], LABELS)
    layers = [
        Layer("pixels", (1, 2, 2), Input()),
        Layer("input", (1, 2, 2), IF(0.5)),
        Layer("conv", (3, 2, 2), IF()),
        Layer("fc", (4,), Accumulate()),
    ]
    ways = [
        Projection("pixels", "input", (Identity(),)),
        Projection("input", "conv", (Conv(np.ones((3, 1, 3, 3)), padding=1),)),
        Projection("conv", "fc", (Linear(np.ones((4, 12))),)),
    ]
    Network(layers, ways).save(folder / "net.safetensors")
    (folder / "budget.csv").write_text(BUDGET)
    np.savez(folder / "ann.npz", conv=np.random.default_rng(0).random((4, 3, 2, 2)))
    return folder


def draw(folder, kind, *options, output="out.svg"):
    return main(["figure", kind, str(folder / "run.h5"), "-o", str(output), *map(str, options)])


def needed(folder, kind):
    files = {"--network": "net.safetensors", "--diagnosis": "budget.csv", "--activations": "ann.npz"}
    chosen = {"correlation": ["--network", "--activations"], "network": ["--network"]}
    chosen |= {"error-budget": ["--diagnosis"]}
    given = [word for option in chosen.get(kind, []) for word in (option, folder / files[option])]
    grid = ["--grid", "2x2"] if kind == "classification-map" else []
    return given + grid + (["--layer", "conv"] if kind in ("trace", "rate-map", "correlation") else [])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "energy"])
def test_every_kind_is_drawn_with_its_data(folder, kind, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert draw(folder, kind, *needed(folder, kind)) == 0, capsys.readouterr().err
    assert capsys.readouterr().out == "written to out.svg, out.csv\n"
    width = re.search(r'<svg [^>]*width="([\d.]+)pt"', Path("out.svg").read_text())[1]
    assert float(width) / 72 * 25.4 == pytest.approx(89, abs=0.1)
    rows = list(csv.DictReader(Path("out.csv").read_text().splitlines()))
    assert rows


def test_data_are_those_of_the_recording(folder, tmp_path):
    assert draw(folder, "raster", "--images", "1,3", "--layer", "conv", output=tmp_path / "one.png") == 0
    rows = list(csv.DictReader((tmp_path / "one.csv").open()))
    spikes = Recording.load(folder / "run.h5").spikes("conv", [1, 3])
    for name in ("step", "neuron", "strength"):
        assert [int(row[name]) for row in rows] == getattr(spikes, name).tolist()
    assert {row["image"] for row in rows} == {"1", "3"}
    assert draw(folder, "trace", "--layer", "conv", "--neuron", 0, "--images", 2, output=tmp_path / "t") == 0
    rows = list(csv.DictReader((tmp_path / "t.csv").open()))
    potential = Recording.load(folder / "run.h5").potential("conv")[2, :, 1]  # neurons 11, 0, 5 were kept
    assert [float(row["potential"]) for row in rows] == potential.tolist()
    assert sorted(path.name for path in tmp_path.glob("t.*")) == ["t.csv", "t.pdf", "t.png"]


RESULTS = Path(__file__).resolve().parents[1] / "analysis" / "results"


def test_energy_is_that_of_the_estimate(tmp_path):
    run, net = RESULTS / "digits_demo.h5", RESULTS / "digits_demo.safetensors"
    words = ["figure", "energy", run, "--network", net, "-o", tmp_path / "e.svg"]
    assert main(list(map(str, words))) == 0
    sums: dict[str, float] = {}
    for row in csv.DictReader((tmp_path / "e.csv").open()):
        sums[row["series"]] = sums.get(row["series"], 0) + float(row["energy_j"])
    found = energy.estimate(Network.load(net), Recording.load(run))
    expected = [found.ann, found.snn(graded="accumulate"), found.snn(graded="multiply")]
    assert list(sums.values()) == pytest.approx([1e-12 * picojoules for picojoules in expected])


def test_similarity_is_that_of_the_counts(folder, tmp_path):
    assert draw(folder, "similarity", "--activations", folder / "ann.npz", output=tmp_path / "s.svg") == 0
    (first, second) = csv.DictReader((tmp_path / "s.csv").open())
    assert [first["row"], second["row"], second["column"]] == ["input", "conv", "conv"]
    counts = Recording.load(folder / "run.h5").counts("conv")
    with np.load(folder / "ann.npz") as arrays:
        assert float(second["value"]) == pytest.approx(statistics.linear_cka(counts, arrays["conv"]))


def test_a_diagnosis_may_be_what_the_command_printed(folder, tmp_path):
    row = {"layer": "conv", "total": 0.0, **dict.fromkeys(CAUSES, None)}
    row |= {f"share_{cause}": None for cause in CAUSES}
    (tmp_path / "d.json").write_text(json.dumps({"layers": [row], "accuracy_ann": 0.9}))
    words = ["--diagnosis", tmp_path / "d.json"]
    assert draw(folder, "error-budget", *words, output=tmp_path / "b.svg") == 0
    assert (tmp_path / "b.csv").read_text().splitlines()[1] == "conv,0.0,0.0,0.0,0.0,0.0"
    (tmp_path / "d.json").write_text("[]")
    assert draw(folder, "error-budget", *words, output=tmp_path / "b.svg") == 2


CANNOT = {
    ("rasters",): "figure: kind is 'rasters'; give one of raster, psth, isi, latency, rate-map, accuracy, ",
    ("raster", "--preset", "science"): "style: preset is 'science'; give one of nature-single, ",
    ("raster", "--height", "500"): "style: height is 500.0 mm; nature-single has room for 170.0 mm",
    ("raster", "--height", "nan"): "style: height is nan mm; nature-single has room for 170.0 mm",
    ("raster", "--layer", "cnv"): "recording: there is no layer 'cnv'; did you mean 'conv'?",
    ("raster", "--images", "4"): "images: index 4 is out of bounds for axis 0 with size 4; choose among 0..3",
    ("raster", "--images", "2:2"): "images: nothing is chosen by slice(2, 2, None); choose among 0..3",
    ("raster", "--images", "two"): "--images two: give 3, 0:10 or 0,3,5",
    ("psth", "--layer", "fc"): "psth: layer 'fc' accumulates and never spikes; leave it out",
    ("rate-map", "--layer", "conv", "--layer", "input"): "figure: 2 layers are named; this kind shows one",
    ("trace", "--layer", "conv", "--neuron", "3"): (
        "figure: the potential of neuron 3 was not recorded; there are 11, 0, 5"
    ),
    ("trace", "--layer", "input"): "recording: potentials of layer 'input' were not kept; run with record=",
    ("trace", "--layer", "conv", "--images", "0:2"): "figure: 2 images are named; this kind shows one",
    ("network",): "figure: this kind needs the network: give --network NET",
    ("error-budget",): "figure: this kind needs the causes of errors: give --diagnosis TABLE.csv or .json",
    ("correlation", "--layer", "conv"): "figure: this kind needs the network: give --network NET",
    ("classification-map",): "figure: this kind needs the size of the scene: give --grid HEIGHTxWIDTH",
    ("classification-map", "--grid", "2x3"): ("figure: a grid of 2x3 does not hold 4 images, row by row"),
    ("classification-map", "--grid", "2"): "--grid 2: give HEIGHTxWIDTH, as 145x145",
    ("rate-map", "--layer", "fc"): "rate-map: layer 'fc' accumulates and never spikes; leave it out\n",
    ("similarity", "--layer", "fc"): "similarity: layer 'fc' accumulates and never spikes; leave it out\n",
    ("similarity", "--layer", "cnv"): "recording: there is no layer 'cnv'; did you mean 'conv'?\n",
    ("similarity", "--images", "0:2"): (
        "figure: 2 images are chosen, and two are always alike; give 3 or more\n"
    ),
    ("raster", "--height", "3"): "style: height is 3.0 mm; the text of nature-single needs 23 mm\n",
    ("raster", "--images", "1,3,1"): "images: one is named twice: 1, 3, 1; name each once\n",
    ("psth", "--images", "3,-1"): "images: one is named twice: 3, 3; name each once\n",
    (
        "isi",
        "--layer",
        "conv",
        "--layer",
        "conv",
    ): "isi: a layer is named twice: conv, conv; name each once\n",
    ("similarity", "--layer", "conv", "--layer", "conv"): (
        "similarity: a layer is named twice: conv, conv; name each once\n"
    ),
    ("confusion", "--layer", "x"): (
        "figure: confusion does not use --layer; it takes none of these options\n"
    ),
    ("accuracy", "--images", "0:2"): (
        "figure: accuracy does not use --images; it takes none of these options\n"
    ),
    ("latency", "--neuron", "7"): "figure: latency does not use --neuron; it takes --images, --layer\n",
    ("correlation", "--images", "0"): (
        "figure: correlation does not use --images; it takes --layer, --network, --activations\n"
    ),
    ("energy", "--images", "0"): "figure: energy does not use --images; it takes --network\n",
    ("network", "--diagnosis", "d.csv"): "figure: network does not use --diagnosis; it takes --network\n",
}


@pytest.mark.parametrize("words", CANNOT, ids=" ".join)
def test_what_cannot_be_drawn_is_told_in_one_line(words, folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert draw(folder, *words) == 2
    assert capsys.readouterr().err.startswith(f"neurosim: {CANNOT[words]}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["network", "correlation", "energy", "trace"])
def test_a_network_must_be_that_of_the_recording(kind, folder, tmp_path, capsys):
    layers = [Layer("pixels", (4,), Input()), Layer("conv", (3,), IF()), Layer("fc", (4,), Accumulate())]
    ways = [Projection("pixels", "conv", (Linear(np.ones((3, 4))),))]
    Network(layers, [*ways, Projection("conv", "fc", (Linear(np.ones((4, 3))),))]).save(tmp_path / "other")
    words = ["--layer", "conv"] if kind in ("correlation", "trace") else []
    words += ["--activations", folder / "ann.npz"] if kind == "correlation" else []
    said = "layer 'conv' is (3,), in the recording (3, 2, 2); give the network that was run"
    assert draw(folder, kind, *words, "--network", tmp_path / "other", output=tmp_path / "x.svg") == 2
    assert capsys.readouterr().err == f"neurosim: {tmp_path / 'other'}: {said}\n"


@pytest.mark.parametrize("values", [np.ones((3, 12)), np.array(1.0), np.array(["a"] * 4)])
@pytest.mark.parametrize("kind", ["correlation", "similarity"])
def test_activations_must_be_those_of_the_recorded_images(values, kind, folder, tmp_path, capsys):
    np.savez(tmp_path / "other.npz", conv=values)
    words = ["--network", folder / "net.safetensors"] if kind == "correlation" else []
    words += ["--activations", tmp_path / "other.npz", "--layer", "conv"]
    assert draw(folder, kind, *words, output=tmp_path / "x.svg") == 2
    said = f"'conv' is {values.dtype} {values.shape}; give numbers of all 4 recorded images"
    assert capsys.readouterr().err == f"neurosim: {tmp_path / 'other.npz'}: {said}\n"


def test_where_all_layers_accumulate_nothing_spikes(tmp_path, capsys):
    potential = accumulating(tmp_path / "run.h5").potential("fc")
    for kind in ("raster", "psth", "isi", "latency", "rate-map", "similarity"):
        assert draw(tmp_path, kind, output=tmp_path / "x.svg") == 2
        assert capsys.readouterr().err == f"neurosim: {kind}: all layers accumulate and never spike: fc\n"
    assert draw(tmp_path, "trace", "--neuron", 2, output=tmp_path / "t.svg") == 0
    rows = list(csv.DictReader((tmp_path / "t.csv").open()))
    assert [float(row["potential"]) for row in rows] == potential[0, :, 2].tolist()
    assert {row["strength"] for row in rows} == {"0"}
    layers = [Layer("pixels", (4,), Input()), Layer("fc", (4,), Accumulate())]
    Network(layers, [Projection("pixels", "fc", (Linear(np.eye(4)),))]).save(tmp_path / "net")
    np.savez(tmp_path / "ann.npz", fc=np.ones((1, 4)))
    words = ["--network", tmp_path / "net", "--activations", tmp_path / "ann.npz"]
    assert draw(tmp_path, "correlation", *words, output=tmp_path / "c.svg") == 0
    rows = list(csv.DictReader((tmp_path / "c.csv").open()))
    assert [float(row["rate"]) for row in rows] == (potential[0, -1] / 5).tolist()


def chain(physical=None, record=None):
    """Two images of a network of one neuron of threshold 2, and the network."""
    layers = [Layer("pixels", (1,), Input()), Layer("if", (1,), IF(2.0)), Layer("fc", (1,), Accumulate())]
    one = Linear(np.ones((1, 1)))
    network = Network(layers, [Projection("pixels", "if", (one,)), Projection("if", "fc", (one,))])
    record = record or {"if": ("spikes", Potential())}
    with Simulation(network, Reference(), steps=4, record=record, physical=physical) as simulation:
        return network, simulation.run(np.ones((2, 1)), progress=False)


@pytest.mark.parametrize(
    ("physical", "said", "unit"),
    [
        (None, 2.0, ""),
        (PhysicalScale(0.015625), 31.25, " (mV)"),
        (PhysicalScale(0.015, rest=-0.065), -35.0, " (mV)"),
    ],
)
def test_a_trace_has_its_unit_and_its_threshold(physical, said, unit, tmp_path):
    network, recording = chain(physical)
    recording.save(tmp_path / "run.h5")
    network.save(tmp_path / "net")
    for file, lines in ((None, []), (tmp_path / "net", [said])):
        ax = Figure().subplots()
        trace(Material(tmp_path / "run.h5", network_file=file))(ax)
        assert ax.get_ylabel() == f"Potential after reset{unit}"
        assert [line.get_ydata()[0] for line in ax.lines if line.get_label() == "threshold"] == (
            pytest.approx(lines)
        )
    assert recording.potential("if").max() < said


def test_a_trace_says_what_it_needs(tmp_path, capsys):
    chain(record={"if": Potential(), "fc": "spikes"})[1].save(tmp_path / "run.h5")
    needs = {
        "if": "spikes of layer 'if' were not kept; run with record={'if': ('spikes', Potential())}",
        "fc": "potentials of layer 'fc' were not kept; run with record={'fc': Potential()}",
    }
    for layer, need in needs.items():
        assert draw(tmp_path, "trace", "--layer", layer, output=tmp_path / "x.svg") == 2
        assert capsys.readouterr().err == f"neurosim: recording: {need}\n"


@pytest.mark.parametrize("said", ["PhysicalScale(voltage=-1.0)", "print(1)", "no scale", 7])
def test_a_damaged_scale_is_refused(said, tmp_path, capsys):
    Recording.write(tmp_path / "run.h5", header(FULL, provenance={"physical": said}), [chunk(1)])
    assert draw(tmp_path, "trace", "--layer", "conv", output=tmp_path / "x.svg") == 2
    err = capsys.readouterr().err
    assert err.startswith(f"neurosim: {tmp_path / 'run.h5'}: contents: found ")
    assert err.endswith(", expected an intact recording file\n")


@pytest.mark.parametrize("name", ["run.h5", "ann.npz"])
def test_a_diagnosis_is_a_table(name, folder, tmp_path, capsys):
    assert draw(folder, "error-budget", "--diagnosis", folder / name, output=tmp_path / "x.svg") == 2
    err = capsys.readouterr().err
    assert err.startswith(f"neurosim: {folder / name}: contents: found ")
    assert err.endswith(", expected an intact CSV file\n")
    assert err.count("\n") == 1


def test_other_files_are_refused(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.h5").write_text("no recording")
    budget = shutil.copy(folder / "budget.csv", tmp_path / "out.csv")
    run, net = folder / "run.h5", folder / "ann.npz"
    cases = {
        ("raster", tmp_path / "text.h5", "-o", "x.pdf"): "text.h5: ",
        ("raster", tmp_path / "absent.h5", "-o", "x.pdf"): "absent.h5: ",
        (
            "raster",
            run,
            "-o",
            "x.jpg",
        ): "x.jpg: a figure ends in .pdf, .png, .svg, or in nothing for PDF and PNG",
        ("raster", run, "-o", "no/x.pdf"): "found no folder",
        ("network", run, "-o", "x.pdf", "--network", net): "ann.npz: ",
        (
            "error-budget",
            run,
            "-o",
            "out.pdf",
            "--diagnosis",
            budget,
        ): "out.csv: is read, and the",
    }
    for words, said in cases.items():
        assert main(["figure", *map(str, words)]) == 2
        err = capsys.readouterr().err
        assert said in err
        assert err.count("\n") == 1
    assert Path(budget).read_text() == BUDGET
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("x.")]


def test_too_little_was_recorded(folder, tmp_path, capsys):
    Recording.write(tmp_path / "run.h5", header("totals"), [chunk(2)])
    remedies = {
        "raster": "run with record={'conv': 'spikes'}",
        "rate-map": "run with record={'input': 'counts'}",
        "accuracy": "the recording has no labels; give labels= when running",
        "confusion": "the recording has no labels; give labels= when running",
    }
    for kind, remedy in remedies.items():
        assert draw(tmp_path, kind, output=tmp_path / "x.png") == 2
        assert remedy in capsys.readouterr().err


# ---- what poppler finds in the files


def poppler(*words):
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed: apt-get install poppler-utils")
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("preset", PRESETS)
def test_pdfs_have_their_width_their_font_and_their_texts(preset, folder, tmp_path):
    kind = "network" if preset.endswith("double") else "raster"
    path = tmp_path / "plate.pdf"
    assert draw(folder, kind, *needed(folder, kind), "--preset", preset, output=path) == 0
    size = re.search(r"Page size: +([\d.]+) x", poppler("pdfinfo", str(path)))[1]
    assert float(size) / 72 * 25.4 == pytest.approx(PRESETS[preset].width, abs=0.1)
    fonts = poppler("pdffonts", str(path)).splitlines()[2:]
    assert fonts
    assert all("LiberationSans" in line and "TrueType" in line for line in fonts)
    assert all(line.split()[-5:-2] == ["yes", "yes", "yes"] for line in fonts)  # embedded, subset, unicode
    words = poppler("pdftotext", str(path), "-")
    texts = {"raster": ("Time (ms), in steps of 1 ms", "conv (12)", "strength 1")}
    texts["network"] = ("Conv 3×3", "Accumulate")
    assert all(text in words for text in texts[kind])
