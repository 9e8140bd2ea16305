"""The code in README.md and docs/ runs: Python of a file in one namespace, shell through the command line."""

import re
import shlex
from pathlib import Path

import pytest
from needed import peer

from neurosim import cli

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def blocks(page: Path, language: str) -> list[tuple[int, str]]:
    """The blocks of a language with the line they start at."""
    text = page.read_text()
    found = [match for match in BLOCK.finditer(text) if match[1] == language]
    return [(text[: match.start(2)].count("\n"), match[2]) for match in found]


def pages_with(language: str) -> list[Path]:
    return [page for page in PAGES if blocks(page, language)]


@pytest.fixture
def brian2_as_it_was():
    """Brian2's target and time step as before a page that sets them, as a script of its own would."""
    import brian2

    yield
    brian2.prefs.codegen.target = "auto"
    brian2.defaultclock.dt = 0.1 * brian2.ms


PEERS = {"spiking_modules": "snntorch"}
"""Which library a page is about."""


@pytest.mark.usefixtures("brian2_as_it_was")
@pytest.mark.parametrize("page", pages_with("python"), ids=lambda path: path.stem)
def test_python_runs(page, tmp_path, monkeypatch):
    peer(PEERS.get(page.stem, "neurosim"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "analysis").symlink_to(ROOT / "analysis")
    namespace: dict = {}
    for line, block in blocks(page, "python"):
        exec(compile("\n" * line + block, str(page), "exec"), namespace)


@pytest.mark.parametrize("page", pages_with("sh"), ids=lambda path: path.stem)
def test_shell_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "neurosim").symlink_to(ROOT / "neurosim")
    for _, block in blocks(page, "sh"):
        for line in block.splitlines():
            program, *words = shlex.split(line)
            assert program == "neurosim"
            assert cli.main(words) == 0, line


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_links_lead_somewhere(page):
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_make_targets_that_are_named_exist():
    made = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for page in [*PAGES, ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\bmake ([a-z]+)\b(?= +#|`)", page.read_text()):
            assert target in made


def test_every_language_is_one_that_runs():
    languages = {match[1] for page in PAGES for match in BLOCK.finditer(page.read_text())}
    assert languages == {"python", "sh"}
