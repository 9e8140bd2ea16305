"""The membrane of a recorded neuron: which one, its spikes, its threshold and its unit."""

import ast
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .. import plotting
from ..errors import InputError, NotRecorded
from ..files.checks import parsing
from ..neurons import PhysicalScale
from ..neurons.base import broadcast
from ..neurons.physical import potentials
from .figure_material import Material

__all__ = ["trace"]


def trace(m: Material) -> Callable[[Any], Any]:
    """Return what draws the potential of one neuron for one image, and its spikes if the layer has any.

    The threshold is drawn where `--network` tells it, in mV where the run had a `PhysicalScale`; without
    the network there is no line. Potentials of `Custom` neurons, whose networks live in code only, have no
    line either, and no unit unless the run had a `PhysicalScale`: the recording does not tell it.
    """
    layer, image, recording = m.layer, m.image, m.recording
    try:
        watched = recording.watched(layer).tolist()
        neuron = watched[0] if m.neuron is None else m.neuron
        if neuron not in watched:
            some = ", ".join(map(str, watched[:9]))
            raise InputError(f"figure: the potential of neuron {neuron} was not recorded; there are {some}")
        potential = recording.potential(layer)[image, :, watched.index(neuron)]
        strengths = None if recording.accumulates(layer) else _strengths(m, layer, image, neuron)
    except NotRecorded as error:
        kept = "Potential()" if recording.accumulates(layer) else "('spikes', Potential())"
        missing = str(error).partition(";")[0]
        raise NotRecorded(f"{missing}; run with record={{{layer!r}: {kept}}}") from None
    look = _look(m, layer, neuron)
    return partial(plotting.trace, potential=potential, dt=recording.dt, strengths=strengths, **look)


def _strengths(m: Material, layer: str, image: int, neuron: int) -> np.ndarray:
    return m.recording.dense(layer, [image]).reshape(m.recording.steps, -1)[:, neuron]


def _look(m: Material, layer: str, neuron: int) -> dict[str, Any]:
    """Return the unit of the potential and, as far as the network tells it, the threshold."""
    scale = _scale(m)
    if m.network_file is None:
        return {"unit": "mV"} if scale else {}
    shape, model = m.network[layer].shape, m.network[layer].model
    values = model.values(m.recording.dt)
    if scale is None or not potentials(model):  # without a membrane, it stays a number
        return {"threshold": _of(neuron, shape, values["threshold"])} if "threshold" in values else {}
    if "threshold" not in values:
        return {"unit": "mV"}
    volts = scale.parameters(model, values, m.recording.dt)["threshold"]
    return {"unit": "mV", "threshold": 1e3 * (scale.rest + _of(neuron, shape, volts))}


def _of(neuron: int, shape: tuple[int, ...], value: Any) -> float:
    """Return a parameter's value at a neuron."""
    return float(np.broadcast_to(broadcast(value, shape), shape).flat[neuron])


def _scale(m: Material) -> PhysicalScale | None:
    """Return the scale that the recording says it had, from its text."""
    said = m.recording.provenance.get("physical")
    if said is None:
        return None
    with parsing(m.recording_file, "recording"):
        call: Any = ast.parse(said, mode="eval").body
        return PhysicalScale(**{word.arg: ast.literal_eval(word.value) for word in call.keywords})
