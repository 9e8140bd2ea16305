"""Studies: what every script in analysis/ does around its question, and how a figure reads its table."""

import argparse
import csv
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .. import tables
from ..errors import FileError, InputError, NeurosimError
from ..files import atomic
from ..files.checks import parsing
from ..network import Network
from ..provenance import provenance
from ..recording import Recording

__all__ = ["Answer", "chosen", "column", "identity", "read_table", "run_study"]

DONE, BAD_INPUT = 0, 2


@dataclass(frozen=True)
class Answer:
    """What a study found.

    Parameters
    ----------
    rows
        The table: one dict a row, all with the same keys.
    settings
        What it was made with: data, seeds, fingerprints; plain JSON, kept beside every table.
    parts
        Further tables, by name.
    saved
        Recordings and networks to keep beside the table, by the suffix of their files.

    Raises
    ------
    InputError
        If a table has no row, or rows of different columns.
    """

    rows: Sequence[dict[str, Any]]
    settings: dict[str, Any] = field(default_factory=dict)
    parts: Mapping[str, Sequence[dict[str, Any]]] = field(default_factory=dict)
    saved: Mapping[str, Recording | Network] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, rows in {"rows": self.rows, **self.parts}.items():
            if not rows or any(list(row) != list(rows[0]) for row in rows):
                raise InputError(f"Answer.{name}: {len(rows)} rows: give at least one, all of equal columns")


def run_study(
    script: str, document: str, measure: Callable[[bool], Answer], arguments: Sequence[str] | None = None
) -> int:
    """Read the command line, measure, and write the table; return the exit status.

    The script's options are `--quick`, which makes a small table to test the script, and `--output`, the
    folder of `<script>.csv` and `<script>.json`, by default `results/` beside the script. A part of the
    answer goes into `<script>_<part>.csv` and `.json`, what is saved into `<script><suffix>`.

    Parameters
    ----------
    script
        The script's `__file__`.
    document
        Its docstring; the first line is the question.
    measure
        Does the work; called with whether it should be quick.
    arguments
        Of the command line; None: the process's own.

    Returns
    -------
    int
        0, or 2 with one line on stderr after an error of ours.
    """
    path = Path(script).resolve()
    try:
        options = _options(path, document, arguments)
        started = time.perf_counter()
        answer = measure(options.quick)
        seconds = round(time.perf_counter() - started, 1)
        _write(options.output / path.stem, document, answer, {"quick": options.quick, "seconds": seconds})
    except NeurosimError as error:
        print(f"{path.name}: {error}", file=sys.stderr)
        return BAD_INPUT
    print(f"{len(answer.rows)} rows in {seconds} s, written to {options.output / path.stem}.csv")
    return DONE


def read_table(path: str | Path) -> list[dict[str, Any]]:
    """Return the rows of a study's table, numbers as numbers.

    Raises
    ------
    FileError
        If there is no such table, it is no text, or it has no rows.
    """
    path = Path(path)
    if not path.is_file():
        raise FileError(f"{path}: no such table: run the script in analysis/ that it is named after")
    with parsing(path, "CSV"), path.open(newline="", encoding="utf-8") as file:
        rows = [{name: _value(text) for name, text in row.items()} for row in csv.DictReader(file)]
    if not rows:
        raise FileError(f"{path}: the table has no rows: run the script in analysis/ that it is named after")
    return rows


def chosen(rows: Sequence[dict[str, Any]], **values: Any) -> list[dict[str, Any]]:
    """Return the rows of a table that have these values in the columns of these names."""
    return [row for row in rows if all(row[name] == value for name, value in values.items())]


def column(rows: Sequence[dict[str, Any]], name: str) -> np.ndarray:
    """Return a column of a table, (rows,)."""
    return np.array([row[name] for row in rows])


def identity(network: Network) -> dict[str, Any]:
    """Return what tells a network again, as plain JSON: its fingerprint, and the threshold of every layer.

    Thresholds come from sums in torch, whose last bits depend on the processor; with the same thresholds
    a conversion gives the same fingerprint everywhere.
    """
    thresholds = {
        layer.name: np.asarray(layer.model.values(1.0)["threshold"]).tolist()
        for layer in network.neurons
        if layer.model.spiking
    }
    return {"fingerprint": network.fingerprint(), "thresholds": thresholds}


def _options(path: Path, document: str, arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=path.name, description=document.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small table in seconds, to test this script")
    parser.add_argument("--output", type=Path, help="folder for the table; default: results/ beside it")
    options = parser.parse_args(arguments)
    if options.quick and options.output is None:
        raise InputError("--quick makes no table worth keeping: give --output DIR")
    options.output = options.output or path.parent / "results"
    if not options.output.is_dir():
        raise InputError(f"--output {options.output}: there is no such folder: make it first")
    return options


def _write(stem: Path, document: str, answer: Answer, timing: dict[str, Any]) -> None:
    about = {"question": document.splitlines()[0]} | answer.settings | timing
    about |= {"provenance": provenance(compiler=True, time=True)}
    named = {stem: answer.rows} | {
        stem.with_name(f"{stem.name}_{part}"): rows for part, rows in answer.parts.items()
    }
    for table, rows in named.items():
        texts = {".csv": tables.to_csv(rows), ".json": json.dumps(about, indent=1) + "\n"}
        for suffix, text in texts.items():
            with atomic(table.with_suffix(suffix)) as temporary:
                temporary.write_text(text)
    for suffix, kept in answer.saved.items():
        kept.save(stem.with_suffix(suffix))


def _value(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text
