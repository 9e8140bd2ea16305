"""Provenance is JSON, stable, and costs no heavy import."""

import json
import subprocess
import sys
from importlib.metadata import version

from neurosim import provenance as module
from neurosim.provenance import provenance


def test_versions_are_those_installed():
    found = provenance()
    assert found["versions"]["numpy"] == version("numpy")
    assert found["versions"]["brian2"] == version("brian2")
    assert found["versions"]["neurosim"] == version("neurosim-brian2")
    assert found["cpu"]
    assert json.loads(json.dumps(found)) == found


def test_time_and_compiler_only_when_asked(monkeypatch):
    assert provenance() == provenance()
    assert not {"time", "compiler"} & provenance().keys()
    assert provenance(time=True)["time"].endswith("+00:00")
    monkeypatch.setenv("PATH", "")
    assert provenance(compiler=True)["compiler"] is None


def test_revision_of_the_checkout(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CHECKOUT", tmp_path)
    assert provenance()["revision"] is None
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    (tmp_path / "a").write_text("1")
    for command in (["init", "-q"], ["add", "a"], ["commit", "-qm", "first"]):
        subprocess.run([*git, *command], check=True)
    revision = provenance()["revision"]
    assert len(revision) == 40
    (tmp_path / "a").write_text("2")
    assert provenance()["revision"] == revision + "+"


def test_nothing_heavy_is_imported():
    code = (
        "import sys, neurosim.provenance as p; p.provenance(); print({'brian2', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
