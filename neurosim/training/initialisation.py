"""Conversion as the beginning of a training: weights of a trained network, thresholds from what they say."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import fx, nn

from neurosim.conversion.recipes.base import check_percentile, check_positive
from neurosim.errors import InputError
from neurosim.neurons import Input
from neurosim.training.devices import placed
from neurosim.training.dropout import HeldDropout
from neurosim.training.lif import TrainableLIF
from neurosim.training.membranes import Membrane, restart
from neurosim.training.rectifiers import replace_relus
from neurosim.training.unrolled import Unrolled

__all__ = ["find_thresholds", "spiking", "spiking_body"]

PLAIN = Input()

DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)


def spiking(
    module: nn.Module,
    calibration: npt.NDArray[Any],
    *,
    steps: int = 5,
    make: Callable[[], Membrane] = TrainableLIF,
    percentile: float = 99.7,
    scale: float = 1.0,
    observed: int = 100,
    readout: str = "sum",
    input: Input = PLAIN,
    device: str | None = None,
) -> Unrolled:
    """Return a spiking network with the weights of a trained one, in evaluation mode, to be trained by `fit`.

    Every ReLU becomes a layer of neurons, every module of dropout one that holds its mask over the steps;
    F.dropout drops nothing. The thresholds are those of `find_thresholds`.

    Parameters
    ----------
    module
        In evaluation mode; left as it is. Its weights may be quantised.
    calibration : (N, *shape)
        Raw pixels.
    steps
        T.
    make
        Makes the neurons of a layer.
    percentile, scale, observed
        As `find_thresholds`.
    readout
        As `Unrolled`.
    input
        Normalisation of raw pixels.
    device
        Where the thresholds are worked out, as `fit`.

    Raises
    ------
    InputError, Unsupported
        As `find_thresholds`, or if the module has no ReLU or cannot be traced.
    """
    body = spiking_body(module, make)
    values = torch.from_numpy(input.normalise(calibration, axes=calibration.ndim - 1)).float()
    with placed(body, device) as place:
        find_thresholds(body, values.to(place), percentile=percentile, scale=scale, observed=observed)
    return Unrolled(body, steps, readout=readout).eval()


def spiking_body(module: nn.Module, make: Callable[[], Membrane] = TrainableLIF) -> fx.GraphModule:
    """Return one step of the spiking network, its thresholds as `make` makes them.

    Its tensors have the names of the module's; those of the k-th ReLU's neurons begin with ``rectifiers.``.
    """
    body = replace_relus(module, lambda name: make())
    for path, part in list(body.named_modules()):
        if type(part) in DROPOUTS:
            held = HeldDropout(part.p, channels=type(part) is not nn.Dropout)
            body.set_submodule(path, held.eval())
    return body


def find_thresholds(
    body: nn.Module,
    values: torch.Tensor,
    *,
    percentile: float = 99.7,
    scale: float = 1.0,
    observed: int = 100,
) -> None:
    """Set the threshold of every layer of neurons, in the order of the layers, all before it spiking already.

    threshold = scale * max over steps of the percentile of the layer's currents at the step, with a leak of 1
    and unscaled thresholds before it.

    Source: Rathi & Roy 2021, DIET-SNN, IEEE TNNLS, with percentile 99.7, 100 steps and 512 images.

    Parameters
    ----------
    body
        One step of the network; changed in place.
    values : (N, *shape)
        Normalised images, on the body's device.
    percentile
        In (0, 100].
    scale
        Factor on all thresholds, > 0; fewer steps want a smaller one.
    observed
        Steps that are looked at.

    Raises
    ------
    InputError
        If a parameter is out of its range, or a layer's percentile is not positive.
    """
    check_percentile("find_thresholds", percentile)
    check_positive("find_thresholds", "scale", scale)
    if observed < 1:
        raise InputError(f"find_thresholds: observed is {observed}: give at least one step")
    layers = {path: part for path, part in body.named_modules() if isinstance(part, Membrane)}
    running = _without_leak(body)
    found = {}
    for path in layers:
        found[path] = _largest_current(running, path, values, percentile, observed)
        with torch.no_grad():
            running.get_submodule(path).threshold.fill_(found[path])  # type: ignore[operator]
    with torch.no_grad():
        for path, layer in layers.items():
            layer.threshold.fill_(scale * found[path])


class _Seen(Exception):
    """Nothing behind the layer that is looked at matters."""


def _without_leak(body: nn.Module) -> nn.Module:
    running = copy.deepcopy(body).eval()
    for part in running.modules():
        if isinstance(part, TrainableLIF):
            part.leak.data.fill_(1)
    return running


def _largest_current(
    running: nn.Module, path: str, values: torch.Tensor, percentile: float, observed: int
) -> float:
    currents: list[float] = []

    def see(part: nn.Module, given: Any) -> None:
        currents.append(float(np.percentile(given[0].cpu().numpy(), percentile)))
        raise _Seen

    hook = running.get_submodule(path).register_forward_pre_hook(see)
    restart(running)
    with torch.no_grad():
        for _ in range(observed):
            try:
                running(values)
            except _Seen:
                continue
    hook.remove()
    restart(running)
    if not currents or not max(currents) > 0:
        raise InputError(
            f"find_thresholds: layer {path!r}: percentile {percentile:g} of its currents is never positive "
            "over the calibration images: give more images or a higher percentile"
        )
    return max(currents)
