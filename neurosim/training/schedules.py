"""Learning rates as functions of progress, so that a resumed training needs to remember nothing."""

import math
from dataclasses import dataclass

from neurosim.errors import InputError

__all__ = ["Cosine", "OneCycle", "Step"]


@dataclass(frozen=True)
class Cosine:
    """Half a cosine from 1 to 0: (1 + cos(pi p)) / 2 at progress p in [0, 1].

    Source: Loshchilov, Hutter 2017, arXiv:1608.03983, without restarts.
    """

    def __call__(self, progress: float) -> float:
        return (1 + math.cos(math.pi * progress)) / 2


@dataclass(frozen=True)
class Step:
    """Multiply by `factor` at each of the `milestones`, given as progress in (0, 1).

    Source: He et al. 2016, arXiv:1512.03385, section 4.2: factor 0.1 at 1/2 and 3/4 of the training.
    """

    milestones: tuple[float, ...] = (0.5, 0.75)
    factor: float = 0.1

    def __post_init__(self) -> None:
        if not all(0 < milestone < 1 for milestone in self.milestones):
            raise InputError(f"Step.milestones is {self.milestones}: give shares of the training in (0, 1)")
        if not 0 < self.factor <= 1:
            raise InputError(f"Step.factor is {self.factor}: give a number in (0, 1]")

    def __call__(self, progress: float) -> float:
        return self.factor ** sum(progress >= milestone for milestone in self.milestones)


@dataclass(frozen=True)
class OneCycle:
    """A straight line from 0 up to 1 at progress `peak`, and one from there down to 0: for short trainings.

    Source: Smith, Topin 2019, "Super-convergence", doi:10.1117/12.2520589.
    """

    peak: float = 0.2

    def __post_init__(self) -> None:
        if not 0 < self.peak < 1:
            raise InputError(f"OneCycle.peak is {self.peak}: give a share of the training in (0, 1)")

    def __call__(self, progress: float) -> float:
        return min(progress / self.peak, (1 - progress) / (1 - self.peak))
