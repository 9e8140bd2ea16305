"""Shift: another recipe's neurons, started half a spike ahead."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from neurosim.conversion.calibration import Calibration
from neurosim.conversion.recipes.base import Recipe, Rule, check_recipe, rule_of
from neurosim.errors import InputError
from neurosim.parameters import Numeric

__all__ = ["Shift"]


@dataclass(frozen=True)
class Shift:
    """The neurons of another recipe with V starting at theta / 2.

    A rate then is the nearest multiple of theta / T instead of the next lower one: under a constant drive z
    in [0, theta] it is (theta / T) floor(T z / theta + 1/2), and the expected error is 0.

    Source: Deng & Gu 2021, Optimal conversion of conventional ANNs to SNNs, ICLR (as a bias of theta / 2T at
    each step, which needs T); as an initial potential, for any T, Bu et al. 2022, AAAI 36:11. The shifts of
    Hao et al. 2023, ICLR, which calibrate offset spikes, are not here: they differ from image to image and
    need a run of their own before, so no network can hold them. `SNM` and `BMIF` take such spikes back.

    Parameters
    ----------
    recipe
        Whose neurons start elsewhere.

    Raises
    ------
    InputError
        If it is no recipe, or its neurons start at theta / 2 already.
    """

    recipe: Recipe

    def __post_init__(self) -> None:
        check_recipe("Shift.recipe", self.recipe, "a recipe, as ThresholdBalance()")
        if rule_of(self.recipe, 1.0).neuron.initial in (None, self._half(1.0)):
            raise InputError(f"Shift.recipe is {self.recipe!r}: its neurons start at theta / 2 already")

    def sizes(self, calibration: Calibration) -> dict[str, Numeric]:
        """Return what the other recipe asks for."""
        return self.recipe.sizes(calibration)

    def rule(self, size: Numeric) -> Rule:
        """Return the other recipe's neurons with V starting at theta / 2."""
        rule = rule_of(self.recipe, size)
        return dataclasses.replace(rule, neuron=dataclasses.replace(rule.neuron, initial=self._half(size)))

    def _half(self, size: Numeric) -> Numeric:
        half: Numeric = np.asarray(rule_of(self.recipe, size).neuron.threshold) / 2
        return half
