"""Advice: for each culprit the next thing to try, in words, with the command where there is one."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from ..network import Network
from .faults import BATCH_NORM, BIAS, INPUT, MAXIMUM, TOO_HIGH, TOO_LOW, WEIGHTS
from .grid import Grid
from .layer_error import LayerError

__all__ = ["advise"]


def advise(
    network: Network,
    culprits: Iterable[tuple[str, str]],
    layers: Mapping[str, LayerError],
    grids: Mapping[str, Grid],
) -> tuple[str, ...]:
    """Return what to try next: one text a cause, about the worst of its layers, in the order of culprits."""
    worst: dict[str, str] = {}
    for layer, cause in culprits:
        worst.setdefault(cause, layer)
    return tuple(
        f"{layer}: " + (_FAULTS.get(cause) or _LOSSES[cause](network, layers[layer], grids[layer]))
        for cause, layer in worst.items()
    )


def _clipping(network: Network, error: LayerError, grid: Grid) -> str:
    return (
        f"activations are cut off at the ceiling ({error.saturated:.1%} of its neurons reach it): raise the "
        "threshold, neurosim convert --percentile 100, or give each channel its own"
    )


def _quantisation(network: Network, error: LayerError, grid: Grid) -> str:
    if not np.any(grid.initial):
        return (
            f"neurons start at 0, so read-outs are rounded down to multiples of theta / {grid.steps}: start "
            "them at theta / 2, which rounds to the nearest one, neurosim convert --shift"
        )
    return (
        f"read-outs are rounded to multiples of theta / {grid.steps}: take more steps, --steps "
        f"{2 * grid.steps}, or smaller quanta, neurosim convert --recipe bmif --strength 8"
    )


def _timing(network: Network, error: LayerError, grid: Grid) -> str:
    if network[error.name].model.signed:
        return (
            f"what comes late or in bursts is not passed on in time: take more steps, --steps "
            f"{2 * grid.steps}, or a larger strength, neurosim convert --recipe bmif --strength 8"
        )
    return (
        f"spikes come unevenly, and what was sent too early is not taken back ({error.negative:.1%} of its "
        "neurons spoke though what they received is negative): take neurons with negative spikes, neurosim "
        "convert --recipe bmif"
    )


_LOSSES: dict[str, Callable[[Network, LayerError, Grid], str]] = {
    "clipping": _clipping,
    "quantisation": _quantisation,
    "timing": _timing,
}

_FAULTS = {
    INPUT: "pixels are normalised in another way than the module was trained with: convert it again with the "
    "input= of its training",
    BIAS: "it differs from the module by the same amount on all images, as if a bias was lost: convert the "
    "module again",
    BATCH_NORM: "each channel differs from the module by a scale and a shift, as if a batch norm was not "
    "folded into the weights: convert the module again",
    WEIGHTS: "its weights are not the module's: convert the module again",
    TOO_HIGH: "the threshold is far above what the layer says, which leaves few levels: lower it, neurosim "
    "convert --percentile 99.9, with more calibration images, or give each channel its own; after "
    "Network.replace, scale the weights behind the layer too",
    TOO_LOW: "the threshold is so low that activations are cut off: raise it, neurosim convert --percentile "
    "100, with more calibration images; after Network.replace, scale the weights behind the layer too",
    MAXIMUM: "it pools the largest spike of each step, which adds up to more than the largest count: pool "
    'counts, MaxPool(rule="count")',
}
