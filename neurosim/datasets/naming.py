"""The grammar of data names: `KIND[:PATH][:SPLIT][\\[START:STOP\\]]`, as in `mnist:test[:100]`."""

import re
from dataclasses import dataclass
from pathlib import Path

from neurosim.errors import InputError

__all__ = ["Name", "parse"]

WITH_PATH = ("folder", "npz")
SPLITS = ("train", "test")
_SLICE = re.compile(r"\[(-?\d+)?:(-?\d+)?\]$")
_SPLIT = re.compile(rf":({'|'.join(SPLITS)})$")


@dataclass(frozen=True)
class Name:
    """A data name, taken apart.

    Attributes
    ----------
    text
        The whole name.
    kind
        Which reader.
    path
        What follows ``folder:`` or ``npz:``; None for the others.
    split
        ``train``, ``test`` or None: everything.
    part
        The slice of it.
    """

    text: str
    kind: str
    path: Path | None
    split: str | None
    part: slice


def parse(text: str) -> Name:
    """Take a data name apart.

    Raises
    ------
    InputError
        If it does not follow the grammar.
    """
    rest, part = _cut_slice(text)
    split = _SPLIT.search(rest)
    rest = rest[: split.start()] if split else rest
    kind, colon, path = rest.partition(":")
    if (
        not re.fullmatch(r"[a-z0-9-]+", kind)
        or bool(colon) != (kind in WITH_PATH)
        or bool(path) != bool(colon)
    ):
        raise InputError(
            f"data name {text!r} is not understood: write NAME, folder:PATH or npz:PATH, then "
            ":train or :test and a slice where wanted, as in 'mnist:test[:100]'"
        )
    return Name(text, kind, Path(path) if path else None, split[1] if split else None, part)


def _cut_slice(text: str) -> tuple[str, slice]:
    found = _SLICE.search(text)
    if not found:
        return text, slice(None)
    start, stop = (None if end is None else int(end) for end in found.groups())
    return text[: found.start()], slice(start, stop)
