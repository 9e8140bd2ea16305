"""Makers of specimens: the command line that the scripts in `weights/` share."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..ann import accuracy, save_weights
from ..ann import architecture as known
from ..datasets import load
from ..errors import InputError, NeurosimError
from ..files import sha256

__all__ = ["Order", "run_maker"]

DONE, BAD_INPUT = 0, 2


@dataclass(frozen=True)
class Order:
    """What a maker was asked for.

    Attributes
    ----------
    quick
        Only try the script: an epoch.
    train, test
        Data names of the images to train with and to measure the accuracy on; few of them if quick.
    checkpoint
        File to save the state of a long training in, and to go on from; None: none.
    """

    quick: bool
    train: str
    test: str
    checkpoint: Path | None


def run_maker(
    script: str,
    document: str,
    train: Callable[[Order], Any],
    *,
    architecture: str,
    data: str,
    stand_in: str | None = None,
    arguments: Sequence[str] | None = None,
) -> int:
    """Read the command line, train, and write `<name>.safetensors`; return the exit status.

    The script is called `make_<name>.py`. Its options are `--quick`, `--output`, the folder of the file, by
    default the script's own, and `--checkpoint`. Printed are the file, its accuracy on the test images and
    its SHA-256, for the card.

    Parameters
    ----------
    script
        The script's `__file__`.
    document
        Its docstring.
    train
        Returns the trained torch module.
    architecture
        Known to `ann.architecture`; for the normalisation of pixels, and the file's metadata.
    data
        Name of the data set, with splits train and test.
    stand_in
        Name of a set of the same shape that more people have, to try the script with.
    arguments
        Of the command line; None: the process's own.

    Returns
    -------
    int
        0, or 2 with one line on stderr after an error of ours.
    """
    try:
        options = _options(source := Path(script).resolve(), document, arguments)
        order = _order(options, data, stand_in or data)
        module, images = train(order), load(order.test)
        path = options.output / f"{source.stem.removeprefix('make_')}.safetensors"
        save_weights(path, module, architecture)
        share = accuracy(module, images.images, images.labels, known(architecture).input)
    except NeurosimError as error:
        print(f"{Path(script).name}: {error}", file=sys.stderr)
        return BAD_INPUT
    print(f"{path}\naccuracy {share:.2%} of {len(images)}\nsha256 {sha256(path)}")
    return DONE


def _order(options: argparse.Namespace, data: str, stand_in: str) -> Order:
    if options.quick:
        return Order(True, f"{stand_in}:train[:256]", f"{stand_in}:test[:100]", options.checkpoint)
    return Order(False, f"{data}:train", f"{data}:test", options.checkpoint)


def _options(path: Path, document: str, arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=path.name, description=document.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a little training, as a test of this script")
    parser.add_argument("--output", type=Path, help="folder for the file; default: beside the script")
    parser.add_argument("--checkpoint", type=Path, help="file to keep the state in and to go on from")
    options = parser.parse_args(arguments)
    if options.quick and options.output is None:
        raise InputError("--quick makes no weights worth shipping: give --output DIR")
    options.output = options.output or path.parent
    if not options.output.is_dir():
        raise InputError(f"--output {options.output}: there is no such folder: make it first")
    return options
