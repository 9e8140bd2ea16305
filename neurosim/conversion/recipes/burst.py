"""Burst: neurons that catch up with several spikes in one step."""

from dataclasses import dataclass

from neurosim import neurons
from neurosim.conversion.calibration import Calibration, largest_activations
from neurosim.conversion.recipes.base import Rule, check_percentile, check_scope, check_strength
from neurosim.parameters import Numeric

__all__ = ["Burst"]


@dataclass(frozen=True)
class Burst:
    """Neurons that fire up to Gamma spikes a step: theta a percentile of the activation, V starting at 0.

    The authors normalise weights and keep theta = 1; balancing thresholds gives the same spikes but for
    rounding. A maximum is taken of what neurons have sent so far, their lateral inhibition pooling.

    Source: Li & Zeng 2022, Efficient and accurate conversion of SNN with burst spikes, IJCAI; percentile and
    Gamma as in their public code.

    Parameters
    ----------
    strength
        Gamma, at least 1.
    percentile
        Of the activations, in (0, 100].
    scope
        "layer" or "channel".

    Raises
    ------
    InputError
        If a parameter is out of its range.
    """

    strength: int = 5
    percentile: float = 99.9
    scope: str = "layer"

    def __post_init__(self) -> None:
        check_strength("Burst", self.strength)
        check_percentile("Burst", self.percentile)
        check_scope("Burst", self.scope, "layer", "channel")

    def sizes(self, calibration: Calibration) -> dict[str, Numeric]:
        """Return the percentile of each layer."""
        return largest_activations(calibration, self.percentile, self.scope)

    def rule(self, size: Numeric) -> Rule:
        """Return neurons of theta = size."""
        return Rule(neurons.BurstIF(size, self.strength))
