"""The network says what the spiking module says: shown on examples, step by step, in double precision."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from neurosim.conversion.spiking.libraries import copied, restart
from neurosim.conversion.spiking.reading import BATCH_FIRST, SQUEEZED, STEP, TIME_FIRST
from neurosim.errors import InputError, Unsupported
from neurosim.network import Network
from neurosim.reference import LayerStep, parameter_arrays, simulate

__all__ = ["STEPS", "prove", "spoken"]

Array = npt.NDArray[np.float64]

STEPS = 8
"""How many steps of each example are compared."""

TIE = 1e-9
"""Relative distance to a threshold at which another order of sums may decide."""

Arrange = Callable[[torch.Tensor], torch.Tensor]

LAYOUTS: Mapping[str, tuple[Arrange, Callable[[torch.Tensor, int], torch.Tensor]]] = {
    STEP: (lambda x: x, lambda y, images: y[None]),
    TIME_FIRST: (lambda x: x.expand(STEPS, *x.shape), lambda y, images: y),
    BATCH_FIRST: (
        lambda x: x[:, None].expand(len(x), STEPS, *x.shape[1:]),
        lambda y, images: y.transpose(0, 1),
    ),
    SQUEEZED: (
        lambda x: x.repeat_interleave(STEPS, 0),
        lambda y, images: y.reshape(images, STEPS, *y.shape[1:]).transpose(0, 1),
    ),
}
"""How images become what a module takes, and how what it says becomes (steps, images, ...)."""


def spoken(module: nn.Module, paths: set[str], layout: str, values: Array) -> dict[str, Array]:
    """Return what the spiking modules and, under "", the whole module say, (steps, images, ...) each.

    Parameters
    ----------
    module
        Left as it is: a copy in double precision runs.
    paths
        Of the spiking modules.
    layout
        What the module takes.
    values : (images, *shape)
        Normalised, shown at every step.

    Raises
    ------
    InputError
        If the module does not run on them.
    """
    running = copied(module).to("cpu", torch.float64)
    arrange, ordered = LAYOUTS[layout]
    parts: dict[str, list[torch.Tensor]] = {path: [] for path in ("", *paths)}

    def hear(path: str) -> Callable[[Any, Any, Any], Any]:
        def see(part: nn.Module, given: Any, said: Any) -> Any:
            spikes = (said[0] if isinstance(said, tuple) else said).double()  # some libraries say float32
            parts[path].append(ordered(spikes, len(values)))
            return (spikes, *said[1:]) if isinstance(said, tuple) else spikes

        return see

    folding: list[Any] = [part for part in running.modules() if hasattr(part, "batch_size")]
    for part in folding:  # those of sinabs fold time into the batch
        part.batch_size, part.num_timesteps = len(values), STEPS
    for path in parts:
        running.get_submodule(path).register_forward_hook(hear(path))
    for path in paths:
        restart(running.get_submodule(path))
    images = arrange(torch.from_numpy(values))
    try:
        with torch.no_grad():
            for _ in range(STEPS if layout == STEP else 1):
                running(images)
    except Exception as error:  # whatever forward does with the images
        reason = str(error).partition("\n")[0]
        raise InputError(
            f"{type(module).__name__} does not run on the example, {layout}: {reason}"
        ) from error
    return {path: torch.cat(said).numpy() for path, said in parts.items()}


def prove(network: Network, values: Array, spikes: Mapping[str, Array], result: Array) -> None:
    """Compare step by step; an image that comes within rounding of a threshold is left out from there on.

    Parameters
    ----------
    network
        As it is to be returned.
    values : (images, *shape)
        Normalised images.
    spikes : dict of (steps, images, ...)
        What the module says at each spiking layer, in strengths.
    result : (steps, images, ...)
        What the module returns: what an accumulating layer sums.

    Raises
    ------
    Unsupported
        If they differ; names the first layer and step.
    """
    compared = np.ones(len(values), bool)
    order = sorted(spikes, key=network.latency.__getitem__)
    for t, made in enumerate(simulate(network, values[:, None], STEPS)):
        for name in order:
            compared &= ~_differing(network, name, t, made[name], spikes[name][t], compared)
        for layer in network.outputs:
            if not layer.model.spiking:
                _check_output(layer.name, t, made[layer.name], result[: t + 1].sum(axis=0), compared)


def _differing(
    network: Network, name: str, t: int, made: LayerStep, said: Array, compared: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Return which images differ by a tie."""
    images = len(compared)
    expected = said.reshape(made.strength.shape)
    differ = (made.strength != expected).reshape(images, -1) & compared[:, None]
    if not differ.any():
        return np.zeros(images, bool)
    layer = network[name]
    p = parameter_arrays(network, layer, 1e-3, np.float64)
    margin = np.broadcast_to(layer.model.margin(made.charged, p), made.charged.shape).reshape(images, -1)
    if margin[differ].max() > TIE:
        image, neuron = (int(index) for index in np.argwhere(differ & (margin > TIE))[0])
        found = made.strength.reshape(images, -1)[image, neuron]
        raise Unsupported(
            f"layer {name!r}, image {image}, step {t}, neuron {neuron}: the module says "
            f"{expected.reshape(images, -1)[image, neuron]:g}, its settings say {found:g}: remove hooks, "
            "changed states and operations in place"
        )
    return np.asarray(differ.any(axis=1))


def _check_output(
    name: str, t: int, made: LayerStep, expected: Array, compared: npt.NDArray[np.bool_]
) -> None:
    found, expected = made.potential[compared], expected.reshape(made.potential.shape)[compared]
    error = np.abs(found - expected).max(initial=0)
    if not error <= TIE * np.abs(expected).max(initial=1.0):
        raise Unsupported(
            f"layer {name!r}, step {t}: the module returns something else than its trace, by {error:g}: "
            "remove hooks and operations in place"
        )
