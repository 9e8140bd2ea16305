"""demo: pixels of a real hyperspectral scene, classified by spikes in Brian2."""

import time
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from .. import tables
from ..energy import INT32, Energy, operations
from ..errors import FileError
from ..files import atomic
from ..network import Network
from ..statistics import average_accuracy, cohen_kappa, overall_accuracy
from .sites import Site, site
from .strip import Strip, simulated_strip
from .strip_map import pixel_rows, strip_map

__all__ = ["BITS", "NETWORK", "STEPS", "demo", "scores", "shipped"]

NETWORK = "cnn_3d_snn6"
STEPS, BITS = 5, 6
"""That the network was trained for: steps, and bits of its weights."""
IMAGES = 8
"""Parts of three rows that the strip has."""
COSTS = INT32.scaled(BITS)
FLATTERED = (
    "Training pixels were drawn at random from the same fields, and patches overlap: that flatters "
    "(docs/hyperspectral.md)"
)


def shipped() -> tuple[Network, Site]:
    """Return the network that comes with the package, and Indian Pines as it was trained on it.

    Raises
    ------
    FileError
        If tensorly is not installed.
    """
    with as_file(files("neurosim") / "data" / f"{NETWORK}.safetensors") as path:
        return Network.load(path), site("cnn_3d", "random", 0)


def demo(output: Path, say: Callable[[str], None], progress: bool = True) -> dict[str, Any]:
    """Classify a strip of Indian Pines, prove its spikes, report and draw; return every number printed.

    Parameters
    ----------
    output : Path
        Folder for the figures and the network; made if it is not there.
    say : function
        Called with each part of the report.
    progress : bool
        Show a progress bar on stderr.

    Raises
    ------
    FileError
        If the folder cannot be made, or tensorly is not installed.
    DeviceUnavailable
        If g++ or make is missing.
    """
    started = time.perf_counter()
    _make(output)
    network, seen = shipped()
    say(f"{NETWORK}: trained to spike, {STEPS} steps, weights of {BITS} bits.\n\n{network}\n")
    say(f"Simulating a strip of Indian Pines, {STEPS} steps; compiling takes about 20 s the first time.")
    strip = simulated_strip(network, seen, STEPS, images=IMAGES, progress=progress)
    agreement, count = strip.agreement, len(strip.pixels)
    verdict = "equal" if agreement else f"DIFFERENT: {agreement.first or 'in the outputs'}"
    against = f"Brian2 C++ against the numpy reference, patches of {count} pixels"
    say(f"{against}: {agreement.spikes:,} spikes compared, {verdict}\n")
    spent = Energy(operations(network, strip.patches), COSTS, STEPS)
    layers = _layer_rows(spent)
    say(f"{_layer_text(layers)}\n\n{_energy_text(spent)}\n")
    found = scores(strip, seen)
    say(f"{_score_text(strip, found)}\n{FLATTERED}\n")
    saved = output / f"{NETWORK}.safetensors"
    network.save(saved)
    drawn = _draw(output, network, seen, strip)
    seconds = time.perf_counter() - started
    say(f"network: {saved}\nfigures: {', '.join(map(str, drawn))}\ntotal: {seconds:.1f} s")
    return {
        "equal": bool(agreement),
        "spikes": agreement.spikes,
        "patches": count,
        "layers": layers,
        "energy": {"costs": COSTS.name, "snn_pj": spent.snn(), "cnn_pj": spent.ann},
        "rows": [strip.rows.start, strip.rows.stop],
        **found,
        "network": str(saved),
        "figures": [str(path) for path in drawn],
        "seconds": seconds,
    }


def scores(strip: Strip, seen: Site) -> dict[str, Any]:
    """Return how many test pixels lie in a strip, and overall and average accuracy and kappa, in [0, 1]."""
    test = strip.inside(seen.split.test)
    labels, said = seen.scene.targets(test), strip.said(test)
    return {
        "test_pixels": len(test),
        "overall": overall_accuracy(labels, said),
        "average": average_accuracy(labels, said),
        "kappa": cohen_kappa(labels, said),
    }


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{folder}: {error.strerror}: give a folder that can be made") from None


def _layer_rows(spent: Energy) -> list[dict[str, Any]]:
    """Return one row a layer, the mean of a pixel."""
    return [
        {
            "layer": row["layer"],
            "neurons": row["neurons"],
            "spikes": row["spikes"],
            "spikes_a_neuron": row["spikes"] / row["neurons"],
            "sums_of_pixels": row["direct_macs"],
            "sums_of_spikes": row["synaptic_operations"],
            "snn_pj": row["direct_once_pj"] + row["synapses_multiply_pj"],
            "cnn_macs": row["macs"],
            "cnn_pj": row["ann_pj"],
        }
        for row in spent.rows()
    ]


def _layer_text(layers: list[dict[str, Any]]) -> str:
    told = [
        {
            "layer": row["layer"],
            "neurons": row["neurons"],
            "spikes a pixel": round(row["spikes"]),
            "a neuron": row["spikes_a_neuron"],
            "sums of spikes": round(row["sums_of_spikes"]),
            "SNN (nJ)": row["snn_pj"] / 1e3,
            "MACs of the CNN": row["cnn_macs"],
            "CNN (nJ)": row["cnn_pj"] / 1e3,
        }
        for row in layers
    ]
    return tables.to_text(told)


def _energy_text(spent: Energy) -> str:
    once, always, cnn = spent.snn("once"), spent.snn("every step"), spent.ann
    return (
        f"Energy of a pixel's arithmetic: CNN {cnn / 1e3:.3g} nJ, SNN {once / 1e3:.3g} nJ, {cnn / once:.3g} "
        f"times less;\nif the current of the analogue pixels is worked out anew at every step, "
        f"{always / 1e3:.3g} nJ, {cnn / always:.3g} times less.\nAssumed: the same maps as ReLUs, both with "
        f"{BITS} bits; {COSTS.name} ({COSTS.mac:.3g} pJ a MAC, {COSTS.add:.3g} pJ\na sum: products as b², "
        "sums as b); no memory, no membranes."
    )


def _score_text(strip: Strip, found: dict[str, Any]) -> str:
    return (
        f"Rows {strip.rows.start} to {strip.rows.stop - 1}, {found['test_pixels']:,} test pixels: overall "
        f"accuracy {100 * found['overall']:.1f} %, average {100 * found['average']:.1f} %, kappa "
        f"{100 * found['kappa']:.1f} %"
    )


def _draw(output: Path, network: Network, seen: Site, strip: Strip) -> list[Path]:
    from .. import plotting

    rows, data = pixel_rows(strip, seen), output / "map.csv"
    with atomic(data) as temporary:
        temporary.write_text(tables.to_csv(rows))
    names = network.classes or ()
    return [
        *plotting.plate(output / "map", lambda ax: strip_map(ax, rows, names), "nature-double", 62, False),
        data,
        *plotting.plate(output / "raster", lambda ax: plotting.raster(ax, strip.patches)),
    ]
