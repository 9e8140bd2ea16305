"""Advice: for each culprit the next thing to try, in words, with the command where there is one."""

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping

import numpy as np

from ..network import Network
from ..neurons import Neuron
from ..neurons.base import STRENGTH_LIMIT
from .faults import BATCH_NORM, BIAS, INPUT, MAXIMUM, TOO_HIGH, TOO_LOW, WEIGHTS
from .grid import Grid
from .layer_error import LayerError

__all__ = ["advise"]


@dataclasses.dataclass(frozen=True, eq=False)
class _Case:
    """A layer with a cause: its neurons, error and grid, and whether the module learned its threshold."""

    model: Neuron
    error: LayerError
    grid: Grid
    learned: bool

    @property
    def steps(self) -> str:
        """The option for twice the steps."""
        return f"--steps {2 * self.grid.steps}"

    @property
    def stronger(self) -> str:
        """The command for neurons of more strength than these; empty where theirs is unlimited."""
        strength = float(np.max(getattr(self.model, "strength", self.model.largest_strength)))
        if strength >= STRENGTH_LIMIT:
            return ""
        return f"neurosim convert --recipe bmif --strength {max(8, 2 * int(strength))}"

    @property
    def takes_back(self) -> bool:
        """Whether neurons have negative spikes."""
        return self.model.signed and bool(np.all(np.isfinite(getattr(self.model, "negative_threshold", 0.0))))

    @property
    def by_channel(self) -> str:
        """The option for thresholds of channels, where the layer has one."""
        return "" if np.ndim(self.model.quantum) or self.grid.unit.ndim else ", or --scope channel"


def advise(
    network: Network,
    culprits: Iterable[tuple[str, str]],
    layers: Mapping[str, LayerError],
    grids: Mapping[str, Grid],
    learned: Collection[str],
) -> tuple[str, ...]:
    """Return what to try next: one text a cause, about the worst of its layers, in the order of culprits."""
    worst: dict[str, str] = {}
    for layer, cause in culprits:
        worst.setdefault(cause, layer)
    return tuple(
        f"{layer}: "
        + (
            _FAULTS.get(cause)
            or _LOSSES[cause](_Case(network[layer].model, layers[layer], grids[layer], layer in learned))
        )
        for cause, layer in worst.items()
    )


def _clipping(case: _Case) -> str:
    cut = f"activations are cut off at the ceiling ({case.error.saturated:.1%} of its neurons reach it): "
    if case.learned:
        return cut + AS_LEARNED
    return (
        f"{cut}raise the threshold, neurosim convert --percentile 100, with more calibration images"
        f"{case.by_channel}"
    )


def _quantisation(case: _Case) -> str:
    quanta = f"multiples of theta / {case.grid.steps}"
    if not np.any(case.grid.initial):
        return (
            f"neurons start at 0, so read-outs are rounded down to {quanta}: start them at theta / 2, which "
            "rounds to the nearest one, neurosim convert --shift"
        )
    smaller = f", or smaller quanta, {case.stronger}" if case.stronger and not case.learned else ""
    return f"read-outs are rounded to {quanta}: take more steps, {case.steps}{smaller}"


def _timing(case: _Case) -> str:
    if not case.takes_back:
        return (
            "spikes come unevenly, and what was sent too early is not taken back "
            f"({case.error.negative:.1%} of its neurons spoke though what they received is negative): take "
            "neurons with negative spikes, neurosim convert --recipe bmif"
        )
    larger = f", or a larger strength, {case.stronger}" if case.stronger else ""
    return f"what comes late or in bursts is not passed on in time: take more steps, {case.steps}{larger}"


def _too_high(case: _Case) -> str:
    high = "the threshold is far above what the layer says, which leaves few levels: "
    if case.learned:
        return high + AS_LEARNED
    return (
        f"{high}lower it, neurosim convert --percentile 99.9, with more calibration images{case.by_channel}; "
        + REPLACED
    )


def _too_low(case: _Case) -> str:
    low = "the threshold is so low that activations are cut off: "
    if case.learned:
        return low + AS_LEARNED
    return f"{low}raise it, neurosim convert --percentile 100, with more calibration images; {REPLACED}"


AS_LEARNED = "the module learned another one, convert it again, neurosim convert --recipe qcfs"

REPLACED = (
    "after Network.replace, scale the weights behind the layer too, or those into it where it has a quantum "
    "of its own"
)

_LOSSES: dict[str, Callable[[_Case], str]] = {
    "clipping": _clipping,
    "quantisation": _quantisation,
    "timing": _timing,
    TOO_HIGH: _too_high,
    TOO_LOW: _too_low,
}

_FAULTS = {
    INPUT: "pixels are normalised in another way than the module was trained with: convert it again with "
    "that of its training: input= in Python, the --architecture it was trained as on the command line",
    BIAS: "it differs from the module by the same amount on all images, as if a bias was lost: convert the "
    "module again",
    BATCH_NORM: "each channel differs from the module by a scale and a shift, as if a batch norm was not "
    "folded into the weights: convert the module again",
    WEIGHTS: "its weights are not the module's: convert the module again",
    MAXIMUM: "it pools the largest spike of each step, which adds up to more than the largest count: pool "
    'counts, MaxPool(rule="count")',
}
