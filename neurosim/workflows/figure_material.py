"""What a figure is drawn from: a recording and what lies beside it, checked against each other."""

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..files import read_npz
from ..network import Network
from ..plotting.sources import spiking, spiking_layers
from ..recording import Recording
from ..recording.levels import known_layer
from ..spikes import Images, choose
from .diagnosis_file import read_diagnosis
from .studies import read_table

__all__ = ["Material"]


@dataclass(frozen=True)
class Material:
    """What a figure is drawn from; files are read when a kind asks for them.

    Parameters
    ----------
    recording_file : Path
    images
        Which; None: the first of a raster or a trace, all of other kinds.
    layers : tuple of str
        None given: all, or the first that spikes where a figure shows one.
    neuron : int
        Of a trace, in C order; None: the first that was recorded.
    network_file : Path
        Of `neurosim convert`: the network that was run.
    diagnosis_file : Path
        `Diagnosis.table` as CSV, or what `neurosim diagnose --json` printed, as .json.
    activations_file : Path
        npz: what the trained network says at each layer, by its name, (images, *shape).
    grid : (int, int)
        Height and width of a scene whose pixels are the images, row by row.
    """

    recording_file: Path
    images: Images | None = None
    layers: tuple[str, ...] = ()
    neuron: int | None = None
    network_file: Path | None = None
    diagnosis_file: Path | None = None
    activations_file: Path | None = None
    grid: tuple[int, int] | None = None

    @property
    def files(self) -> list[Path]:
        """What is read."""
        named = (self.recording_file, self.network_file, self.diagnosis_file, self.activations_file)
        return [path for path in named if path is not None]

    @property
    def options(self) -> list[str]:
        """What is given beside the recording, as the command line calls it."""
        given = {
            "--images": self.images,
            "--layer": self.layers or None,
            "--neuron": self.neuron,
            "--network": self.network_file,
            "--diagnosis": self.diagnosis_file,
            "--activations": self.activations_file,
            "--grid": self.grid,
        }
        return [option for option, value in given.items() if value is not None]

    @cached_property
    def recording(self) -> Recording:
        """The recording."""
        return Recording.load(self.recording_file)

    @cached_property
    def network(self) -> Network:
        """The network, with the layers of the recording."""
        path = _given(self.network_file, "the network: give --network NET")
        network = Network.load(path)
        shapes = {layer.name: layer.shape for layer in network.neurons}
        recorded = self.recording.layers
        for name in chain(shapes, recorded):
            if shapes.get(name) != recorded.get(name):
                found = f"{shapes.get(name, 'absent')}, in the recording {recorded.get(name, 'absent')}"
                raise InputError(f"{path}: layer {name!r} is {found}; give the network that was run")
        return network

    @cached_property
    def diagnosis(self) -> list[dict[str, Any]]:
        """The table of the diagnosis."""
        path = _given(self.diagnosis_file, "the causes of errors: give --diagnosis TABLE.csv or .json")
        return read_diagnosis(path)["layers"] if path.suffix == ".json" else read_table(path)

    @cached_property
    def activations(self) -> dict[str, np.ndarray]:
        """What the trained network says to the images of the recording."""
        path = _given(self.activations_file, "what the trained network says: give --activations NPZ")
        arrays, images = read_npz(path), self.recording.images
        for name, values in arrays.items():
            if values.shape[:1] != (images,) or values.dtype.kind not in "biuf":
                found = f"{values.dtype} {values.shape}"
                raise InputError(f"{path}: {name!r} is {found}; give numbers of all {images} recorded images")
        return arrays

    @property
    def several(self) -> tuple[str, ...] | None:
        """The layers of a figure that shows several; None for all."""
        return self.layers or None

    @property
    def layer(self) -> str:
        """The layer of a figure that shows one."""
        if len(self.layers) > 1:
            raise InputError(f"figure: {len(self.layers)} layers are named; this kind shows one")
        layers, accumulates = self.recording.layers, self.recording.accumulates
        return known_layer(self.layers[0], layers) if self.layers else min(layers, key=accumulates)

    def spiking(self, kind: str) -> list[str]:
        """Return the layers of a figure that shows several, of which all must spike."""
        if not self.layers:
            return spiking_layers(kind, self.recording)
        if len(set(self.layers)) < len(self.layers):
            raise InputError(f"{kind}: a layer is named twice: {', '.join(self.layers)}; name each once")
        return [spiking(kind, self.recording, name) for name in self.layers]

    def chosen(self, usual: Images = slice(None)) -> NDArray[np.int64]:
        """Return which images are shown, each once; `usual` where none are named."""
        chosen = choose(usual if self.images is None else self.images, self.recording.images)
        if len(set(chosen.tolist())) < len(chosen):
            raise InputError(f"images: one is named twice: {', '.join(map(str, chosen))}; name each once")
        return chosen

    @property
    def image(self) -> int:
        """The image of a figure that shows one."""
        chosen = self.chosen(0)
        if len(chosen) > 1:
            raise InputError(f"figure: {len(chosen)} images are named; this kind shows one")
        return int(chosen[0])


def _given(path: Path | None, need: str) -> Path:
    if path is None:
        raise InputError(f"figure: this kind needs {need}")
    return path
