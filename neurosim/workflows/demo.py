"""demo: the whole way from a trained network to a figure, on data and weights that come with the package."""

import time
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from .. import tables
from ..comparison import Agreement, compare
from ..conversion import BMIF, activations, convert
from ..datasets import Dataset, load
from ..devices import CppStandalone, Reference
from ..errors import FileError
from ..network import Network
from ..recording import Recording
from ..simulation import Simulation
from .conversion_report import layer_report

__all__ = ["demo"]

ARCHITECTURE = "digits_resnet"
STRENGTH, STEPS, IMAGES = 4, 8, 100


def demo(output: Path, say: Callable[[str], None], progress: bool = True) -> dict[str, Any]:
    """Convert, simulate, prove, report and draw; return every number that is printed.

    Parameters
    ----------
    output : Path
        Folder for the figures and the network; made if it is not there.
    say : function
        Called with each part of the report.

    Raises
    ------
    FileError
        If the folder cannot be made.
    DeviceUnavailable
        If g++ or make is missing.
    """
    from ..ann import accuracy, architecture, load_weights

    started = time.perf_counter()
    _make(output)
    with as_file(files("neurosim") / "data" / f"{ARCHITECTURE}.safetensors") as path:
        module = load_weights(path, ARCHITECTURE)
    known = architecture(ARCHITECTURE)
    images = load(f"digits:test[:{IMAGES}]")
    calibration = load("digits:train").images
    network = convert(module, BMIF(strength=STRENGTH), calibration, input=known.input, classes=known.classes)
    say(f"{ARCHITECTURE}, trained in torch, as a network of BM-IF neurons (K = {STRENGTH}):\n\n{network}\n")
    say(f"Simulating {IMAGES} images of {STEPS} steps; compiling takes about 15 s the first time.")
    recording, agreement = _simulate(network, images, progress)
    verdict = "equal" if agreement else f"DIFFERENT: {agreement.first}"
    say(f"Brian2 C++ against the numpy reference: {agreement.spikes:,} spikes compared, {verdict}\n")
    report = layer_report(network, recording, activations(module, images.images, input=known.input))
    say(_report_text(report) + "\n")
    ann = accuracy(module, images.images, images.labels, known.input)
    snn = recording.accuracy()
    say(_accuracy_text(ann, snn.tolist()))
    saved = output / "digits.safetensors"
    network.save(saved)
    drawn = _draw(output, recording, report)
    seconds = time.perf_counter() - started
    say(f"\nnetwork: {saved}\nfigures: {', '.join(map(str, drawn))}\ntotal: {seconds:.1f} s")
    return {
        "equal": bool(agreement),
        "spikes": agreement.spikes,
        "layers": report,
        "accuracy_ann": ann,
        "accuracy_snn": snn.tolist(),
        "network": str(saved),
        "figures": [str(path) for path in drawn],
        "seconds": seconds,
    }


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{folder}: {error.strerror}: give a folder that can be made") from None


def _simulate(network: Network, images: Dataset, progress: bool) -> tuple[Recording, Agreement]:
    recordings = {}
    for device in (Reference(), CppStandalone()):
        with Simulation(network, device, STEPS, record="spikes") as simulation:
            recordings[type(device).__name__] = simulation.run(
                images.images, images.labels, progress=progress
            )
    return recordings["CppStandalone"], compare(recordings)


def _report_text(report: list[dict[str, Any]]) -> str:
    headings = {
        "layer": "layer",
        "neurons": "neurons",
        "synapses": "synapses represented",
        "parameters": "shared parameters",
        "spikes": "spikes an image",
        "rate_hz": "mean rate (Hz)",
        "error": "conversion error",
        "saturated": "at +-K",
    }
    return tables.to_text([{heading: row[key] for key, heading in headings.items()} for row in report])


def _accuracy_text(ann: float, snn: list[float]) -> str:
    steps = "  ".join(f"{step}: {100 * share:.1f} %" for step, share in enumerate(snn, start=1))
    return f"accuracy of the network: {100 * ann:.1f} %\naccuracy of its spiking form after step {steps}"


def _draw(output: Path, recording: Recording, report: list[dict[str, Any]]) -> list[Path]:
    from .. import plotting

    errors = [row["error"] for row in report]
    names = [row["layer"] for row in report]
    return [
        *plotting.plate(output / "raster", lambda ax: plotting.raster(ax, recording)),
        *plotting.plate(output / "conversion_error", lambda ax: plotting.conversion_error(ax, names, errors)),
    ]
