"""Jitter: spikes take longer than they should."""

import dataclasses
from typing import ClassVar

from ..network import Network
from ..neurons import Equations
from ..parameters import Numeric
from ..random_numbers import as_key
from .base import checked_whole
from .extension import Extension

__all__ = ["Jitter"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Jitter(Extension):
    """Each spike leaves 0 to `steps` steps late, with equal chance, for all its targets; resets stay in time.

    The delay is `steps` / 2 in the mean, with a variance of ((steps + 1)^2 - 1) / 12. Spikes of a neuron
    that leave at the same step leave as one, of the sum of their strengths. What has not left when the image
    ends never does. Recordings hold what leaves, when it leaves.

    Parameters
    ----------
    steps : int
        Longest delay [steps], >= 0; 0 changes nothing.
    seed : int
        In [0, 2**64).
    """

    rank: ClassVar[int] = 35
    stream: ClassVar[int] = 3

    steps: int
    seed: int

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "steps", checked_whole("Jitter.steps", self.steps, 0))
        as_key("Jitter.seed", self.seed)

    def apply(self, network: Network) -> Network:
        return super().apply(network) if self.steps else network

    def compose(self, own: Equations) -> Equations:
        """Add a queue: `late1` leaves at the next step, and so on."""
        queue = ["leaving", *(f"late{step}" for step in range(1, self.steps + 1))]
        lines = [f"lateness=floor({self.steps + 1}*chance)"]
        for step, place in enumerate(queue):
            waiting = f"{queue[step + 1]}+" if step < self.steps else ""
            lines.append(f"{place}={waiting}emitted*indicator(abs(lateness-{step})<0.5)")
        speaks = "speaks=indicator(abs(emitted)+abs(leaving)>0.5)"
        return dataclasses.replace(
            own,
            state={**own.state, **dict.fromkeys([*queue, "speaks"], "0")},
            strength="\n".join([own.strength, *lines, speaks]),
            sent="speaks*leaving",
            draws={**own.draws, "chance": "uniform"},
        )

    def values(self, dt: float) -> dict[str, Numeric]:
        return {}

    def seeds(self, stream: int) -> tuple[tuple[int, int], ...]:
        return ((self.seed, stream),)

    def largest(self, strength: float) -> float:
        """Return the largest |strength| that leaves at once, of neurons whose own is `strength`."""
        return (self.steps + 1) * strength
