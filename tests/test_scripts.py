"""Every script runs from anywhere, quickly, into a folder of its own, and leaves the tree as it was."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = [
    path for folder in ("analysis", "figures", "weights") for path in sorted((ROOT / folder).glob("*.py"))
]
PLATES = [path for path in SCRIPTS if path.parent.name == "figures"]


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


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_scripts_run_and_leave_the_tree_unchanged(script, tmp_path, request):
    if needs_data(script):
        request.getfixturevalue("data_dir")
    before = tree()
    run(script, tmp_path)
    assert tree() == before
    assert any(path.stat().st_size for path in tmp_path.iterdir())


@pytest.mark.parametrize("script", PLATES, ids=lambda path: path.stem)
def test_plates_have_the_same_bytes_every_time(script, tmp_path):
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
        run(script, folder)
    one, other = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert one == other
    assert set(one) == {f"{script.stem}.pdf", f"{script.stem}.png"}


@pytest.mark.parametrize("script", PLATES, ids=lambda path: path.stem)
def test_plates_lie_beside_their_scripts(script):
    for suffix in (".pdf", ".png"):
        assert script.with_suffix(suffix).is_file(), f"run {script.name}"


@pytest.mark.parametrize(
    "table", sorted((ROOT / "analysis/results").glob("*.csv")), ids=lambda path: path.stem
)
def test_tables_say_what_made_them(table):
    assert table.with_suffix(".json").is_file()
    scripts = [path for path in SCRIPTS if table.stem.startswith(path.stem)]
    assert scripts, f"no script in analysis/ makes {table.name}"
