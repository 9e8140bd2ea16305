"""The demo, end to end: what it prints is what it returns, and what it returns can be worked out again."""

import csv
import json
import subprocess
import sys
from importlib.resources import files

import numpy as np
import pytest

from neurosim import cli
from neurosim.network import Network
from neurosim.workflows import demo
from neurosim.workflows.sites import site

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SHIPPED = files("neurosim") / "data" / f"{demo.NETWORK}.safetensors"
PARTS = 2  # of the strip, for the time it takes


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Exit status, the JSON on stdout, the report on stderr, and the folder."""
    folder = tmp_path_factory.mktemp("demo") / "new" / "folder"
    with pytest.MonkeyPatch.context() as patch:
        out, err = [], []
        patch.setattr("builtins.print", lambda text, file=None: (err if file else out).append(text))
        patch.setattr(demo, "IMAGES", PARTS)
        status = cli.main(["demo", "--json", "-o", str(folder)])
    (text,) = out
    return status, json.loads(text), "\n".join(err), folder


def test_it_proves_what_it_simulates(made):
    status, result, report, _ = made
    assert (status, result["equal"]) == (0, True)
    spikes = sum(row["spikes"] for row in result["layers"]) * result["patches"]
    assert result["spikes"] == round(spikes) > 1000
    assert f"{result['spikes']:,} spikes compared, equal" in report


def test_scores_are_those_of_the_map(made):
    _, result, report, folder = made
    with (folder / "map.csv").open(newline="") as file:
        rows = [{name: int(value) for name, value in row.items()} for row in csv.DictReader(file)]
    seen = site("cnn_3d", "random", 0)
    first, stop = result["rows"]
    assert [row["row"] * 145 + row["column"] for row in rows] == list(range(first * 145, stop * 145))
    assert [row["class"] + 1 for row in rows] == seen.scene.labels[first:stop].ravel().tolist()
    tested = {row["row"] * 145 + row["column"] for row in rows if row["tests"]}
    assert tested == set(range(first * 145, stop * 145)) & set(seen.split.test.tolist())
    assert all((row["class"] >= 0) == (row["tests"] + row["trained"] == 1) for row in rows)
    confusion = np.zeros((16, 16))
    for row in rows:
        confusion[row["class"], row["decided"]] += row["tests"]
    count = confusion.sum()
    there, right = confusion.sum(axis=1), np.diag(confusion)
    by_chance = there @ confusion.sum(axis=0) / count**2
    assert result["test_pixels"] == count == len(tested)
    assert result["overall"] == pytest.approx(right.sum() / count)
    assert result["average"] == pytest.approx(np.mean(right[there > 0] / there[there > 0]))
    assert result["kappa"] == pytest.approx((result["overall"] - by_chance) / (1 - by_chance))
    assert result["overall"] > 0.7  # a tenth by chance
    assert f"overall accuracy {100 * result['overall']:.1f} %, average" in report
    assert f"kappa {100 * result['kappa']:.1f} %" in report
    assert "that flatters (docs/hyperspectral.md)" in report


def test_the_report_has_a_row_a_layer(made):
    _, result, report, folder = made
    network = Network.load(folder / f"{demo.NETWORK}.safetensors")
    assert [row["layer"] for row in result["layers"]] == [layer.name for layer in network.neurons]
    table = {row["layer"]: row for row in network.table()}
    for row, layer in zip(result["layers"], network.neurons, strict=True):
        assert row["neurons"] == layer.size
        assert row["cnn_macs"] == table[layer.name]["synapses"]
        assert 0 <= row["spikes_a_neuron"] == row["spikes"] / layer.size <= demo.STEPS
    assert str(network) in report


def test_energies_are_those_of_the_costs_that_are_named(made):
    _, result, report, _ = made
    product, addition = 3.1 * (6 / 32) ** 2, 0.1 * 6 / 32  # pJ, of integers
    for row in result["layers"]:
        assert row["cnn_pj"] == pytest.approx(row["cnn_macs"] * (product + addition))
        spent = row["sums_of_pixels"] * (product + addition) + row["sums_of_spikes"] * addition
        assert row["snn_pj"] == pytest.approx(spent)
    energy = result["energy"]
    for name in ("snn_pj", "cnn_pj"):
        assert energy[name] == pytest.approx(sum(row[name] for row in result["layers"]))
    assert energy["costs"] == "45 nm, int32, scaled to 6 bits"
    assert f"{energy['cnn_pj'] / energy['snn_pj']:.3g} times less" in report
    assert energy["costs"] in report


def test_the_figures_are_there(made):
    _, result, report, folder = made
    names = {f"{stem}.{kind}" for stem in ("map", "raster") for kind in ("pdf", "png", "csv")}
    assert {path.name for path in folder.iterdir()} == names | {f"{demo.NETWORK}.safetensors"}
    assert set(result["figures"]) == {str(folder / name) for name in names}
    starts = {".pdf": b"%PDF-", ".png": b"\x89PNG", ".csv": b""}
    for path in map(folder.joinpath, names):
        assert path.read_bytes().startswith(starts[path.suffix])
        assert path.stat().st_size > 5000
        assert str(path) in report


def test_the_network_is_there_for_the_other_verbs(made, capsys):
    assert cli.main(["describe", str(made[3] / f"{demo.NETWORK}.safetensors")]) == 0
    assert "conv4" in capsys.readouterr().out


def test_the_network_that_comes_along_has_whole_weights_of_six_bits():
    for projection in Network.load(SHIPPED).projections:
        weight = projection.ops[0].weight
        assert (weight == np.rint(weight)).all()
        assert len(np.unique(weight)) <= 2**demo.BITS


def refusal(capsys, folder):
    status = cli.main(["demo", "--json", "-o", str(folder)])
    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    return err.splitlines()[-1]


def test_without_the_scene_its_package_is_named(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "tensorly.datasets", None)
    assert refusal(capsys, tmp_path) == (
        "neurosim: data 'indian-pines': it comes with tensorly, which is not installed: "
        "pip install 'neurosim-brian2[data]'"
    )


def test_without_a_compiler_its_package_is_named(monkeypatch, capsys, tmp_path):
    (tmp_path / "make").symlink_to("/bin/true")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refusal(capsys, tmp_path) == (
        "neurosim: CppStandalone: g++ not found: install it with apt-get install g++"
    )


def test_it_needs_no_torch():
    code = "import sys; sys.modules['torch'] = None\nfrom neurosim.workflows import demo\n"
    code += "from neurosim import plotting, simulation\nprint(len(demo.shipped()[0].neurons))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "7\n"), done.stderr
