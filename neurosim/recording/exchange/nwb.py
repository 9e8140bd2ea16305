"""NWB, Neurodata Without Borders: neurons as units, images as trials."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.libraries import library
from neurosim.recording.exchange.choice import Chosen

__all__ = ["write_nwb"]

NOWHEN = datetime(1970, 1, 1, tzinfo=UTC)
"""A simulation has no hour of the day; NWB wants one."""


def write_nwb(chosen: Chosen, path: Path) -> None:
    """Write a file with a unit for every neuron of the chosen layers and a trial for every image.

    Images follow each other without a gap. Units have `spike_times` [s], `obs_intervals` (all of it: an empty
    train is silence), `layer`, `neuron` (the C-order index into the layer's shape) and the `strength` of each
    spike; trials have `image`, its number in the recording, and `label`, -1 where there is none.

    Source: Ruebel et al. 2022, The Neurodata Without Borders ecosystem, eLife 11:e78362.
    """
    pynwb = library("export nwb", "pynwb")
    chosen.check_trains("export nwb")
    end = len(chosen.images) * chosen.window
    about = f"Spikes of a simulated network, steps of {chosen.dt} s"
    file = pynwb.NWBFile(
        session_description=about,
        identifier=chosen.fingerprint or "unknown network",
        session_start_time=NOWHEN,
        experiment_description="Simulated by neurosim; times are those of the simulation.",
    )
    file.add_trial_column("image", "number of the image in the recording")
    file.add_trial_column("label", "class of the image, -1 where it has none")
    labels = np.full(len(chosen.images), -1) if chosen.labels is None else chosen.labels
    for start, image, label in zip(chosen.starts, chosen.images, labels, strict=True):
        file.add_trial(start_time=start, stop_time=start + chosen.window, image=int(image), label=int(label))
    file.units = _units(chosen, end)
    with pynwb.NWBHDF5IO(str(path), "w") as target:
        target.write(file)


def _units(chosen: Chosen, end: float) -> Any:
    """Return the table of units, made column by column: a row at a time takes minutes for a large layer."""
    columns: dict[str, list[Any]] = {"layer": [], "neuron": [], "times": [], "strength": [], "count": []}
    for layer in chosen.spikes:
        for train in chosen.trains(layer):
            columns["layer"].append(layer)
            columns["neuron"].append(train.neuron)
            columns["times"].append(chosen.time_of(train.image, train.step))
            columns["strength"].append(train.strength)
            columns["count"].append(len(train.step))
    common = library("export nwb", "hdmf.common")

    def column(name: str, about: str, values: Any) -> Any:
        return common.VectorData(name=name, description=about, data=values)

    def ragged(name: str, about: str, values: Any, lengths: Any) -> tuple[Any, Any]:
        """Return a column of several values a row, and where each row's end."""
        data = column(name, about, values)
        return data, common.VectorIndex(name=f"{name}_index", target=data, data=np.cumsum(lengths))

    count = len(columns["count"])
    observed, once = np.tile([0.0, end], (count, 1)), np.ones(count, np.int64)
    times, strengths = np.concatenate(columns["times"]), np.concatenate(columns["strength"])
    return library("export nwb", "pynwb.misc").Units(
        name="units",
        description="one unit a neuron",
        columns=[
            column("layer", "layer of the network", columns["layer"]),
            column("neuron", "C-order index into the layer's shape", columns["neuron"]),
            *ragged("spike_times", "start of the step of each spike [s]", times, columns["count"]),
            *ragged("strength", "strength of each spike", strengths, columns["count"]),
            *ragged("obs_intervals", "when the neuron was watched [s]", observed, once),
        ],
        id=np.arange(count),
        resolution=chosen.dt,
    )
