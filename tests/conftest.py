"""Shared by all tests: where the real data are, and one reproducible hypothesis profile."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "neurosim",
    deadline=None,
    max_examples=50,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # examples may share a tmp_path
)
settings.load_profile("neurosim")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data named by NEUROSIM_DATA; without it the test is skipped.

    With NEUROSIM_REQUIRE_DATA=1 a missing folder is a failure, so that nothing is skipped unseen.
    """
    named = os.environ.get("NEUROSIM_DATA")
    if named and Path(named).is_dir():
        return Path(named)
    reason = f"NEUROSIM_DATA is {named!r}: set it to the folder of real data"
    if os.environ.get("NEUROSIM_REQUIRE_DATA") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
