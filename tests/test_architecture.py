"""Who may import whom, where the heavy libraries live, and how long a file may be: read from the sources."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "neurosim"
LONGEST = 400

# A module imports modules of its own level or below. A name stands for a module or a whole folder.
LEVELS = {
    "errors": 0,
    "tables": 0,
    "libraries": 1,
    "parameters": 1,
    "random_numbers": 1,
    "neurons": 2,
    "ops": 2,
    "stimuli": 2,
    "spikes": 2,
    "files": 3,
    "gates": 3,
    "layers": 3,
    "manifest": 3,
    "network": 3,
    "provenance": 3,
    "recording": 3,
    "alignment": 4,
    "comparison": 4,
    "energy": 4,
    "extras": 4,
    "reference": 4,
    "sliding": 4,
    "statistics": 4,
    "ann": 5,
    "training": 5,
    "conversion": 5,
    "connectivity": 5,
    "build": 5,
    "devices": 5,
    "simulation": 5,
    "plotting": 5,
    "datasets": 5,
    "nir": 5,
    "diagnosis": 6,
    "doctor": 6,
    "report": 6,
    "workflows": 6,
    "cli": 7,
    "__main__": 7,
    "": 7,  # the façade, neurosim/__init__.py
}

# The columns of level 5 never meet.
COLUMNS = {
    "torch": {"ann", "training", "conversion"},
    "brian2": {"connectivity", "build", "devices", "simulation"},
    "matplotlib": {"plotting"},
    "data": {"datasets"},
    "nir": {"nir"},
}

# The only rooms in which a heavy library may be imported.
ROOMS = {
    "torch": COLUMNS["torch"],
    "brian2": COLUMNS["brian2"],
    "brian2cuda": COLUMNS["brian2"],
    "matplotlib": COLUMNS["matplotlib"],
    "h5py": {"files", "nir", "recording"},
    "sklearn": COLUMNS["data"],
    "tensorly": COLUMNS["data"],
    "PIL": COLUMNS["data"],
    "elephant": {"statistics"},
    "pyspike": {"statistics"},
}

BRIAN_STATE = {"set_device", "reset_device", "prefs", "defaultclock"}
SCRIPTS = ("analysis", "figures", "weights", "benchmarks")


def name_of(path: Path) -> str:
    """neurosim/files/npz.py is neurosim.files.npz; a package's __init__ has the package's name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


SOURCES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text()) for name, path in SOURCES.items()}


def room(module: str) -> str:
    """The first name below neurosim: "files" for neurosim.files.npz."""
    return module.partition(".")[2].partition(".")[0]


def imported(tree: ast.AST, module: str = "", is_package: bool = False) -> Iterator[str]:
    """Every name a source imports, absolute, wherever in it the statement stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = (
                module.split(".")[: len(module.split(".")) - node.level + is_package] if node.level else []
            )
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def own_module(name: str) -> str | None:
    """The module of ours that an imported name lies in, None for other libraries."""
    while name.partition(".")[0] == "neurosim":
        if name in SOURCES:
            return name
        name = name.rpartition(".")[0]
    return None


def is_package(module: str) -> bool:
    return SOURCES[module].name == "__init__.py"


IMPORTS = {name: set(imported(tree, name, is_package(name))) for name, tree in TREES.items()}
OWN = {name: {m for n in found if (m := own_module(n)) and m != name} for name, found in IMPORTS.items()}


def test_every_module_has_a_place_in_the_table():
    unknown = {room(module) for module in SOURCES} - LEVELS.keys()
    assert not unknown, f"add {sorted(unknown)} to LEVELS in {Path(__file__).name}"
    for folder in {path.parent for path in SOURCES.values()}:
        assert (folder / "__init__.py").exists(), f"{folder} has no __init__.py: it would not be installed"


def test_columns_and_rooms_stand_in_the_table():
    assert set().union(*COLUMNS.values()) == {name for name, level in LEVELS.items() if level == 5}
    assert set().union(*ROOMS.values()) <= LEVELS.keys()


@pytest.mark.parametrize("module", SOURCES)
def test_imports_go_downward(module):
    for target in OWN[module]:
        assert LEVELS[room(target)] <= LEVELS[room(module)], f"{module} imports {target}, which is above it"


@pytest.mark.parametrize("module", SOURCES)
def test_columns_never_meet(module):
    column = next((rooms for rooms in COLUMNS.values() if room(module) in rooms), None)
    if column is None:
        return
    for target in OWN[module]:
        beside = LEVELS[room(target)] == 5 and room(target) not in column
        assert not beside, f"{module} imports {target}, of another column"


@pytest.mark.parametrize("module", SOURCES)
def test_heavy_libraries_stay_in_their_rooms(module):
    for name in IMPORTS[module]:
        library = name.partition(".")[0]
        assert room(module) in ROOMS.get(library, {room(module)}), f"{module} imports {library}"


@pytest.mark.parametrize("module", SOURCES)
def test_brian_state_is_touched_by_devices_only(module):
    if room(module) == "devices":
        return
    tree = TREES[module]
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {name.rpartition(".")[2] for name in IMPORTS[module]}
    assert not names & BRIAN_STATE, f"{module} uses {names & BRIAN_STATE}; only neurosim.devices may"


def test_no_import_cycles():
    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " imports ".join([*path[path.index(module) :], module])
        if module not in done:
            for target in sorted(OWN[module]):
                visit(target, (*path, module))
            done.add(module)

    done: set[str] = set()
    for module in SOURCES:
        visit(module, ())


def heavy_after(code: str) -> str:
    heavy = {"torch", "brian2", "matplotlib", "elephant", "pyspike"}
    shown = f"; import sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code + shown], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_import_neurosim_is_light():
    assert heavy_after("import neurosim") == "[]"


def test_the_lower_levels_are_light():
    lower = [module for module in SOURCES if LEVELS.get(room(module), 7) <= 4]
    assert heavy_after("import " + ", ".join(lower)) == "[]"


def scripts(*folders: str) -> list[Path]:
    found = [path for folder in folders or SCRIPTS for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if ".venv" not in path.parts]


LONERS = ("analysis", "figures", "weights")


@pytest.mark.parametrize("path", scripts(*LONERS), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_scripts_import_only_neurosim_of_ours(path):
    """Those of benchmarks/ share a package of their own: what it does is of no use to anybody else."""
    ours = {"tests", *SCRIPTS, *(script.stem for script in scripts())}
    found = {name.partition(".")[0] for name in imported(ast.parse(path.read_text()))}
    assert not found & ours, (
        f"{path.name} imports {found & ours}: what two scripts want belongs into neurosim"
    )
    assert "" not in found, f"{path.name} has a relative import"


def test_no_file_is_too_long():
    paths = [*SOURCES.values(), *scripts(), *sorted((ROOT / "tests").glob("*.py"))]
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines()) for path in paths}
    assert not {name: length for name, length in lengths.items() if length > LONGEST}


# ---- the readings above, on sources made up for them


def test_imports_are_found_wherever_they_stand():
    tree = ast.parse(
        "import a.b\nfrom c import d as e\n"
        "def f():\n    from . import g\n    from ..h import i\n    from .j.k import l"
    )
    found = {"a.b", "c.d", "neurosim.x.g", "neurosim.h.i", "neurosim.x.j.k.l"}
    assert set(imported(tree, "neurosim.x.y")) == found
    assert set(imported(tree, "neurosim.x", is_package=True)) == found


def test_an_imported_name_lies_in_its_nearest_module():
    assert own_module("neurosim.files.atomic.atomic") == "neurosim.files.atomic"
    assert own_module("neurosim.errors.InputError") == "neurosim.errors"
    assert own_module("neurosim.Recording") == "neurosim"
    assert own_module("numpy.typing") is None
    assert room("neurosim.files.npz") == "files"
    assert room("neurosim") == ""
