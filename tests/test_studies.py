"""Studies: tables as they were measured, what made them beside them, mistakes in one line."""

import json

import numpy as np
import pytest

from neurosim.errors import FileError, InputError
from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.neurons import IF, Accumulate, Input
from neurosim.ops import Identity
from neurosim.workflows.studies import Answer, chosen, column, identity, read_table, run_study

DOCUMENT = "What is it?\n\nMethod: made up."
REMEDY = "run the script in analysis/ that it is named after"
ROWS = [{"name": "a", "steps": 1, "share": 0.1 + 0.2}, {"name": "b", "steps": 2, "share": float("nan")}]


@pytest.fixture
def script(tmp_path):
    (tmp_path / "results").mkdir()
    return str(tmp_path / "study.py")


def test_a_table_is_read_as_it_was_measured(script, tmp_path, capsys):
    assert run_study(script, DOCUMENT, lambda quick: Answer(ROWS, {"seed": 3}), []) == 0
    table = read_table(tmp_path / "results" / "study.csv")
    assert table[0] == ROWS[0]
    assert np.isnan(table[1]["share"])
    about = json.loads((tmp_path / "results" / "study.json").read_text())
    assert (about["question"], about["seed"], about["quick"]) == ("What is it?", 3, False)
    assert about["seconds"] >= 0
    assert about["provenance"]["versions"]["numpy"] == np.__version__
    assert capsys.readouterr().out.startswith("2 rows in ")


def test_what_is_saved_lies_beside_the_table(script, tmp_path):
    network = Network(
        [Layer("in", (2,), Input()), Layer("out", (2,), IF(1.0))], [Projection("in", "out", Identity())]
    )
    assert run_study(script, DOCUMENT, lambda quick: Answer(ROWS, saved={".safetensors": network}), []) == 0
    assert Network.load(tmp_path / "results" / "study.safetensors") == network


def test_rows_are_chosen_by_their_values():
    assert chosen(ROWS) == ROWS
    assert chosen(ROWS, name="b") == ROWS[1:]
    assert chosen(ROWS, name="b", steps=1) == []
    assert column(ROWS, "steps").tolist() == [1, 2]


def test_a_quick_table_goes_elsewhere(script, tmp_path):
    seen = []
    arguments = ["--quick", "--output", str(tmp_path)]
    assert run_study(script, DOCUMENT, lambda quick: seen.append(quick) or Answer(ROWS), arguments) == 0
    assert seen == [True]
    assert (tmp_path / "study.csv").is_file()
    assert not list((tmp_path / "results").iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--quick"], "study.py: --quick makes no table worth keeping: give --output DIR\n"),
        (["--output", "/nowhere"], "study.py: --output /nowhere: there is no such folder: make it first\n"),
        ([], "study.py: no data\n"),
    ],
)
def test_mistakes_are_one_line(script, arguments, message, capsys):
    def measure(quick):
        raise FileError("no data")

    assert run_study(script, DOCUMENT, measure, arguments) == 2
    assert capsys.readouterr().err == message


def test_every_part_is_a_table_with_what_made_it(script, tmp_path):
    parts = {"layers": [{"layer": "a"}], "causes": [{"cause": 1}, {"cause": 2}]}
    assert run_study(script, DOCUMENT, lambda quick: Answer(ROWS, {"seed": 3}, parts), []) == 0
    results = tmp_path / "results"
    stems = {"study", "study_layers", "study_causes"}
    assert {path.name for path in results.iterdir()} == {
        f"{s}.{kind}" for s in stems for kind in ("csv", "json")
    }
    assert read_table(results / "study_causes.csv") == parts["causes"]
    assert (results / "study_layers.json").read_text() == (results / "study.json").read_text()


@pytest.mark.parametrize("rows", [[], [{"a": 1}, {"b": 1}]])
def test_rows_must_make_a_table(rows):
    for part, answer in {"rows": {"rows": rows}, "layers": {"rows": ROWS, "parts": {"layers": rows}}}.items():
        with pytest.raises(InputError) as raised:
            Answer(**answer)
        expected = f"Answer.{part}: {len(rows)} rows: give at least one, all of equal columns"
        assert str(raised.value) == expected


def test_a_missing_table_says_who_makes_it(tmp_path):
    with pytest.raises(FileError) as raised:
        read_table(tmp_path / "study.csv")
    assert str(raised.value) == f"{tmp_path}/study.csv: no such table: {REMEDY}"
    (tmp_path / "study.csv").write_text("a,b\n")
    with pytest.raises(FileError, match=f"the table has no rows: {REMEDY}"):
        read_table(tmp_path / "study.csv")


def test_identity_is_plain_json_and_names_every_threshold():
    layers = [Layer("in", (2,), Input()), Layer("a", (2,), IF(0.1)), Layer("b", (2,), IF([0.1, 0.3]))]
    projections = [Projection("in", "a", Identity()), Projection("a", "b", Identity())]
    network = Network(
        [*layers, Layer("out", (2,), Accumulate())], [*projections, Projection("b", "out", Identity())]
    )
    told = identity(network)
    assert told == {"fingerprint": network.fingerprint(), "thresholds": {"a": 0.1, "b": [0.1, 0.3]}}
    assert json.loads(json.dumps(told)) == told
