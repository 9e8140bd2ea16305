"""Every script runs from anywhere, quickly, into a folder of its own, and leaves the tree as it was."""

import runpy
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from neurosim.workflows.plates import draw_plate
from neurosim.workflows.studies import read_table

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = [
    path for folder in ("analysis", "figures", "weights") for path in sorted((ROOT / folder).glob("*.py"))
]
PLATES = [path for path in SCRIPTS if path.parent.name == "figures"]
STUDIES = [path for path in SCRIPTS if path not in PLATES]


def tree() -> dict[Path, tuple[int, int]]:
    """Every file of the scripts' folders and the package's data, with size and time of change."""
    folders = [ROOT / name for name in ("analysis", "figures", "weights", "neurosim/data")]
    files = [path for folder in folders for path in folder.rglob("*") if "__pycache__" not in path.parts]
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in files if path.is_file()}


def run(script: Path, folder: Path) -> None:
    command = [sys.executable, str(script), "--quick", "--output", str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def needs_data(script: Path) -> bool:
    return "NEUROSIM_DATA" in script.read_text()


@pytest.mark.parametrize("script", STUDIES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_scripts_run_and_leave_the_tree_unchanged(script, tmp_path, request):
    if needs_data(script):
        request.getfixturevalue("data_dir")
    before = tree()
    run(script, tmp_path)
    assert tree() == before
    assert any(path.stat().st_size for path in tmp_path.iterdir())


def draw(script: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a plate's script in this process, which has matplotlib loaded already."""
    monkeypatch.setattr(sys, "argv", [str(script), "--quick", "--output", str(folder)])
    with pytest.raises(SystemExit) as done:
        runpy.run_path(str(script), run_name="__main__")
    assert done.value.code == 0


def drawn_otherwise() -> str:
    """Why plates drawn here may differ from those that are kept: "" where they may not."""
    kept = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split() if "==" in line)
    other = [name for name in ("matplotlib", "numpy", "pillow") if version(name) != kept[name]]
    return ", ".join(f"{name} {version(name)}, not {kept[name]}" for name in other)


@pytest.mark.parametrize("script", PLATES, ids=lambda path: path.stem)
def test_plates_have_the_bytes_that_are_kept(script, tmp_path, monkeypatch, capsys):
    before = tree()
    draw(script, tmp_path, monkeypatch)
    assert tree() == before
    names = {f"{script.stem}.pdf", f"{script.stem}.png"}
    assert {path.name for path in tmp_path.iterdir()} == names
    if drawn_otherwise():
        pytest.skip(f"the kept plates were drawn with other versions: {drawn_otherwise()}")
    for name in names:
        same = (tmp_path / name).read_bytes() == script.with_name(name).read_bytes()
        assert same, f"{name} is not what {script.name} draws: make figures"


def test_a_plate_without_its_table_says_so_in_one_line(tmp_path, capsys):
    script = tmp_path / "figures" / "plate.py"
    assert draw_plate(str(script), "A plate.", lambda results: read_table(results / "no.csv"), []) == 2
    said = capsys.readouterr().err
    assert said.startswith("plate.py: ")
    assert "no such table" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "table", sorted((ROOT / "analysis/results").glob("*.csv")), ids=lambda path: path.stem
)
def test_tables_say_what_made_them(table):
    assert table.with_suffix(".json").is_file()
    scripts = [path for path in SCRIPTS if table.stem.startswith(path.stem)]
    assert scripts, f"no script in analysis/ makes {table.name}"
