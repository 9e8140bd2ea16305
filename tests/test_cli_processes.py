"""The command line as a process: without tools, interrupted, and read by someone who leaves."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import network, without_progress

OUT = ("-o", "out.h5")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network().save("net.safetensors")
    return tmp_path


def _started(*words: str, **options) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-m", "neurosim", *words], **options)


def test_version_and_module(here):
    done = _started("--version", stdout=subprocess.PIPE, text=True)
    assert done.communicate()[0].startswith("neurosim 0.")
    assert done.returncode == 0


def _without(tool: str, folder: Path) -> dict[str, str]:
    """An environment whose PATH has all the tools of this one but `tool`, and an empty cache."""
    folder.mkdir()
    for path in reversed([Path(part) for part in os.environ["PATH"].split(os.pathsep)]):
        for program in path.iterdir() if path.is_dir() else ():
            link = folder / program.name
            link.unlink(missing_ok=True)
            link.symlink_to(program)
    (folder / tool).unlink(missing_ok=True)
    return os.environ | {"PATH": str(folder), "NEUROSIM_CACHE": str(folder.parent / "cache")}


@pytest.mark.parametrize("tool", ["g++", "make"])
def test_without_a_tool_its_package_is_named(tool, here):
    environment = _without(tool, here / "bin")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment}
    looked = _started("doctor", **pipes)
    out, err = looked.communicate()
    row = next(line for line in out.splitlines() if line.split()[:2] == ["MISSING", tool])
    assert (looked.returncode, err, row.endswith(f"apt-get install {tool}")) == (2, "", True)
    ran = _started("run", "net.safetensors", "digits:test[:2]", *OUT, **pipes)
    out, err = ran.communicate()
    assert (ran.returncode, out) == (2, "")
    assert err == f"neurosim: CppStandalone: {tool} not found: install it with apt-get install {tool}\n"


def test_brian2_leaves_no_trace_on_the_terminal(here):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    ran = _started("run", "net.safetensors", "digits:test[:2]", "--device", "runtime", *OUT, **pipes)
    _, err = ran.communicate()
    assert (ran.returncode, without_progress(err)) == (0, "")


def test_brian2_leaves_warnings_and_exceptions_alone(here):
    code = """
import sys, warnings
from neurosim.devices import runtime
hook, show = sys.excepthook, warnings.showwarning
with runtime("double"):
    pass
assert (sys.excepthook, warnings.showwarning) == (hook, show)
warnings.warn("mine")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "<string>:8: UserWarning: mine\n")


def test_a_reader_that_leaves_is_no_error(here):
    command = f"{sys.executable} -m neurosim describe net.safetensors | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.returncode in (0, 141)  # 0: it was faster


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted(sent, status, here):
    network(hidden=4000).save("big.safetensors")
    words = ("run", "big.safetensors", "digits:test", "--steps", "2000", *OUT)
    build = ("run", "big.safetensors", "digits:test[:1]", "--steps", "1", "-o", "built.h5")
    assert _started(*build, stderr=subprocess.DEVNULL).wait() == 0
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    ran = _started(*words, **pipes, preexec_fn=_heed_interrupts)
    children = _wait_for(lambda: _children(ran.pid))
    ran.send_signal(sent)
    out, err = ran.communicate(timeout=30)
    assert (ran.returncode, out) == (status, "")
    said = "neurosim: interrupted; finished parts of a run with -o are kept (--resume)"
    assert err.splitlines()[-1] == said
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    assert not Path("out.h5").exists()
    assert not list(Path("out.h5.partial").glob("running-*"))


def _heed_interrupts() -> None:
    """A shell makes the tests deaf to ctrl-C when it runs them in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _children(parent: int) -> list[str]:
    """Processes called main (the compiled simulation) whose parent is `parent`."""
    listed = Path(f"/proc/{parent}/task").glob("*/children")
    return [pid for path in listed for pid in path.read_text().split() if _name(pid) == "main"]


def _name(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _wait_for(found, seconds: float = 30):
    end = time.monotonic() + seconds
    while not (seen := found()):
        assert time.monotonic() < end, "the simulation did not start"
        time.sleep(0.01)
    return seen
