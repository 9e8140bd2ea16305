"""Libraries that are guests: imported where they are used, and named where they are missing."""

import importlib
from typing import Any

from .errors import DeviceUnavailable

__all__ = ["library"]


def library(owner: str, name: str) -> Any:
    """Import a library of the extra `neuro`; raise DeviceUnavailable, naming it, where it is missing."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise DeviceUnavailable(
            f"{owner}: {error.name} is not installed: pip install 'neurosim-brian2[neuro]'"
        ) from None
