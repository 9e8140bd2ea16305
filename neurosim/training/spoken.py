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
from neurosim.training.unrolled import Unrolled

__all__ = ["Spoken", "listening", "spoken"]


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
    with torch.no_grad(), listening(running) as heard:
        output = torch.stack(list(running.each(values)), dim=1).cumsum(dim=1)
    layers = (Spikes.from_dense(torch.stack(said, dim=1).numpy(), 1e-3) for said in heard.values())
    return Spoken(tuple(layers), output.numpy())


@contextmanager
def listening(module: nn.Module) -> Iterator[dict[str, list[torch.Tensor]]]:
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
