"""verify: are two devices equal, spike for spike?"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from tqdm import tqdm

from ..comparison import Agreement, Divergence, compare, margins, tie_tolerance
from ..devices import Device
from ..errors import InputError
from ..network import Network
from ..neurons import Input
from ..recording import Recording
from ..simulation import Simulation
from ..stimuli import Part, Stimulus, as_stimulus

__all__ = ["verify"]


def verify(
    network: Network,
    inputs: Stimulus | ArrayLike,
    devices: Sequence[Device],
    steps: int,
    *,
    dt: float = 1e-3,
    precision: str = "double",
    chunk: int = 16,
    progress: bool = False,
) -> Agreement:
    """Run a network on several devices and compare every spike of every layer, and the outputs' bits.

    Parameters
    ----------
    network : Network
    inputs : array, shape (images, *shape) or (images, steps, *shape), or a stimulus
        Raw pixels.
    devices : sequence of devices
        At least two; the others are held to the first.
    steps : int
    dt : float
        Time step [s].
    precision : "double" or "single"
    chunk : int
        Images that are compared at a time; memory grows with it.

    Returns
    -------
    Agreement
        True if equal; else `.first` tells the first layer, image, step and neuron that differ.

    Raises
    ------
    InputError
        If fewer than two devices are given, or the images do not fit.
    """
    if not isinstance(devices, Sequence) or len(devices) < 2:
        raise InputError(f"verify: devices is {devices!r}: give at least two, the first is the measure")
    if isinstance(chunk, bool) or not isinstance(chunk, int) or chunk < 1:
        raise InputError(f"verify: chunk is {chunk!r}: give a whole number >= 1")
    stimulus = as_stimulus(inputs)
    layer = network.input
    assert isinstance(layer.neuron, Input)  # Network.input is the layer that has one
    stimulus.check(layer.neuron, layer.shape, steps)
    simulations = [
        Simulation(network, device, steps, dt=dt, precision=precision, record="spikes") for device in devices
    ]
    try:
        return _verify(network, simulations, stimulus, steps, dt, precision, chunk, progress)
    finally:
        for simulation in simulations:
            simulation.__exit__()


def _verify(
    network: Network,
    simulations: Sequence[Simulation],
    stimulus: Stimulus,
    steps: int,
    dt: float,
    precision: str,
    chunk: int,
    progress: bool,
) -> Agreement:
    spikes = ties = 0
    with tqdm(total=len(stimulus), desc="verifying", unit="image", disable=not progress) as bar:
        for start in range(0, len(stimulus), chunk):
            part = Part(stimulus, start, start + chunk)
            agreement = compare(_recordings(simulations, part), start)
            distances = _distances(network, part, steps, dt, precision)
            spikes += agreement.spikes
            ties += sum(
                int((d < tie_tolerance(precision)).sum()) for step in distances for d in step.values()
            )
            bar.update(len(part))
            if not agreement:
                return Agreement(
                    spikes, ties, agreement.outputs, _measured(agreement.first, distances, start)
                )
    return Agreement(spikes, ties)


def _recordings(simulations: Sequence[Simulation], part: Stimulus) -> dict[str, Recording]:
    names = [type(simulation.device).__name__ for simulation in simulations]
    return {
        name if names.count(name) == 1 else f"{name} {number}": simulation.run(part, progress=False)
        for number, (name, simulation) in enumerate(zip(names, simulations, strict=True))
    }


def _distances(
    network: Network, part: Stimulus, steps: int, dt: float, precision: str
) -> list[dict[str, np.ndarray]]:
    layer = network.input
    assert isinstance(layer.neuron, Input)  # Network.input is the layer that has one
    frames = part.frames(layer.neuron, layer.shape, steps, slice(None))
    return margins(network, frames, steps, dt, {"double": np.float64, "single": np.float32}[precision])


def _measured(
    first: Divergence | None, distances: list[dict[str, np.ndarray]], start: int
) -> Divergence | None:
    """Add to a divergence how close the reference was to its threshold there."""
    if first is None:
        return None
    at = distances[first.step][first.layer][first.image - start].ravel()[first.neuron]
    return dataclasses.replace(first, margin=float(at))
