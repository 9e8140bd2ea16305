"""Recipes: which spiking neuron takes the place of a ReLU, given how large its activation gets."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from neurosim import neurons
from neurosim.errors import InputError

__all__ = ["BMIF", "Recipe", "ThresholdBalance"]


@runtime_checkable
class Recipe(Protocol):
    """What `convert` asks of a recipe."""

    @property
    def percentile(self) -> float:
        """Which percentile of a layer's activations counts as its largest, in (0, 100]."""

    def neuron(self, activation: float) -> "neurons.IF | neurons.LIF | neurons.BMIF":
        """Return the neuron of a layer whose largest activation is `activation` > 0."""


@dataclass(frozen=True)
class BMIF:
    """Bilateral multi-strength neurons: theta = A / K, V starts at theta / 2.

    A is the percentile of the layer's activation. With K steps of strength at most, a rate of A needs
    strength K at every step; the resolution after T steps is A / (K T).

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

    Raises
    ------
    InputError
        If a parameter is out of its range. For unlimited strength put `neurons.BMIF` into the converted
        network by `Network.replace`: theta needs a finite K.
    """

    strength: int
    percentile: float = 100.0

    def __post_init__(self) -> None:
        if not isinstance(self.strength, int) or isinstance(self.strength, bool) or self.strength < 1:
            raise InputError(f"BMIF.strength is {self.strength!r}: give a whole number of at least 1")
        _check_percentile("BMIF", self.percentile)

    def neuron(self, activation: float) -> neurons.BMIF:
        """Return the neuron of a layer whose largest activation is `activation` > 0."""
        return neurons.BMIF(threshold=activation / self.strength, strength=self.strength)


@dataclass(frozen=True)
class ThresholdBalance:
    """Integrate-and-fire neurons with theta at a percentile of the layer's activation, V starting at 0.

    Source: Diehl et al. 2015, IJCNN (threshold balancing, by the maximum); the robust percentile of 99.9
    is that of Rueckauer et al. 2017, Front. Neurosci. 11:682.

    Parameters
    ----------
    percentile
        Of the activations, in (0, 100].

    Raises
    ------
    InputError
        If it is out of its range.
    """

    percentile: float = 99.9

    def __post_init__(self) -> None:
        _check_percentile("ThresholdBalance", self.percentile)

    def neuron(self, activation: float) -> neurons.IF:
        """Return the neuron of a layer whose largest activation is `activation` > 0."""
        return neurons.IF(threshold=activation)


def _check_percentile(owner: str, percentile: float) -> None:
    if not 0 < percentile <= 100:  # also true of NaN
        raise InputError(f"{owner}.percentile is {percentile!r}: give a number in (0, 100]")
