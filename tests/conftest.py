"""Shared by all tests: where real data and programs are, and one reproducible hypothesis profile."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from needed import DATA, PROGRAMS, absent

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
    if not named or not Path(named).is_dir():
        absent(f"NEUROSIM_DATA is {named!r}: set it to the folder of real data", DATA)
    return Path(named)


@pytest.fixture(scope="session")
def program() -> Callable[[str, str], str]:
    """Find a program of the system: `program("pdffonts", "poppler-utils")`; without it the test is skipped.

    With NEUROSIM_REQUIRE_PROGRAMS=1 a missing one is a failure.
    """

    def find(name: str, package: str) -> str:
        return shutil.which(name) or absent(f"{name} is not installed: apt-get install {package}", PROGRAMS)

    return find
