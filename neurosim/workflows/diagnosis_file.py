"""What `neurosim diagnose --json` printed, read back."""

import json
from pathlib import Path
from typing import Any

from ..files.checks import parsing, regular_size

__all__ = ["read_diagnosis"]


def read_diagnosis(path: Path) -> dict[str, Any]:
    """Return the diagnosis in a file: `layers`, the rows of `Diagnosis.table`, and what else it says.

    Raises
    ------
    FileError
        If it is no such file.
    """
    regular_size(path)
    with parsing(path, "diagnosis"):
        found = dict(json.loads(path.read_text(encoding="utf-8")))
        return found | {"layers": [dict(row) for row in found["layers"]]}
