"""BM-IF: bilateral multi-strength neurons."""

from dataclasses import dataclass

import numpy as np

from neurosim import neurons
from neurosim.conversion.calibration import Calibration, largest_activations
from neurosim.conversion.recipes.base import Rule, check_percentile, check_scope, check_strength
from neurosim.parameters import Numeric

__all__ = ["BMIF"]


@dataclass(frozen=True)
class BMIF:
    """Bilateral multi-strength neurons: theta = A / K, V starts at theta / 2.

    A is the percentile of the activation. With K steps of strength at most, a rate of A needs strength K at
    every step; the resolution after T steps is A / (K T).

    Source: the BM-IF neuron of Niu, Wei, Zhao, Hu 2025, Eng. Appl. Artif. Intell. 142:109873; their text
    is not public, so choice of theta, start and negative side are a reconstruction: with these the spiking
    network equals the quantised network (theta / T) max(0, floor(T z / theta + 1/2)) wherever no step
    reached K.

    Parameters
    ----------
    strength
        K, the largest strength of a step, at least 1.
    percentile
        Of the activations, in (0, 100]; 100 is their maximum.
    scope
        "layer" or "channel": of what A is the percentile.

    Raises
    ------
    InputError
        If a parameter is out of its range. For unlimited strength put `neurons.BMIF` into the converted
        network by `Network.replace`: theta needs a finite K.
    """

    strength: int
    percentile: float = 100.0
    scope: str = "layer"

    def __post_init__(self) -> None:
        check_strength("BMIF", self.strength)
        check_percentile("BMIF", self.percentile)
        check_scope("BMIF", self.scope, "layer", "channel")

    def sizes(self, calibration: Calibration) -> dict[str, Numeric]:
        """Return A of each layer."""
        return largest_activations(calibration, self.percentile, self.scope)

    def rule(self, size: Numeric) -> Rule:
        """Return neurons of theta = size / K."""
        return Rule(neurons.BMIF(threshold=np.asarray(size) / self.strength, strength=self.strength))
