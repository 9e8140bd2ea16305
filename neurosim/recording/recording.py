"""What a run leaves behind, read from its file as it is asked for."""

import math
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError, NotRecorded
from neurosim.files import atomic
from neurosim.recording import exchange
from neurosim.recording.chunk import Chunk
from neurosim.recording.decoding import decode_count, decode_first_spike, decode_output
from neurosim.recording.header import Header
from neurosim.recording.levels import known_layer
from neurosim.recording.reader import Reader
from neurosim.recording.store import write_file
from neurosim.spikes import Images, Spikes, choose

__all__ = ["Recording"]

Array = NDArray[Any]
Layers = str | Sequence[str] | None
Decode = Literal["output", "count", "first_spike"]
BLOCK = 256  # images whose spikes are summed at a time
REMEDY = {"counts": "'counts'", "events": "'counts'", "spikes": "'spikes'", "potentials": "Potential()"}


class Recording:
    """Spikes, counts, potentials and outputs of a run; made by `Simulation.run` or `Recording.load`.

    Layers recorded at a higher level answer the lower ones too.

    Attributes
    ----------
    layers : dict of str to tuple of int
        The shape of every layer, in the order of the network.
    images, steps : int
    dt : float
        Length of a step [s].
    latency : dict of str to int
        Latency of every layer [steps].
    labels : int64 (images,), or None
    classes : tuple of str, or None
    outputs : tuple of str
        The layers nobody reads.
    provenance : dict
    """

    def __init__(self, reader: Reader) -> None:
        header = reader.header
        self._reader = reader
        self.layers = dict(header.layers)
        self.images, self.steps, self.dt = reader.images, header.steps, header.dt
        self.latency = dict(header.latency)
        self.labels = reader.labels()
        self.classes = header.classes
        self.outputs = header.outputs
        self.provenance = dict(header.provenance)

    @classmethod
    def write(
        cls,
        path: str | os.PathLike[str] | None,
        header: Header,
        chunks: Iterable[Chunk],
        labels: ArrayLike | None = None,
    ) -> Self:
        """Merge chunks, in their order, into one file, and open it.

        The bytes of the file do not depend on where the run was cut into chunks.

        Parameters
        ----------
        path
            Where the file is to be; None keeps it in temporary space for as long as the recording lives.
        header, chunks
            What was run, and what it gave. A chunk may hold more than the header asks for.
        labels : int (images,), optional
            The class of every image.

        Raises
        ------
        InputError
            If chunks or labels do not fit the header.
        FileError
            If the file cannot be written.
        """
        if path is None:
            with tempfile.TemporaryDirectory() as folder:  # the open file outlives its name
                return cls.write(Path(folder, "recording.h5"), header, chunks, labels)
        with atomic(path) as temporary:
            write_file(temporary, header, chunks, labels)
        return cls.load(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Open a recording.

        Raises
        ------
        FileError
            If the file is not a recording, was written by a newer version, or is damaged.
        """
        return cls(Reader.open(Path(path)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a copy of the recording's file.

        Raises
        ------
        FileError
            If the file cannot be written.
        """
        self._reader.save(path)

    def __repr__(self) -> str:
        window = f"{self.images} images, {self.steps} steps of {self.dt} s"
        return f"<recording of {len(self.layers)} layers, {window}>"

    def spikes(self, layer: str, images: Images | None = None) -> Spikes:
        """Return the spikes of a layer.

        Parameters
        ----------
        layer
            Its name.
        images
            Which images, as in `Spikes.select`; None for all.

        Raises
        ------
        InputError
            If there is no such layer or image.
        NotRecorded
            If the layer was not recorded at level "spikes".
        """
        self._require(layer, "neuron", "spikes")
        return self._reader.spikes(layer, choose(slice(None) if images is None else images, self.images))

    def dense(self, layer: str, images: Images | None = None) -> NDArray[np.int32]:
        """Return the strengths of a layer, int32 (images, steps, *shape); raises as `spikes` does."""
        return self.spikes(layer, images).dense()

    def counts(self, layer: str) -> NDArray[np.int32]:
        """Return the sum of strengths of every neuron, int32 (images, *shape).

        Raises
        ------
        NotRecorded
            If the layer was recorded at level "totals".
        """
        return self._per_neuron(layer, "counts")

    def events(self, layer: str) -> NDArray[np.int32]:
        """Return the number of spikes of every neuron, int32 (images, *shape); raises as `counts` does."""
        return self._per_neuron(layer, "events")

    def totals(self, layer: str) -> NDArray[np.int64]:
        """Return the number of spikes of a layer, int64 (images,)."""
        return self._reader.read(known_layer(layer, self.layers), "totals")

    def lost(self, layer: str) -> NDArray[np.int64]:
        """Return how many spikes were still on their way out when their image ended, int64 (images,).

        Those of the window's last d steps, where d is the longest way out of the layer: its longest delay,
        and one step more if layers run free. They reach none of the targets that are so far, and no later
        image.

        Raises
        ------
        NotRecorded
            If the layer was not recorded at level "spikes", or the file does not tell the delays.
        """
        spikes = self.spikes(layer)
        if layer not in self._reader.header.reach:
            raise NotRecorded(f"recording: the delays out of layer {layer!r} were not kept; run it again")
        late = spikes.step >= self.steps - self._reader.header.reach[layer]
        return np.bincount(spikes.image[late], minlength=self.images)

    def output(self, layer: str | None = None) -> NDArray[np.floating[Any]]:
        """Return what an output layer says after every step, float (images, steps, *shape).

        A layer that accumulates says its potential, one that spikes the running sum of its strengths.

        Parameters
        ----------
        layer
            Its name; None where the network has only one output layer.

        Raises
        ------
        InputError
            If the layer is no output layer, or None stands for several.
        """
        layer = self._output_layer(layer)
        if self.accumulates(layer):
            return self._reader.read(layer, "outputs")
        return self.dense(layer).cumsum(axis=1).astype(np.float64)

    def potential(self, layer: str) -> NDArray[np.floating[Any]]:
        """Return the potentials of the chosen neurons after reset, float (images, steps, chosen).

        In mV where the run had a `PhysicalScale` or the neurons' own equations say volts; of `Custom`
        neurons otherwise in SI base units, and of all others in the units of their thresholds.

        Raises
        ------
        NotRecorded
            If no `Potential` was recorded of the layer.
        """
        self._require(layer, "potentials", "potentials")
        return self._reader.read(layer, "potentials")

    def watched(self, layer: str) -> NDArray[np.int64]:
        """Return whose potentials were recorded, C-order indices into the layer's shape; int64 (chosen,).

        Raises
        ------
        NotRecorded
            If no `Potential` was recorded of the layer.
        """
        self._require(layer, "potentials", "potentials")
        kept = self._reader.header.record[layer].potential
        chosen = kept.neurons if kept and kept.neurons is not None else range(math.prod(self.layers[layer]))
        return np.array(chosen, np.int64)

    def predictions(self, decode: Decode = "output") -> NDArray[np.int64]:
        """Return the class decided for after every step, int64 (images, steps); ties go to the lowest class.

        Parameters
        ----------
        decode
            "output": the largest output. "count": the most spikes so far. "first_spike": the class that
            spiked first, in a tie the one with the larger running sum; -1 before any spike.

        Raises
        ------
        InputError
            If there are several output layers, `decode` is unknown, or needs spikes of a layer that has none.
        """
        layer = self._output_layer(None)
        if decode == "output":
            return decode_output(self._flat(self.output(layer)))
        if decode not in _BY_SPIKES:
            raise InputError(f"predictions: decode is {decode!r}; give 'output', 'count' or 'first_spike'")
        if self.accumulates(layer):
            raise InputError(f"predictions: {layer!r} accumulates and never spikes; give decode='output'")
        return _BY_SPIKES[decode](self._flat(self.dense(layer)))

    def accuracy(self) -> NDArray[np.float64]:
        """Return the share of images classified rightly after every step, float (steps,).

        Raises
        ------
        InputError
            If the recording has no labels.
        """
        if self.labels is None:
            raise InputError("accuracy: the recording has no labels; give labels= when running")
        share: NDArray[np.float64] = (self.predictions() == self.labels[:, None]).mean(axis=0)
        return share

    def accumulates(self, layer: str) -> bool:
        """Return whether a layer is an output that sums its input instead of spiking."""
        return self._reader.has(layer, "outputs")

    @property
    def spiking(self) -> tuple[str, ...]:
        """The layers whose spikes were kept, in the order of the network."""
        return tuple(
            layer
            for layer in self.layers
            if self._reader.has(layer, "neuron") and not self.accumulates(layer)
        )

    def to_neo(self, layers: Layers = None, images: Images | None = None) -> Any:
        """Return chosen spikes as a `neo.Block`, a segment an image; see `exchange.to_neo`.

        Parameters
        ----------
        layers
            One name or several; None: every layer whose spikes were kept.
        images
            Which images, as in `Spikes.select`; None for all.

        Raises
        ------
        InputError
            If there is no such layer or image, nothing is chosen, or more than Neo can hold.
        NotRecorded
            If a layer was not recorded at level "spikes".
        DeviceUnavailable
            If the library is not installed.
        """
        return exchange.to_neo(self._chosen(layers, images))

    def to_pynapple(self, layers: Layers = None, images: Images | None = None) -> dict[str, Any]:
        """Return chosen spikes as a `pynapple.TsGroup` a layer; see `exchange.to_pynapple`, and `to_neo`."""
        return exchange.to_pynapple(self._chosen(layers, images))

    def export(
        self,
        path: str | os.PathLike[str],
        format: str,
        layers: Layers = None,
        images: Images | None = None,
    ) -> int:
        """Write chosen spikes as "nwb", "sonata", "csv" or "npz"; return how many.

        See `exchange.export`, and `to_neo` for layers, images and errors.
        """
        return exchange.export(self._chosen(layers, images), path, format)

    def _chosen(self, layers: Layers, images: Images | None) -> exchange.Chosen:
        names = [layers] if isinstance(layers, str) else self.spiking if layers is None else list(layers)
        numbers = choose(slice(None) if images is None else images, self.images)
        spikes = {name: self._said(name, numbers) for name in names}
        labels = None if self.labels is None else self.labels[numbers]
        fingerprint = str(self.provenance.get("network", ""))
        return exchange.Chosen(self.steps, self.dt, numbers, labels, spikes, fingerprint)

    def _said(self, layer: str, images: NDArray[np.int64]) -> Spikes:
        """Return the spikes of a layer that can spike: one that accumulates is not silent, it has none."""
        if self.accumulates(known_layer(layer, self.layers)):
            raise InputError(f"export: layer {layer!r} accumulates and never spikes: choose another layer")
        return self.spikes(layer, images)

    def _flat(self, values: Array) -> Array:
        return values.reshape(self.images, self.steps, -1)

    def _per_neuron(self, layer: str, kind: Literal["counts", "events"]) -> NDArray[np.int32]:
        if self._reader.has(known_layer(layer, self.layers), "events"):
            kept = kind if layer in self._reader.header.graded else "events"
            return self._reader.read(layer, kept).astype(np.int32)
        self._require(layer, "neuron", kind)
        blocks = (slice(start, start + BLOCK) for start in range(0, self.images, BLOCK))
        return np.concatenate([getattr(self.spikes(layer, block), kind)() for block in blocks])

    def _output_layer(self, layer: str | None) -> str:
        outputs = self._reader.header.outputs
        if layer is None and len(outputs) != 1:
            raise InputError(
                f"output: there are {len(outputs)} output layers; name one of {', '.join(outputs)}"
            )
        layer = known_layer(outputs[0] if layer is None else layer, self.layers)
        if layer not in outputs:
            raise InputError(f"output: {layer!r} is no output layer; name one of {', '.join(outputs)}")
        return layer

    def _require(self, layer: str, dataset: str, kind: str) -> None:
        if not self._reader.has(known_layer(layer, self.layers), dataset):
            remedy = f"record={{{layer!r}: {REMEDY[kind]}}}"
            raise NotRecorded(f"recording: {kind} of layer {layer!r} were not kept; run with {remedy}")


_BY_SPIKES = {"count": decode_count, "first_spike": decode_first_spike}
