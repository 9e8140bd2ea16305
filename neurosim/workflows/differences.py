"""How many spikes in Brian2 differ from those of an oracle: the torch module, or another device."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import training
from ..datasets import Scene, Strips
from ..devices import Device
from ..network import Network
from ..recording import Recording
from ..simulation import Simulation
from ..sliding import over_scene
from ..spikes import Spikes

__all__ = ["device_differences_over_scene", "differences", "differences_over_scene"]


def differences(
    recording: Recording, layers: Sequence[Spikes], decided: npt.NDArray[np.int64]
) -> dict[str, int]:
    """Return how a recording compares with the spikes and decisions of an oracle.

    Returns
    -------
    dict
        `pixels`; `spikes` of the recording; `spikes_differing`, which only one of the two has; and
        `decisions_differing`.
    """
    pairs = [(recording.spikes(name), other) for name, other in zip(recording.spiking, layers, strict=True)]
    return {
        "pixels": recording.images,
        "spikes": sum(len(spikes) for spikes, _ in pairs),
        "spikes_differing": sum(_differing(one, other) for one, other in pairs),
        "decisions_differing": int((recording.predictions()[:, -1] != decided).sum()),
    }


def differences_over_scene(
    network: Network, module: training.Unrolled, scene: Scene, device: Device, *, rows: int = 29
) -> dict[str, int]:
    """Return how the spikes of all pixels' patches compare with torch's, shared neurons counted once a strip.

    Parameters
    ----------
    network, module
        Of patches; as `training.to_network` makes one of the other.
    scene
        As they see it.
    device
        Runs the network over the scene, in double precision.
    rows
        Of pixels that are simulated together; 29 are a fifth of Indian Pines.

    Returns
    -------
    dict
        As `differences`.
    """
    size = network.input.shape[-1]
    spoken = training.spoken_over_scene(module, scene.cube, size)
    strips, columns = Strips(scene, size, rows), scene.labels.shape[1]
    wide = over_scene(network, strips.rows, strips.columns)
    found = {"pixels": scene.labels.size, "spikes": 0, "spikes_differing": 0, "decisions_differing": 0}
    with Simulation(wide, device, module.steps, record="spikes") as simulation:
        for number in range(len(strips.images)):
            recording = simulation.run(strips.images[number : number + 1], progress=False)
            for name, other in zip(recording.spiking, spoken.layers, strict=True):
                expected = _strip(other, number * rows, rows, columns)
                said = recording.dense(name)[0][..., : expected.shape[-2], :].reshape(expected.shape)
                found["spikes"] += int(said.sum())
                found["spikes_differing"] += int((said != expected).sum())
            expected = spoken.decided[number * rows * columns :][: rows * columns]
            decided = _decided(recording)[: len(expected)]
            found["decisions_differing"] += int((decided != expected).sum())
    return found


def device_differences_over_scene(
    network: Network,
    scene: Scene,
    devices: tuple[Device, Device],
    steps: int,
    *,
    precision: str = "double",
    rows: int = 29,
) -> dict[str, int]:
    """Return how the spikes of all pixels' patches compare on two devices, as `differences_over_scene`.

    Parameters
    ----------
    network
        Of patches.
    scene
        As it sees it.
    devices
        Run the network over the scene.
    steps, precision
        As for `Simulation`.
    rows
        As for `differences_over_scene`.

    Returns
    -------
    dict
        As `differences`; `spikes` are the first device's.
    """
    strips = Strips(scene, network.input.shape[-1], rows)
    wide = over_scene(network, strips.rows, strips.columns)
    found = {"pixels": scene.labels.size, "spikes": 0, "spikes_differing": 0, "decisions_differing": 0}
    one, other = (Simulation(wide, device, steps, record="spikes", precision=precision) for device in devices)
    with one, other:
        for number in range(len(strips.images)):
            image = strips.images[number : number + 1]
            said, expected = (each.run(image, progress=False) for each in (one, other))
            for name in said.spiking:
                found["spikes"] += len(said.spikes(name))
                found["spikes_differing"] += _differing(said.spikes(name), expected.spikes(name))
            found["decisions_differing"] += int((_decided(said) != _decided(expected)).sum())
    return found


def _decided(recording: Recording) -> npt.NDArray[np.int64]:
    """Return the classes that a network over a strip decides for in the end, pixel by pixel."""
    outputs = recording.output()[0, -1]  # (classes, rows, columns)
    decided: npt.NDArray[np.int64] = outputs.reshape(len(outputs), -1).argmax(axis=0)
    return decided


def _strip(said: npt.NDArray[Any], row: int, rows: int, columns: int) -> npt.NDArray[Any]:
    """Return what a layer says in a strip, (steps, ..., rows, columns), fewer rows where the scene ends.

    It speaks in maps (steps, ..., H, W), or for pixels (steps, N, neurons).
    """
    if said.ndim == 3:
        chosen = said[:, row * columns : (row + rows) * columns]
        return chosen.transpose(0, 2, 1).reshape(len(said), said.shape[2], -1, columns)
    halo = said.shape[-1] - columns
    return said[..., row : row + rows + halo, :]


def _differing(one: Spikes, other: Spikes) -> int:
    """Return in how many places exactly one of two has a spike."""
    if one == other:
        return 0
    return len(np.setxor1d(one.train * one.steps + one.step, other.train * other.steps + other.step))
