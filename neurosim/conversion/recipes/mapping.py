"""TerMapping and AugMapping: threshold balancing with signed and with augmented spikes."""

from dataclasses import dataclass

from neurosim import neurons
from neurosim.conversion.calibration import Calibration, largest_activations
from neurosim.conversion.recipes.base import Rule, check_flag, check_percentile, check_scope
from neurosim.parameters import Numeric

__all__ = ["AugMapping", "TerMapping"]


@dataclass(frozen=True)
class TerMapping:
    """Double-threshold neurons that fire -1, 0 or 1: theta the largest activation, V starting at 0.

    Source: Yu, Ma, Song, Zhang, Dang, Tan 2022, IEEE TNNLS 33:1714. The equations are reconstructed: that the
    negative threshold is -theta, and that a neuron takes back no more than it has sent.

    Parameters
    ----------
    percentile
        Of the activations, in (0, 100]; 100 is their maximum.
    scope
        "layer" or "channel".
    gate
        Whether negative spikes only take back what was sent, as a ReLU needs.

    Raises
    ------
    InputError
        If a parameter is out of its range.
    """

    percentile: float = 100.0
    scope: str = "layer"
    gate: bool = True

    def __post_init__(self) -> None:
        check_percentile("TerMapping", self.percentile)
        check_scope("TerMapping", self.scope, "layer", "channel")
        check_flag("TerMapping", "gate", self.gate)

    def sizes(self, calibration: Calibration) -> dict[str, Numeric]:
        """Return the largest activation of each layer."""
        return largest_activations(calibration, self.percentile, self.scope)

    def rule(self, size: Numeric) -> Rule:
        """Return neurons of theta = size."""
        return Rule(neurons.TerIF(size, gate=self.gate))


@dataclass(frozen=True)
class AugMapping:
    """Neurons whose augmented spikes carry how many there are: theta the largest activation, V starting at 0.

    Source: Yu, Ma, Song, Zhang, Dang, Tan 2022, IEEE TNNLS 33:1714; reconstructed as `TerMapping`.

    Parameters
    ----------
    percentile
        Of the activations, in (0, 100]; 100 is their maximum.
    scope
        "layer" or "channel".
    gate
        Whether the sum of what was sent stays >= 0, as a ReLU needs.

    Raises
    ------
    InputError
        If a parameter is out of its range.
    """

    percentile: float = 100.0
    scope: str = "layer"
    gate: bool = True

    def __post_init__(self) -> None:
        check_percentile("AugMapping", self.percentile)
        check_scope("AugMapping", self.scope, "layer", "channel")
        check_flag("AugMapping", "gate", self.gate)

    def sizes(self, calibration: Calibration) -> dict[str, Numeric]:
        """Return the largest activation of each layer."""
        return largest_activations(calibration, self.percentile, self.scope)

    def rule(self, size: Numeric) -> Rule:
        """Return neurons of theta = size."""
        return Rule(neurons.AugIF(size, gate=self.gate))
