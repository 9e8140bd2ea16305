"""Relay: the neuron that passes on what it receives."""

import dataclasses
from collections.abc import Mapping, MutableMapping
from typing import ClassVar

import numpy as np

from .base import STRENGTH_LIMIT, Equations, Neuron

__all__ = ["Relay"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Relay(Neuron):
    """Say the drive: k[t] = I[t], a whole number of either sign, without threshold, membrane or bias.

    It ends a projection of one `MaxPool`, the one map that makes whole numbers of whole numbers without
    being linear; `Network` refuses anything else. Nothing is kept from step to step: V is 0 after each.
    """

    signed: ClassVar[bool] = True

    @property
    def equations(self) -> Equations:
        return Equations(
            state={"v": "0"}, parameters=(), charge="u=drive", strength="emitted=u", reset="v-=k"
        )

    def margin(self, u: np.ndarray, p: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return infinity: there is no threshold to be close to."""
        return np.full(u.shape, np.inf)

    @property
    def largest_strength(self) -> float:
        return STRENGTH_LIMIT

    def step(
        self, state: MutableMapping[str, np.ndarray], drive: np.ndarray, p: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        state["u"], state["v"] = drive, np.zeros_like(drive)
        return drive.copy()
