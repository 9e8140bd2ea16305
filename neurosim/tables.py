"""Tables as text and as CSV: rows of dicts that all have the same keys."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["safe", "to_csv", "to_text"]

Row = Mapping[str, Any]


def to_text(rows: Sequence[Row]) -> str:
    """Return the rows as aligned columns under a header, numbers to the right."""
    if not rows:
        return "(empty)"
    columns = list(rows[0])
    cells = [[_cell(row[column]) for column in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    right = [all(isinstance(row[column], (int, float)) for row in rows) for column in columns]
    lines = [columns, ["-" * width for width in widths], *cells]
    return "\n".join(_line(line, widths, right) for line in lines)


def to_csv(rows: Sequence[Row]) -> str:
    """Return the rows as CSV; texts that a spreadsheet would take for a formula are quoted with '."""
    columns = list(rows[0]) if rows else []
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[safe(row[column]) for column in columns] for row in rows])
    return target.getvalue()


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True))
    return "  ".join(padded).rstrip()


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def safe(value: Any) -> Any:
    """Return a value as a cell of CSV: a text that a spreadsheet would take for a formula gets a ' before."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value
