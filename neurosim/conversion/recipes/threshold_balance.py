"""Threshold balancing: the weights stay, the thresholds follow the activations."""

from dataclasses import dataclass

import numpy as np

from neurosim import neurons
from neurosim.conversion.calibration import Calibration, largest_activations
from neurosim.conversion.recipes.base import Rule, check_percentile, check_positive, check_scope
from neurosim.parameters import Numeric

__all__ = ["ThresholdBalance"]


@dataclass(frozen=True)
class ThresholdBalance:
    """Integrate-and-fire neurons with theta = scale A, V starting at 0.

    A is the percentile of the layer's or the channel's activation.

    Source: Diehl et al. 2015, IJCNN (threshold balancing, by the maximum); the robust percentile of 99.9
    is that of Rueckauer et al. 2017, Front. Neurosci. 11:682; one a channel Kim et al. 2020, AAAI (Spiking
    YOLO); a factor below 1 trades clipping for speed (Rathi & Roy 2021, DIET-SNN).

    Parameters
    ----------
    percentile
        Of the activations, in (0, 100].
    scope
        "layer" or "channel".
    scale
        > 0.

    Raises
    ------
    InputError
        If a parameter is out of its range.
    """

    percentile: float = 99.9
    scope: str = "layer"
    scale: float = 1.0

    def __post_init__(self) -> None:
        check_percentile("ThresholdBalance", self.percentile)
        check_scope("ThresholdBalance", self.scope, "layer", "channel")
        check_positive("ThresholdBalance", "scale", self.scale)

    def sizes(self, calibration: Calibration) -> dict[str, Numeric]:
        """Return A of each layer."""
        return largest_activations(calibration, self.percentile, self.scope)

    def rule(self, size: Numeric) -> Rule:
        """Return neurons of theta = scale size."""
        return Rule(neurons.IF(threshold=self.scale * np.asarray(size)))
