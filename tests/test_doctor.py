"""The doctor on a healthy machine, and on machines that lack one thing each."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from neurosim.build import toolkit
from neurosim.doctor import Check, checks


def found(name: str, cuda: bool = False) -> Check:
    return next(check for check in checks(cuda) if check.name == name)


@pytest.fixture
def empty_machine(tmp_path, monkeypatch):
    """A machine without tools, home or preferences."""
    monkeypatch.setattr(toolkit, "USUAL", str(tmp_path))
    monkeypatch.delenv("CUDA_PATH", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NEUROSIM_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_versions_under_test_are_healthy():
    for name in ("python", "numpy", "brian2", "torch"):
        assert found(name).ok, found(name)


def test_missing_tools_name_their_packages(empty_machine):
    for tool in ("g++", "make"):
        assert found(tool) == Check(tool, False, "not found", f"apt-get install {tool}")
    (empty_machine / "bin").mkdir()
    (empty_machine / "bin/g++").write_text("#!/bin/sh\n")
    (empty_machine / "bin/g++").chmod(0o755)
    assert found("g++").ok


@pytest.mark.parametrize(
    ("package", "version", "ok"),
    [
        ("numpy", "2.3.5", True),
        ("numpy", "2.4.0", False),
        ("numpy", "1.26.4", False),
        ("brian2", "2.8.0", True),
        ("brian2", "2.8.0.1", True),
        ("brian2", "2.10.1", False),
        ("torch", "2.13.0+cpu", True),
        ("torch", "2.9.1", False),
    ],
)
def test_pins(package, version, ok, monkeypatch):
    monkeypatch.setattr(metadata, "version", lambda name: version)
    check = found(package)
    assert (check.ok, check.found) == (ok, version)
    assert "pip install" in check.remedy


def test_missing_packages(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert found("torch").found == "not installed"
    assert "[torch]" in found("torch").remedy


def test_python_too_new(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    assert (found("python").ok, found("python").found) == (False, "3.14.0")


def test_preference_files_are_seen(empty_machine):
    assert found("preferences here").ok
    assert found("your preferences").ok
    Path("brian_preferences").write_text("")
    (empty_machine / ".brian").mkdir()
    (empty_machine / ".brian/user_preferences").write_text("")
    here = found("preferences here")
    assert (here.ok, here.found) == (False, str(empty_machine / "brian_preferences"))
    assert "move brian_preferences away" in here.remedy
    assert not found("your preferences").ok


def test_cache_must_be_writable(empty_machine, monkeypatch):
    assert found("cache").ok
    (empty_machine / "file").write_text("")
    monkeypatch.setenv("NEUROSIM_CACHE", str(empty_machine / "file"))
    assert not found("cache").ok
    assert found("cache").remedy == "set NEUROSIM_CACHE to a writable folder"


def test_cuda_is_looked_for_only_when_asked(empty_machine):
    names = [check.name for check in checks()]
    cuda = [check for check in checks(cuda=True) if check.name not in names]
    assert [check.name for check in cuda] == ["brian2cuda", "nvcc", "gpu"]
    assert "nvcc not found" in found("nvcc", cuda=True).remedy
    assert "nvidia-smi not found" in found("gpu", cuda=True).remedy


def test_a_driver_without_gpu(empty_machine):
    (empty_machine / "bin").mkdir()
    smi = empty_machine / "bin/nvidia-smi"
    smi.write_text("#!/bin/sh\necho 'No devices were found'; exit 6\n")
    smi.chmod(0o755)
    check = found("gpu", cuda=True)
    assert (check.ok, check.found) == (False, "none")
    assert "CUDA_VISIBLE_DEVICES" in check.remedy
    smi.write_text("#!/bin/sh\necho 'Great, GPU-0, 580.1, 9.0, 81920'\n")
    check = found("gpu", cuda=True)
    assert (check.ok, check.found) == (True, "Great, compute capability 9.0, 80 GiB, driver 580.1")


def test_nothing_is_imported_to_look():
    code = "import sys, neurosim.doctor as d; d.checks(True); print({'brian2', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
