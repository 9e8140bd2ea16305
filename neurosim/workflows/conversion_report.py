"""What a conversion kept and lost: one row a layer, from a recording and the ANN's activations."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..comparison import quantum, readout_error
from ..network import Network
from ..neurons.base import broadcast
from ..recording import Recording

__all__ = ["layer_report", "readout"]


def layer_report(
    network: Network, recording: Recording, activations: Mapping[str, np.ndarray]
) -> list[dict[str, Any]]:
    """Return one row a simulated layer.

    Parameters
    ----------
    network : Network
    recording : Recording
        Of all layers at level "spikes".
    activations : dict of str to array, shape (images, *shape)
        What the ANN says at each layer.

    Returns
    -------
    list of dict
        layer, neuron, neurons, synapses (represented), parameters (shared), spikes (an image), rate (mean
        over neurons, Hz of dt), error (conversion error, `readout_error`), saturated (share of
        neurons and steps that sent the largest strength).
    """
    described = {row["layer"]: row for row in network.table()}
    rows = []
    for layer in network.neurons:
        row = {
            key: described[layer.name][key]
            for key in ("layer", "neuron", "neurons", "synapses", "parameters")
        }
        spikes = int(recording.totals(layer.name).sum())
        window = recording.images * recording.steps
        row["spikes"] = spikes / recording.images
        row["rate_hz"] = spikes / (window * layer.size * recording.dt)
        row["error"] = readout_error(readout(network, recording, layer.name), activations[layer.name])
        row["saturated"] = _saturated(network, recording, layer.name) / (window * layer.size)
        rows.append(row)
    return rows


def readout(network: Network, recording: Recording, name: str) -> np.ndarray:
    """Return what a layer stands for after the last step, in units of the ANN's activation.

    quantum S[T] / T of a spiking layer, V[T] / T of one that accumulates; float64 (images, *shape).
    """
    layer = network[name]
    if not layer.model.spiking:
        return recording.output(name)[:, -1].astype(np.float64) / recording.steps
    unit = broadcast(quantum(network, name), layer.shape)
    rate: np.ndarray = recording.counts(name) * unit / recording.steps
    return rate


def _saturated(network: Network, recording: Recording, name: str) -> int:
    model = network[name].model
    return (
        int((np.abs(recording.spikes(name).strength) >= model.largest_strength).sum()) if model.signed else 0
    )
