"""Signed neurons with memory, and the normalisation neuron by neuron of the same paper."""

from dataclasses import dataclass

from neurosim import neurons
from neurosim.conversion.calibration import Calibration, largest_activations
from neurosim.conversion.recipes.base import Rule, check_percentile, check_scope
from neurosim.parameters import Numeric

__all__ = ["SNM", "NeuronNorm"]


@dataclass(frozen=True)
class NeuronNorm:
    """Integrate-and-fire neurons, each with its own largest activation as theta, V starting at 0.

    The size of its spikes cannot go into a kernel that neurons share: it becomes a `Scale` before it. Where
    thresholds differ within a channel no maximum of counts can be taken, so max pooling is refused. A
    neuron that is silent on all calibration images has the layer's theta, as `largest_activations` says.

    Source: Wang, Zhang, Chen, Qu 2022, Signed neuron with memory, IJCAI (neuron-wise normalisation).

    Parameters
    ----------
    percentile
        Of each neuron's activations, in (0, 100]; 100 is their maximum.

    Raises
    ------
    InputError
        If it is out of its range.
    """

    percentile: float = 100.0

    def __post_init__(self) -> None:
        check_percentile("NeuronNorm", self.percentile)

    def sizes(self, calibration: Calibration) -> dict[str, Numeric]:
        """Return the largest activation of each neuron."""
        return largest_activations(calibration, self.percentile, "neuron")

    def rule(self, size: Numeric) -> Rule:
        """Return neurons of theta = size."""
        return Rule(neurons.IF(threshold=size))


@dataclass(frozen=True)
class SNM:
    """Signed neurons with memory, which take spikes back, with the thresholds of `NeuronNorm`.

    Source: Wang, Zhang, Chen, Qu 2022, Signed neuron with memory, IJCAI.

    Parameters
    ----------
    percentile
        Of the activations, in (0, 100]; 100 is their maximum.
    scope
        "neuron" as in the paper, "channel" or "layer"; max pooling needs one of the latter.

    Raises
    ------
    InputError
        If a parameter is out of its range.
    """

    percentile: float = 100.0
    scope: str = "neuron"

    def __post_init__(self) -> None:
        check_percentile("SNM", self.percentile)
        check_scope("SNM", self.scope, "layer", "channel", "neuron")

    def sizes(self, calibration: Calibration) -> dict[str, Numeric]:
        """Return the largest activation of each neuron, channel or layer."""
        return largest_activations(calibration, self.percentile, self.scope)

    def rule(self, size: Numeric) -> Rule:
        """Return neurons of theta = size."""
        return Rule(neurons.SNM(size))
