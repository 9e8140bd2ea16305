"""What a page is made of."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Figure", "Section", "Table"]


@dataclass(frozen=True)
class Figure:
    """An SVG element, and what it shows in words."""

    svg: str
    caption: str


@dataclass(frozen=True)
class Table:
    """Rows of dicts that all have the same keys."""

    rows: Sequence[Mapping[str, Any]]

    @property
    def columns(self) -> list[str]:
        """Headings."""
        return [column.replace("_", " ") for column in self.rows[0]]

    @property
    def cells(self) -> list[list[tuple[str, bool]]]:
        """Every cell as text, and whether it is a number."""
        return [[(_text(value), _is_number(value)) for value in row.values()] for row in self.rows]


@dataclass(frozen=True)
class Section:
    """A heading with sentences, figures and tables under it, in this order."""

    title: str
    sentences: Sequence[str] = ()
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any) -> str:
    """Return a number with four digits, and none for what is not defined."""
    if isinstance(value, float):
        return "–" if math.isnan(value) else f"{value:.4g}"
    return f"{value:,}" if _is_number(value) else str(value)
