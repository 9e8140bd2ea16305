"""TOML files: read within bounds, and turned into dataclasses whose fields say what they take."""

import dataclasses
import difflib
import math
import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from neurosim.files.checks import parsing, refuse, regular_size

__all__ = ["Check", "count", "fill", "number", "read_toml", "text", "word"]

LIMIT = 10**6
"""Bytes of a file."""

Made = TypeVar("Made")


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a TOML file of at most 1 MB.

    Raises
    ------
    FileError
        If it is no such file, no UTF-8, or no TOML; names file and line.
    """
    path = Path(path)
    size = regular_size(path)
    if size > LIMIT:
        refuse(path, "size", f"{size} bytes", f"at most {LIMIT}")
    with parsing(path, "file"):
        contents = path.read_bytes()
    try:
        return tomllib.loads(contents.decode())
    except UnicodeDecodeError as error:
        refuse(path, "encoding", f"byte {contents[error.start]:#04x} at {error.start}", "UTF-8")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        refuse(path, "contents", f"a mistake ({error})", "TOML")


@dataclasses.dataclass(frozen=True)
class Check:
    """What a key takes.

    Attributes
    ----------
    takes
        Whether a value is right.
    expected
        What to say if it is not.
    """

    takes: Callable[[Any], bool]
    expected: str


def count(least: int, most: float = math.inf) -> Check:
    """A whole number in a range."""
    upto = f"of at least {least}" if math.isinf(most) else f"in {least}..{most}"
    return Check(lambda value: type(value) is int and least <= value <= most, f"a whole number {upto}")


def number(low: float, high: float = math.inf, *, above: bool = False) -> Check:
    """A finite number in a range; `above`: not the lower end itself."""
    range_ = f"{'above' if above else 'of at least'} {low:g}" + (
        "" if math.isinf(high) else f", at most {high:g}"
    )

    def takes(value: Any) -> bool:
        return (
            type(value) in (int, float)
            and math.isfinite(value)
            and low <= value <= high
            and (not above or value > low)
        )

    return Check(takes, f"a number {range_}")


def text() -> Check:
    """A text that is not empty."""
    return Check(lambda value: isinstance(value, str) and bool(value.strip()), "a text")


def word(*known: str) -> Check:
    """One of some words."""
    return Check(lambda value: isinstance(value, str) and value in known, f"one of {', '.join(known)}")


def fill(path: Path, section: str, made: type[Made], given: Mapping[str, Any]) -> Made:
    """Make a dataclass of the keys of a section.

    Parameters
    ----------
    path, section
        For messages; the section is empty for the keys above all sections.
    made
        A dataclass; each field's metadata has a `Check` under "check". Fields without a default are required.
    given
        The section.

    Raises
    ------
    FileError
        If a key is unknown (names the nearest one), missing, or its value not what the key takes.
    """
    fields = {field.name: field for field in dataclasses.fields(made) if "check" in field.metadata}  # type: ignore[arg-type]
    prefix = f"[{section}] " if section else ""
    for key in given:
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1)
            hint = f"perhaps {near[0]!r}" if near else f"one of {', '.join(fields)}"
            refuse(path, f"{prefix}{key}", "an unknown key", hint)
    for key, field in fields.items():
        check: Check = field.metadata["check"]
        if key in given and not check.takes(given[key]):
            refuse(path, f"{prefix}{key}", repr(given[key]), check.expected)
        if key not in given and field.default is dataclasses.MISSING:
            refuse(path, f"{prefix}{key}", "nothing", check.expected)
    return made(**given)
