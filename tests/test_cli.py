"""The command line: every verb, its exit status, and one clear line for every mistake."""

import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from commands import network, without_progress

import neurosim
from neurosim import cli, doctor
from neurosim.cli import describe
from neurosim.network import Network
from neurosim.neurons import IF
from neurosim.recording import Recording

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pytest alone shows them

WEIGHTS = Path(neurosim.__file__).parent / "data" / "digits_resnet.safetensors"
CONVERT = ("convert", str(WEIGHTS), "--architecture", "digits_resnet")
BMIF = ("--recipe", "bmif", "--calibration", "digits:train[:50]")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEUROSIM_DATA", raising=False)
    network().save("net.safetensors")
    return tmp_path


@pytest.fixture
def call(capsys):
    """Run the command line; return exit status, stdout and stderr."""

    def run(*words: str) -> tuple[int, str, str]:
        status = cli.main(list(words))
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


@pytest.fixture
def as_json(call):
    """Run a verb with --json; return exit status and the one object on stdout."""

    def run(*words: str) -> tuple[int, dict]:
        status, out, _ = call(*words, "--json")
        assert out.count("\n") == 1
        found = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
        assert isinstance(found, dict)
        return status, found

    return run


# ---- every verb


def test_convert_then_describe(call, as_json):
    status, out, err = call(*CONVERT, *BMIF, "--strength", "2", "-o", "made.safetensors")
    assert (status, err) == (0, "")
    made = Network.load("made.safetensors")
    assert out == f"{made}\n\nwritten to made.safetensors\n"
    assert made["conv1"].neuron.strength == 2
    assert call("describe", "made.safetensors") == (0, f"{made}\n", "")
    assert as_json("describe", "made.safetensors") == (
        0,
        {"layers": made.table(), "classes": list("0123456789"), "fingerprint": made.fingerprint()},
    )


def test_convert_by_threshold_balancing(as_json):
    words = ("--recipe", "threshold-balance", "--percentile", "99", "--calibration", "digits:train[:50]")
    status, found = as_json(*CONVERT, *words, "-o", "made.safetensors")
    assert status == 0
    assert found["network"] == "made.safetensors"
    assert {row["neuron"] for row in found["layers"]} == {"Input", "IF", "Accumulate"}


@pytest.mark.parametrize("device", ["reference", "runtime", "cpp"])
def test_run_then_load(device, call):
    status, out, err = call(
        "run", "net.safetensors", "digits:test[:5]", "--device", device, "--steps", "4", "-o", "rec.h5"
    )
    assert (status, without_progress(err)) == (0, "")
    recording = Recording.load("rec.h5")
    assert (recording.images, recording.steps, list(recording.layers)) == (5, 4, ["hidden", "out"])
    spikes = int(recording.totals("hidden").sum())
    assert spikes > 0
    assert re.search(rf"^hidden +{spikes}$", out, re.MULTILINE)
    shares = [f"{step}: {share:.2%}" for step, share in enumerate(recording.accuracy(), 1)]
    assert f"accuracy after step {'  '.join(shares)}\nwritten to rec.h5\n" in out
    assert sorted(path.name for path in Path().iterdir()) == ["net.safetensors", "rec.h5"]


def test_run_in_json(as_json):
    status, found = as_json(
        "run", "net.safetensors", "digits:test[:5]", "--device", "reference", "--steps", "3", "-o", "rec.h5"
    )
    recording = Recording.load("rec.h5")
    totals = {layer: int(recording.totals(layer).sum()) for layer in ("hidden", "out")}
    assert (status, found["spikes"], found["recording"]) == (0, totals, "rec.h5")
    assert found["accuracy"] == recording.accuracy().tolist()


def test_run_records_what_it_is_told(call):
    run = ("run", "net.safetensors", "digits:test[:2]", "--device", "reference", "--steps", "3")
    assert call(*run, "--record", "hidden=spikes", "-o", "one.h5")[0] == 0
    assert len(Recording.load("one.h5").spikes("hidden"))
    assert call(*run, "--record", "counts", "-o", "all.h5")[0] == 0
    everything = Recording.load("all.h5")
    assert (everything.counts("hidden").sum(axis=1) == everything.totals("hidden")).all()


def test_run_in_single_precision(call):
    words = ("run", "net.safetensors", "digits:test[:2]", "--device", "reference", "--precision", "single")
    assert call(*words, "-o", "rec.h5")[0] == 0
    assert Recording.load("rec.h5").output().dtype == np.float32


def test_resume_takes_up_what_is_there(call, monkeypatch):
    whole = ("run", "net.safetensors", "digits:test[:6]", "--device", "reference", "--steps", "3")
    assert call(*whole, "-o", "whole.h5")[0] == 0
    with monkeypatch.context() as patch:
        patch.setattr(Recording, "write", _interrupted)
        assert call(*whole, "-o", "rec.h5")[0] == 130
    assert not Path("rec.h5").exists()
    assert call(*whole, "--resume", "-o", "rec.h5")[0] == 0
    assert Path("rec.h5").read_bytes() == Path("whole.h5").read_bytes()
    assert not list(Path().glob("*.partial"))


def _interrupted(*arguments):
    raise KeyboardInterrupt


def test_verify_equal(call, as_json):
    verify = ("verify", "net.safetensors", "digits:test[:4]", "--steps", "5")
    spikes = sum(len(recorded) for recorded in [_reference_spikes(4, 5)])
    status, out, err = call(*verify)
    assert (status, out) == (0, f"{spikes} spikes compared, 0 ties: equal\n")
    assert without_progress(err) == ""
    assert as_json(*verify, "--devices", "reference,runtime,cpp") == (
        0,
        {"equal": True, "spikes": spikes, "ties": 0, "first": None},
    )


def _reference_spikes(images: int, steps: int):
    from neurosim import Reference, Simulation, datasets

    with Simulation(network(), Reference(), steps, record="spikes") as simulation:
        pixels = datasets.load(f"digits:test[:{images}]").images
        return simulation.run(pixels, progress=False).spikes("hidden")


IMAGE, STEP, NEURON = 2, 3, 4


def _plant(monkeypatch):
    """Make the numpy rule of IF forget one spike: of one neuron at one step of one image."""
    right, steps = IF.step, iter(range(1000))

    def wrong(self, state, drive, p):
        strength = right(self, state, drive, p)
        if next(steps) == STEP:
            strength[IMAGE, NEURON] = 1 - strength[IMAGE, NEURON]
        return strength

    monkeypatch.setattr(IF, "step", wrong)


def test_diagnose(call, as_json):
    assert call(*CONVERT, *BMIF, "-o", "digits.safetensors")[0] == 0
    words = (*CONVERT[1:], "digits.safetensors", "digits:test[:4]", "--steps", "2", "--device", "reference")
    status, found = as_json("diagnose", *words)
    assert status == 0
    assert (found["faults"], found["accuracy_ann"]) == ([], 1.0)
    assert [row["layer"] for row in found["layers"]][::9] == ["conv1", "linear"]
    assert found["layers"][-1]["saturated"] == found["layers"][-1]["clipping"] == 0
    assert found["layers"][-1]["residual"] is None  # what is undefined is null
    layer, cause = found["culprits"][0]
    assert found["advice"][0].startswith(f"{layer}: ")
    assert cause == "quantisation"


@pytest.mark.parametrize("form", ["text", "json"])
def test_verify_names_the_first_difference(form, call, as_json, monkeypatch):
    _plant(monkeypatch)
    words = ("verify", "net.safetensors", "digits:test[:4]", "--devices", "reference,runtime", "--steps", "5")
    if form == "json":
        status, found = as_json(*words)
        place = {name: found["first"][name] for name in ("layer", "image", "step", "neuron")}
        assert place == {"layer": "hidden", "image": IMAGE, "step": STEP, "neuron": NEURON}
        assert found["equal"] is False
        assert sorted(found["first"]["strengths"].values()) == [0, 1]
    else:
        status, out, _ = call(*words)
        assert f"DIFFERENT at layer 'hidden', image {IMAGE}, step {STEP}, neuron {NEURON}: Reference " in out
    assert status == 1


def test_doctor(call, as_json, monkeypatch):
    healthy = doctor.Check("g++", True, "/usr/bin/g++", "apt-get install g++")
    missing = doctor.Check("make", False, "not found", "apt-get install make")
    monkeypatch.setattr(doctor, "checks", lambda cuda: [healthy])
    assert call("doctor")[0] == 0
    monkeypatch.setattr(doctor, "checks", lambda cuda: [healthy, missing])
    status, out, err = call("doctor")
    assert (status, err) == (2, "")
    header, _, *rows = out.splitlines()
    assert header.split() == ["what", "found", "remedy"]
    assert [row.split() for row in rows] == [
        ["ok", "g++", "/usr/bin/g++"],
        ["MISSING", "make", "not", "found", "apt-get", "install", "make"],
    ]
    assert as_json("doctor") == (2, {"checks": [vars(healthy), vars(missing)]})


# ---- mistakes: exit status 2, one line


RUN = ("run", "net.safetensors", "digits:test[:2]", "--device", "reference")
VERIFY = ("verify", "net.safetensors", "digits:test[:2]")
OUT = ("-o", "out.h5")
MISTAKES = {
    "no verb": ((), "the following arguments are required: VERB (see neurosim --help)"),
    "unknown verb": (("fly",), "argument VERB: invalid choice: 'fly' "),
    "unknown option": ((*RUN, *OUT, "--fast"), "unrecognized arguments: --fast"),
    "shortened option": ((*RUN, *OUT, "--prec", "single"), "unrecognized arguments: --prec single"),
    "missing output": (RUN, "the following arguments are required: -o/--output (see neurosim run --help)"),
    "architecture": (
        ("convert", str(WEIGHTS), "--architecture", "digit_resnet", *BMIF, "-o", "x.safetensors"),
        "architecture: unknown name 'digit_resnet': did you mean 'digits_resnet'?",
    ),
    "recipe": (
        (*CONVERT, "--recipe", "bm", "--calibration", "digits", "-o", "x.safetensors"),
        "argument --recipe: invalid choice: 'bm' (choose from 'aug-mapping', 'bmif', 'burst', ",
    ),
    "strength of zero": (
        (*CONVERT, *BMIF, "--strength", "0", "-o", "x.safetensors"),
        "BMIF.strength is 0: give a whole number of at least 1",
    ),
    "strength with a point": (
        (*CONVERT, *BMIF, "--strength", "1.5", "-o", "x.safetensors"),
        "argument --strength: invalid int value: '1.5'",
    ),
    "percentile not a number": (
        (*CONVERT, *BMIF, "--percentile", "nan", "-o", "x.safetensors"),
        "BMIF.percentile is nan: give a number in (0, 100]",
    ),
    "strength without bmif": (
        (*CONVERT, *BMIF, "--recipe", "threshold-balance", "--strength", "4", "-o", "x.safetensors"),
        "--strength 4 belongs to --recipe bmif or burst: leave it out",
    ),
    "weights of another architecture": (
        ("convert", str(WEIGHTS), "--architecture", "mnist_cnn", *BMIF, "-o", "x.safetensors"),
        "0.weight: found nothing, expected a tensor (20, 1, 5, 5) of mnist_cnn",
    ),
    "weights that are not there": (
        ("convert", "none.safetensors", "--architecture", "digits_resnet", *BMIF, "-o", "x.safetensors"),
        "none.safetensors: file: found No such file or directory, expected a file that can be read",
    ),
    "weights as a network": (("describe", str(WEIGHTS)), "holds no neurosim network"),
    "folder as a network": (("describe", "."), ".: file: found a folder, expected a regular file"),
    "data": (("run", "net.safetensors", "digit", *OUT), "data: unknown set 'digit': did you mean 'digits'?"),
    "data split": (
        ("run", "net.safetensors", "digits:tset", *OUT),
        "data name 'digits:tset' is not understood",
    ),
    "empty slice": (
        ("run", "net.safetensors", "digits:test[:0]", *OUT),
        "data 'digits:test[:0]': the slice is empty: there are 500 images",
    ),
    "data without folder": (
        ("run", "net.safetensors", "mnist", *OUT),
        "give FOLDER as data_dir (--data-dir)",
    ),
    "device": (("run", *RUN[1:3], "--device", "gpu", *OUT), "device 'gpu' is unknown: give one of reference"),
    "no steps": ((*RUN, "--steps", "0", *OUT), "Simulation: steps is 0: give a whole number in [1, 2**31)"),
    "jobs": ((*RUN, "--jobs", "0", *OUT), "Simulation: jobs is 0: give a whole number >= 1"),
    "jobs of another device": ((*RUN, "--jobs", "2", *OUT), "jobs is 2: only CppStandalone"),
    "level": ((*RUN, "--record", "spike", *OUT), "'spike' is no level; give one of totals, counts, spikes"),
    "layer": ((*RUN, "--record", "hiden=spikes", *OUT), "there is no layer 'hiden'; did you mean 'hidden'?"),
    "layer twice": (
        (*RUN, "--record", "out=counts", "--record", "out=spikes", *OUT),
        "--record: layer 'out' is given twice: give each layer one level",
    ),
    "level without layer": (
        (*RUN, "--record", "out=counts", "--record", "spikes", *OUT),
        "--record spikes: give one level for all layers, or LAYER=LEVEL for each",
    ),
    "output exists": ((*RUN, "-o", "net.safetensors"), "exists: choose another output, or remove it"),
    "no folder for the output": ((*RUN, "-o", "none/out.h5"), "make it first"),
    "one device": (
        (*VERIFY, "--devices", "reference"),
        "devices is [Reference()]: give at least two",
    ),
    "unknown device among several": ((*VERIFY, "--devices", "cpp,gpu"), "device 'gpu' is unknown"),
    "demo into a file": (
        ("demo", "-o", "net.safetensors"),
        "net.safetensors: File exists: give a folder that can be made",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_one_clear_line(mistake, call):
    words, text = MISTAKES[mistake]
    before = sorted(Path().iterdir())
    status, out, err = call(*words)
    assert (status, out) == (2, "")
    assert err.startswith("neurosim: ")
    assert err.count("\n") == 1
    assert text in err
    assert sorted(Path().iterdir()) == before


def test_a_partial_run_is_not_taken_for_another(call, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Recording, "write", _interrupted)
        assert call(*RUN, "--steps", "3", *OUT)[0] == 130
    status, _, err = call(*RUN, "--steps", "3", *OUT)
    assert status == 2
    assert "out.h5.partial holds an interrupted run: resume it (resume=True, --resume), or remove it" in err
    for changed in (
        ("--steps", "4"),
        ("--steps", "3", "--precision", "single"),
        ("--steps", "3", "--record", "counts"),
    ):
        status, _, err = call(*RUN, *changed, "--resume", *OUT)
        assert status == 2
        assert "holds a run with other images, values or settings: remove it to start anew" in err


def test_what_the_system_refuses_is_one_line(call):
    status, _, err = call(*RUN, "-o", "x" * 300)
    assert (status, err.count("\n")) == (2, 1)
    assert "File name too long" in err


def test_warnings_are_lines(capsys, monkeypatch):
    def verb(options):
        warnings.warn("the font is another", stacklevel=1)
        return {}, 0

    monkeypatch.setattr(describe, "obey", verb)
    assert cli.main(["describe", "net.safetensors"]) == 0
    assert capsys.readouterr().err == "neurosim: warning: the font is another\n"
