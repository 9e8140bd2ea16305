"""Tests without the libraries they compare with are skipped, and fail where CI forbids it."""

from pathlib import Path

import pytest
from needed import PROGRAMS, peer


def test_a_missing_peer_skips_or_fails(monkeypatch):
    assert peer("math").pi > 3
    reason = r"^no_such_library cannot be imported \(No module named 'no_such_library'\): install tests/peers"
    for allowed, outcome in (("0", pytest.skip.Exception), ("1", pytest.fail.Exception)):
        monkeypatch.setenv(PROGRAMS, allowed)
        with pytest.raises(outcome, match=reason):
            peer("no_such_library")


def test_nothing_skips_around_it():
    """So that `.ci/run`, which sets the variable, cannot pass unseen without a library."""
    tests = Path(__file__).parent
    word = "import" + "orskip"
    assert [path.name for path in tests.glob("*.py") if word in path.read_text()] == []
    assert f"export {PROGRAMS}=1" in (tests.parent / ".ci" / "run").read_text()
