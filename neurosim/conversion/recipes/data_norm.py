"""Data-based weight normalisation: the thresholds are 1, the weights follow the activations."""

from dataclasses import dataclass

from neurosim import neurons
from neurosim.conversion.calibration import Calibration, largest_activations
from neurosim.conversion.recipes.base import Rule, check_percentile, check_scope
from neurosim.parameters import Numeric

__all__ = ["DataNorm"]


@dataclass(frozen=True)
class DataNorm:
    """Integrate-and-fire neurons with theta = 1 behind W a_prev / a and b / a, V starting at 0.

    a is the percentile of the activation of the layer (or channel), a_prev that of its source; a is also
    what a strength of 1 stands for (`Layer.quantum`). Where there are no weights to take the factors, as on
    a shortcut, they become a `Scale`. The outputs stay in the module's units. But for rounding the spikes
    are those of `ThresholdBalance`: potentials are in other units.

    Source: Diehl et al. 2015, IJCNN (by the maximum); biases and the percentile of 99.9 Rueckauer et al.
    2017, Front. Neurosci. 11:682; one a channel Kim et al. 2020, AAAI (Spiking YOLO).

    Parameters
    ----------
    percentile
        Of the activations, in (0, 100].
    scope
        "layer" or "channel".

    Raises
    ------
    InputError
        If a parameter is out of its range.
    """

    percentile: float = 99.9
    scope: str = "layer"

    def __post_init__(self) -> None:
        check_percentile("DataNorm", self.percentile)
        check_scope("DataNorm", self.scope, "layer", "channel")

    def sizes(self, calibration: Calibration) -> dict[str, Numeric]:
        """Return a of each layer."""
        return largest_activations(calibration, self.percentile, self.scope)

    def rule(self, size: Numeric) -> Rule:
        """Return neurons of threshold 1 whose strengths stand for `size`."""
        return Rule(neurons.IF(), quantum=size)
