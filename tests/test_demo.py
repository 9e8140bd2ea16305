"""The demo, end to end: what it prints is what it returns, and the figures are there."""

import json

import pytest

from neurosim import cli
from neurosim.network import Network
from neurosim.workflows import demo

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Exit status, the JSON on stdout, the report on stderr, and the folder."""
    folder = tmp_path_factory.mktemp("demo") / "new" / "folder"
    with pytest.MonkeyPatch.context() as patch:
        out, err = [], []
        patch.setattr("builtins.print", lambda text, file=None: (err if file else out).append(text))
        status = cli.main(["demo", "--json", "-o", str(folder)])
    (text,) = out
    return status, json.loads(text), "\n".join(err), folder


def test_it_proves_what_it_simulates(made):
    status, result, report, _ = made
    assert (status, result["equal"]) == (0, True)
    spikes = sum(row["spikes"] for row in result["layers"]) * demo.IMAGES
    assert result["spikes"] == round(spikes) > 1_000_000
    assert f"{result['spikes']:,} spikes compared, equal" in report


def test_accuracies_are_those_of_every_step(made):
    _, result, report, _ = made
    shares = result["accuracy_snn"]
    assert len(shares) == demo.STEPS
    assert all((share * demo.IMAGES) == pytest.approx(round(share * demo.IMAGES)) for share in shares)
    steps = "  ".join(f"{step}: {100 * share:.1f} %" for step, share in enumerate(shares, 1))
    assert f"accuracy of its spiking form after step {steps}" in report
    assert f"accuracy of the network: {100 * result['accuracy_ann']:.1f} %" in report
    assert abs(shares[-1] - result["accuracy_ann"]) <= 0.02


def test_the_report_has_a_row_a_layer(made):
    _, result, report, folder = made
    network = Network.load(folder / "digits.safetensors")
    assert [row["layer"] for row in result["layers"]] == [layer.name for layer in network.neurons]
    for row, layer in zip(result["layers"], network.neurons, strict=True):
        assert row["neurons"] == layer.size
        assert row["rate_hz"] == pytest.approx(row["spikes"] / layer.size / demo.STEPS * 1000)
        assert 0 < row["error"] < 0.2
        assert 0 <= row["saturated"] < 0.01
    for heading in ("synapses represented", "shared parameters", "mean rate (Hz)", "conversion error"):
        assert heading in report
    assert str(network) in report


def test_the_figures_are_there(made):
    _, result, report, folder = made
    names = {f"{stem}.{kind}" for stem in ("raster", "conversion_error") for kind in ("pdf", "png", "csv")}
    assert {path.name for path in folder.iterdir()} == names | {"digits.safetensors"}
    assert set(result["figures"]) == {str(folder / name) for name in names}
    for path in map(folder.joinpath, names):
        start, least = {".pdf": (b"%PDF-", 5e3), ".png": (b"\x89PNG", 5e3), ".csv": (b"layer,", 100)}[
            path.suffix
        ]
        assert path.read_bytes().startswith(start)
        assert path.stat().st_size > least
        assert str(path) in report


def test_the_network_is_there_for_the_other_verbs(made, capsys):
    assert cli.main(["describe", str(made[3] / "digits.safetensors")]) == 0
    assert "layer1.1.conv2" in capsys.readouterr().out
