"""What every verb shares: how it is found, what its errors look like, and the exit status."""

import argparse
import contextlib
import json
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import NoReturn, TextIO

from .. import __version__
from ..errors import InputError, NeurosimError
from . import (
    convert,
    demo,
    describe,
    diagnose,
    doctor,
    export,
    figure,
    import_,
    report,
    run,
    train,
    verify,
)
from .status import BAD_INPUT

__all__ = ["main"]

INTERRUPTED, BROKEN_PIPE, TERMINATED = 130, 141, 143
VERBS = (demo, doctor, train, convert, import_, describe, run, verify, diagnose, figure, report, export)
"""In the order of the help; each has PURPOSE, add_options(parser) and obey(options) -> (result, status)."""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see {self.prog} --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    0: done. 1: `verify` found a difference. 2: bad input, or a run that failed, with one line on stderr.
    130, 143: interrupted, terminated. 141: nobody reads stdout any more.
    """
    with warnings.catch_warnings(), _terminable():
        warnings.showwarning = _warn
        try:
            return _obey(arguments)
        except BrokenPipeError:  # whoever read our output, `head` say, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return BROKEN_PIPE
        except (NeurosimError, OSError) as error:
            print(f"neurosim: {error}", file=sys.stderr)
            return BAD_INPUT
        except KeyboardInterrupt as interrupt:
            print(
                "neurosim: interrupted; finished parts of a run with -o are kept (--resume)", file=sys.stderr
            )
            return TERMINATED if interrupt.args == ("terminated",) else INTERRUPTED


def _obey(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    options.say = (lambda text: print(text, file=sys.stderr)) if options.json else print
    result, status = options.verb(options)
    if options.json:
        print(json.dumps(result))
    sys.stdout.flush()  # a reader that has gone is met here, not at exit
    return int(status)


def _warn(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Say a warning as the line it is, without the source that a programmer would look at."""
    print(f"neurosim: warning: {message}", file=sys.stderr)


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM unwind what runs, as ctrl-C does."""
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminated(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt("terminated")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="neurosim", description="Trained networks, simulated spike for spike in Brian2.")
    parser.add_argument("--version", action="version", version=f"neurosim {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="VERB", parser_class=_Parser)
    for verb in VERBS:
        name = verb.__name__.rpartition(".")[2].rstrip("_")  # a module cannot be called import
        own = verbs.add_parser(name, help=verb.PURPOSE, description=verb.PURPOSE, allow_abbrev=False)
        own.add_argument("--json", action="store_true", help="print one JSON object on stdout")
        own.set_defaults(verb=verb.obey)
        verb.add_options(own)
    return parser
