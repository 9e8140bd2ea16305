"""Plain columns: CSV for any program, npz for numpy."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurosim.recording.exchange.choice import Chosen
from neurosim.tables import safe

__all__ = ["write_csv", "write_npz"]

HEAD = ("layer", "image", "step", "time", "neuron", "strength")


def write_csv(chosen: Chosen, path: Path) -> None:
    """Write a row for every spike: layer, image, step, time from the image's start [s], neuron, strength.

    Images keep their numbers in the recording. Texts that a spreadsheet would take for a formula are quoted
    with '.
    """
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        for layer, spikes in chosen.spikes.items():
            columns = (
                chosen.images[spikes.image],
                spikes.step,
                spikes.times,
                spikes.neuron,
                spikes.strength,
            )
            name = safe(layer)
            writer.writerows((name, *row) for row in zip(*(c.tolist() for c in columns), strict=True))


def write_npz(chosen: Chosen, path: Path) -> None:
    """Write arrays: `layers` (names), `images` (their numbers), `steps`, `dt`, `labels` where there are any.

    For the n-th layer `shape_n`, and for its spikes `image_n` (an index into `images`), `step_n`, `neuron_n`
    and `strength_n`, n with three digits.
    """
    arrays: dict[str, NDArray[np.generic]] = {
        "layers": np.array(list(chosen.spikes)),
        "images": chosen.images,
        "steps": np.array(chosen.steps),
        "dt": np.array(chosen.dt),
    }
    if chosen.labels is not None:
        arrays["labels"] = chosen.labels
    for number, spikes in enumerate(chosen.spikes.values()):
        arrays[f"shape_{number:03d}"] = np.array(spikes.shape)
        for name in ("image", "step", "neuron", "strength"):
            arrays[f"{name}_{number:03d}"] = getattr(spikes, name)
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
