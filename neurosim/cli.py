"""The command line: every verb is one function; results go to stdout, everything else to stderr."""

import argparse
import contextlib
import json
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO

from . import __version__, tables
from .errors import InputError, NeurosimError

__all__ = ["main"]

DIFFERENT, BAD_INPUT, INTERRUPTED, BROKEN_PIPE, TERMINATED = 1, 2, 130, 141, 143


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


Verb = Callable[[argparse.Namespace], tuple[Any, int]]


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="neurosim", description="Trained networks, simulated spike for spike in Brian2.")
    parser.add_argument("--version", action="version", version=f"neurosim {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="VERB", parser_class=_Parser)

    demo = _verb(verbs, "demo", _demo, "the whole way on data that comes with the package")
    demo.add_argument("-o", "--output", type=Path, default=Path("demo"), help="folder for figures (demo)")

    doctor = _verb(verbs, "doctor", _doctor, "look at what this machine has")
    doctor.add_argument("--cuda", action="store_true", help="look for what the CUDA device needs, too")

    convert = _verb(verbs, "convert", _convert, "turn trained weights into a spiking network")
    convert.add_argument("weights", type=Path, help="safetensors, or .pt/.pth/.th of plain tensors")
    convert.add_argument(
        "--architecture", required=True, metavar="NAME", help="whose weights they are, as resnet20"
    )
    convert.add_argument(
        "--recipe", required=True, choices=("bmif", "threshold-balance"), help="what takes a ReLU's place"
    )
    convert.add_argument("--strength", type=int, help="K of bmif (8)")
    convert.add_argument(
        "--percentile", type=float, help="of the activations (bmif 100, threshold-balance 99.9)"
    )
    convert.add_argument(
        "--calibration", required=True, metavar="DATA", help="images that set the thresholds"
    )
    convert.add_argument(
        "-o", "--output", type=Path, required=True, metavar="NET", help="file of the network (.safetensors)"
    )
    _data_options(convert)

    describe = _verb(verbs, "describe", _describe, "print a network's table")
    _network(describe)

    run = _verb(verbs, "run", _run, "simulate a network on images")
    _simulation_options(run)
    run.add_argument("--device", default="cpp", help="reference, runtime or cpp (cpp)")
    run.add_argument(
        "--record",
        action="append",
        default=[],
        metavar="[LAYER=]LEVEL",
        help="totals, counts or spikes; again for each layer (totals)",
    )
    run.add_argument("--jobs", type=int, default=1, help="processes that share the images (1)")
    run.add_argument("--resume", action="store_true", help="take up an interrupted run")
    run.add_argument(
        "-o", "--output", type=Path, required=True, metavar="REC.h5", help="file of the recording"
    )

    verify = _verb(verbs, "verify", _verify, "compare devices spike for spike")
    _simulation_options(verify)
    verify.add_argument("--devices", default="reference,cpp", help="two or more, the first is the measure")
    return parser


def _verb(verbs: Any, name: str, verb: Verb, purpose: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(
        name, help=purpose, description=purpose, allow_abbrev=False
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    parser.set_defaults(verb=verb)
    return parser


def _network(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("network", type=Path, metavar="NET", help="file written by neurosim convert")


def _data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-dir", type=Path, help="folder of the data sets (else NEUROSIM_DATA)")
    parser.add_argument("--resize", action="store_true", help="bring images of other sizes to one size")


def _simulation_options(parser: argparse.ArgumentParser) -> None:
    _network(parser)
    parser.add_argument("data", metavar="DATA", help="for example digits:test[:100] or folder:PATH")
    parser.add_argument("--steps", type=int, default=8, help="steps T of each image (8)")
    parser.add_argument("--precision", default="double", choices=("double", "single"), help="(double)")
    _data_options(parser)


def _demo(options: argparse.Namespace) -> tuple[Any, int]:
    from .workflows.demo import demo

    result = demo(options.output, options.say)
    return result, 0 if result["equal"] else DIFFERENT


def _doctor(options: argparse.Namespace) -> tuple[Any, int]:
    from .doctor import checks

    looked = checks(options.cuda)
    rows = [
        {
            "": "ok" if c.ok else "MISSING",
            "what": c.name,
            "found": c.found,
            "remedy": "" if c.ok else c.remedy,
        }
        for c in looked
    ]
    options.say(tables.to_text(rows))
    return {"checks": [vars(check) for check in looked]}, 0 if all(c.ok for c in looked) else BAD_INPUT


def _convert(options: argparse.Namespace) -> tuple[Any, int]:
    from .ann import architecture, load_weights
    from .conversion import convert

    known = architecture(options.architecture)
    recipe = _recipe(options)
    module = load_weights(options.weights, options.architecture)
    calibration = _load(options, options.calibration)
    network = convert(module, recipe, calibration.images, input=known.input, classes=known.classes)
    network.save(options.output)
    options.say(f"{network}\n\nwritten to {options.output}")
    return {"network": str(options.output), "layers": network.table()}, 0


def _recipe(options: argparse.Namespace) -> Any:
    from .conversion import BMIF, ThresholdBalance

    if options.recipe == "bmif":
        strength = 8 if options.strength is None else options.strength
        return BMIF(strength, 100.0 if options.percentile is None else options.percentile)
    if options.strength is not None:
        raise InputError(f"--strength {options.strength} belongs to --recipe bmif: leave it out")
    return ThresholdBalance(99.9 if options.percentile is None else options.percentile)


def _describe(options: argparse.Namespace) -> tuple[Any, int]:
    from .network import Network

    network = Network.load(options.network)
    options.say(str(network))
    return {"layers": network.table(), "classes": network.classes, "fingerprint": network.fingerprint()}, 0


def _run(options: argparse.Namespace) -> tuple[Any, int]:
    from .network import Network
    from .simulation import Simulation

    network = Network.load(options.network)
    device, record = _device(options.device), _record(options.record)
    output = options.output.absolute()
    data = _load(options, options.data)
    with Simulation(network, device, options.steps, precision=options.precision, record=record) as simulation:
        recording = simulation.run(
            data.images, data.labels, jobs=options.jobs, output=output, resume=options.resume
        )
    accuracy = recording.accuracy().tolist() if len(network.outputs) == 1 else None
    spikes = {layer: int(recording.totals(layer).sum()) for layer in recording.layers}
    options.say(tables.to_text([{"layer": layer, "spikes": count} for layer, count in spikes.items()]))
    if accuracy:
        options.say("accuracy after step " + "  ".join(f"{n}: {a:.2%}" for n, a in enumerate(accuracy, 1)))
    options.say(f"written to {options.output}")
    return {"recording": str(options.output), "spikes": spikes, "accuracy": accuracy}, 0


def _verify(options: argparse.Namespace) -> tuple[Any, int]:
    from .network import Network
    from .workflows.verify import verify

    network = Network.load(options.network)
    devices = [_device(name) for name in options.devices.split(",")]
    data = _load(options, options.data)
    found = verify(network, data.images, devices, options.steps, precision=options.precision, progress=True)
    where = "" if found.first is None else f" at {found.first}"
    said = "equal" if found else f"DIFFERENT{where or ' in the outputs'}"
    options.say(f"{found.spikes:,} spikes compared, {found.ties} ties: {said}")
    first = None if found.first is None else vars(found.first)
    return {"equal": found.equal, "spikes": found.spikes, "ties": found.ties, "first": first}, (
        0 if found else DIFFERENT
    )


def _device(name: str) -> Any:
    from .devices import CppStandalone, Reference, Runtime

    devices = {"reference": Reference, "runtime": Runtime, "cpp": CppStandalone}
    if name not in devices:
        raise InputError(f"device {name!r} is unknown: give one of {', '.join(devices)}")
    return devices[name]()


def _record(words: list[str]) -> Any:
    """Return a record from words such as spikes or conv1=counts."""
    if not words:
        return "totals"
    if len(words) == 1 and "=" not in words[0]:
        return words[0]
    pairs = [word.rpartition("=") for word in words]
    unnamed = next((level for layer, _, level in pairs if not layer), None)
    if unnamed is not None:
        raise InputError(f"--record {unnamed}: give one level for all layers, or LAYER=LEVEL for each")
    layers = [layer for layer, _, _ in pairs]
    twice = next((layer for layer in layers if layers.count(layer) > 1), None)
    if twice is not None:
        raise InputError(f"--record: layer {twice!r} is given twice: give each layer one level")
    return {layer: level for layer, _, level in pairs}


def _load(options: argparse.Namespace, name: str) -> Any:
    from .datasets import load

    return load(name, data_dir=options.data_dir, resize=options.resize)
