"""What a network of patches says of all pixels of a scene, a strip of rows at a time."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ..datasets import Scene, Strips
from ..devices import Device
from ..errors import InputError
from ..network import Network
from ..simulation import Simulation
from ..sliding import over_scene

__all__ = ["scene_outputs"]


def scene_outputs(
    network: Network,
    scene: Scene,
    device: Device,
    steps: int,
    *,
    rows: int = 16,
    precision: str = "double",
    jobs: int = 1,
    progress: bool = True,
) -> npt.NDArray[np.floating[Any]]:
    """Return the output after the last step for every pixel of a scene, (H, W, classes).

    What overlapping patches share is simulated once, see `over_scene`. Strips are the images of one run, so
    there is one build. Those of a few rows need less memory, those of many fewer neurons in all: each strip
    has rows above and below that belong to its neighbours.

    Parameters
    ----------
    network
        Of patches (1, bands, size, size) or (bands, size, size), or of spectra (1, bands) or (bands,).
    scene
        With spectra as the network takes them; labels play no part.
    device, steps, precision
        As for `Simulation`.
    rows
        Of pixels that are simulated together.
    jobs
        Processes that share the strips.
    progress
        Show a progress bar on stderr.

    Raises
    ------
    InputError
        If network and scene do not fit.
    Unsupported
        If the network has no form over a scene.
    """
    strips = Strips(scene, _patch_size(network, scene), rows, volume=len(network.input.shape) in (2, 4))
    wide = over_scene(network, strips.rows, strips.columns)
    with Simulation(wide, device, steps, precision=precision) as simulation:
        recording = simulation.run(strips.images, jobs=jobs, progress=progress)
        return strips.joined(recording.output()[:, -1])


def _patch_size(network: Network, scene: Scene) -> int:
    """Return the side of the network's patches; raise InputError unless they could be the scene's."""
    shape = network.input.shape
    sides = shape[-2:] if len(shape) > 2 else (1, 1)
    one = (1,) * (len(shape) in (2, 4))
    if shape != (*one, scene.bands, *(sides if len(shape) > 2 else ())) or sides[0] != sides[1]:
        raise InputError(
            f"scene_outputs: the network takes {shape} and the scene has {scene.bands} bands: give a network "
            f"of (1, {scene.bands}, size, size), ({scene.bands}, size, size), (1, {scene.bands}) or "
            f"({scene.bands},)"
        )
    return sides[0]
