"""SpikeLoss: some spikes never arrive."""

import dataclasses
from typing import ClassVar

from ..network import Network
from ..neurons import Equations
from ..parameters import Bounds, Numeric
from ..random_numbers import as_key
from .extension import Extension

__all__ = ["SpikeLoss"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class SpikeLoss(Extension):
    """Each spike is lost with some probability, for all its targets; its neuron resets all the same.

    On average 1 - probability of a layer's spikes are left. Recordings hold what is sent: a lost spike is
    not in them.

    Parameters
    ----------
    probability : float
        In [0, 1]; 0 changes nothing. Chance has 24 bits.
    seed : int
        In [0, 2**64).
    """

    rank: ClassVar[int] = 40
    stream: ClassVar[int] = 2

    probability: Numeric = dataclasses.field(metadata={"bounds": Bounds(low=0, high=1)})
    seed: int

    def __post_init__(self) -> None:
        super().__post_init__()
        as_key("SpikeLoss.seed", self.seed)

    def apply(self, network: Network) -> Network:
        return super().apply(network) if self.probability else network

    def compose(self, own: Equations) -> Equations:
        return dataclasses.replace(
            own,
            parameters=(*own.parameters, "loss"),
            sent=f"{own.sent}*indicator(luck>=loss)",
            draws={**own.draws, "luck": "uniform"},
        )

    def values(self, dt: float) -> dict[str, Numeric]:
        return {"loss": self.probability}

    def seeds(self, stream: int) -> tuple[tuple[int, int], ...]:
        return ((self.seed, stream),)
