"""Noise: chance drives every membrane."""

import dataclasses
from typing import ClassVar

from ..network import Network
from ..neurons import Equations
from ..parameters import Bounds, Numeric
from ..random_numbers import as_key
from .extension import Extension

__all__ = ["Noise"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Noise(Extension):
    """Gaussian current: at each step of each neuron that can spike, I becomes I + std n.

    n has mean 0 and variance 1. Without spikes the potential of an IF neuron has variance std^2 t after t
    steps, that of a LIF neuron std^2 (1 - leak^(2t)) / (1 - leak^2). n is the sum of twelve uniform numbers
    of 10 bits, the same on every device; |n| < 6, and its excess kurtosis is -0.1.

    Parameters
    ----------
    std : float
        Standard deviation, in the unit of the threshold, >= 0; 0 changes nothing.
    seed : int
        In [0, 2**64).
    """

    rank: ClassVar[int] = 20
    stream: ClassVar[int] = 1

    std: Numeric = dataclasses.field(metadata={"bounds": Bounds(low=0)})
    seed: int

    def __post_init__(self) -> None:
        super().__post_init__()
        as_key("Noise.seed", self.seed)

    def apply(self, network: Network) -> Network:
        return super().apply(network) if self.std else network

    def compose(self, own: Equations) -> Equations:
        return dataclasses.replace(
            own,
            parameters=(*own.parameters, "noise_std"),
            charge="calm=drive\ndrive=calm+noise_std*noise\n" + own.charge,
            draws={**own.draws, "noise": "normal"},
        )

    def values(self, dt: float) -> dict[str, Numeric]:
        return {"noise_std": self.std}

    def seeds(self, stream: int) -> tuple[tuple[int, int], ...]:
        return ((self.seed, stream),)
