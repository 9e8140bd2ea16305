"""What some tests need beside the package: without it they are skipped, or fail where none may be."""

import importlib
import os
from types import ModuleType
from typing import NoReturn

import pytest

__all__ = ["DATA", "PROGRAMS", "absent", "peer"]

DATA, PROGRAMS = "NEUROSIM_REQUIRE_DATA", "NEUROSIM_REQUIRE_PROGRAMS"
"""Variables that forbid to skip where they are 1."""


def absent(reason: str, required: str) -> NoReturn:
    """Skip the test, or the module that is being imported; fail where the variable `required` is 1."""
    if os.environ.get(required) == "1":
        pytest.fail(reason)
    pytest.skip(reason, allow_module_level=True)


def peer(name: str) -> ModuleType:
    """Import a module of another library: `peer("sinabs.layers")`."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        return absent(f"{name} cannot be imported ({error}): install tests/peers.txt as make does", PROGRAMS)
