"""What a spiking module says, neuron by neuron, in double precision: what its network is held to."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from neurosim.ann.inference import Images
from neurosim.neurons import Input
from neurosim.spikes import Spikes
from neurosim.training.membranes import Membrane
from neurosim.training.over_scene import OverScene
from neurosim.training.unrolled import Unrolled

__all__ = ["Spoken", "SpokenOverScene", "spoken", "spoken_over_scene"]


@dataclass(frozen=True, eq=False)
class Spoken:
    """What a module said of some images.

    Attributes
    ----------
    layers : tuple of Spikes
        Of its layers of neurons, in the order in which they run.
    output : float64 (images, steps, classes)
        The sum of the outputs up to each step.
    """

    layers: tuple[Spikes, ...]
    output: npt.NDArray[np.float64]


def spoken(module: Unrolled, images: Images, input: Input, *, steps: int | None = None) -> Spoken:
    """Run a spiking module on images, in double precision on the CPU, and return all that it says.

    Parameters
    ----------
    module
        In evaluation mode; left as it is.
    images : (N, *shape)
        Raw pixels.
    input
        Normalisation of raw pixels.
    steps
        Other than the module's.
    """
    running = copy.deepcopy(module).to("cpu", torch.float64)
    running.steps = steps or module.steps
    raw = images[:]
    values = torch.from_numpy(input.normalise(raw, axes=raw.ndim - 1))
    with torch.no_grad(), _listening(running) as heard:
        output = torch.stack(list(running.each(values)), dim=1).cumsum(dim=1)
    layers = (Spikes.from_dense(torch.stack(said, dim=1).numpy(), 1e-3) for said in heard.values())
    return Spoken(tuple(layers), output.numpy())


@dataclass(frozen=True, eq=False)
class SpokenOverScene:
    """What a module of patches said of all pixels of a scene.

    Attributes
    ----------
    layers : tuple of int8 arrays
        Strengths of its layers of neurons, in the order in which they run: maps (steps, ..., H', W') before
        the Flatten, (steps, H W, neurons) behind.
    decided : int64 (H W,)
        The class with the largest output.
    """

    layers: tuple[npt.NDArray[np.int8], ...]
    decided: npt.NDArray[np.int64]


def spoken_over_scene(module: Unrolled, cube: npt.NDArray[Any], size: int) -> SpokenOverScene:
    """Run a spiking module over a scene, in double precision on the CPU, and return all that it says.

    Parameters
    ----------
    module, cube, size
        As for `OverScene`; the module is left as it is.

    Raises
    ------
    InputError
        As `OverScene`.
    """
    over = OverScene(copy.deepcopy(module).to("cpu", torch.float64), cube, size).double()
    numbers = torch.arange(cube.shape[0] * cube.shape[1])[:, None]
    with torch.no_grad(), _listening(over) as heard:
        outputs = over(numbers)
    said = (torch.stack(steps).numpy() for steps in heard.values())
    layers = (layer if layer.ndim == 3 else layer[:, 0] for layer in said)  # maps are of one scene
    return SpokenOverScene(tuple(layers), outputs.argmax(dim=1).numpy())


@contextmanager
def _listening(module: nn.Module) -> Iterator[dict[str, list[torch.Tensor]]]:
    """Collect what every layer of neurons says, int8, step by step, by its path, in the layers' order."""
    heard: dict[str, list[torch.Tensor]] = {}

    def listener(path: str) -> Callable[[nn.Module, Any, torch.Tensor], None]:
        return lambda part, given, said: heard.setdefault(path, []).append(said.to(torch.int8))

    hooks = [
        part.register_forward_hook(listener(path))
        for path, part in module.named_modules()
        if isinstance(part, Membrane)
    ]
    try:
        yield heard
    finally:
        for hook in hooks:
            hook.remove()
