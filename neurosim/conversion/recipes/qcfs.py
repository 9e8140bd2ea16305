"""QCFS: thresholds that were learned together with the weights."""

from dataclasses import dataclass

import numpy as np

from neurosim import neurons
from neurosim.conversion.calibration import Calibration
from neurosim.conversion.recipes.base import Rule
from neurosim.conversion.rectifying import staircase
from neurosim.errors import InputError
from neurosim.parameters import Numeric

__all__ = ["QCFS"]


@dataclass(frozen=True)
class QCFS:
    """Integrate-and-fire neurons with the theta that a `training.QCFS` activation learned, V at theta / 2.

    Calibration images set nothing here. With T steps the neurons' rates lie on the grid theta / T, and under
    a constant drive z a rate is theta clip(floor(T z / theta + 1/2) / T, 0, 1), the activation of T levels.

    Source: Bu, Fang, Ding, Dai, Yu, Huang 2022, Optimal ANN-SNN conversion, ICLR.

    Raises
    ------
    InputError
        If an activation of the module is none of `training.QCFS`, or its theta is not positive.
    """

    def sizes(self, calibration: Calibration) -> dict[str, Numeric]:
        """Return the theta that each layer learned."""
        return {name: self._learned(calibration, name) for name in calibration.nodes}

    def rule(self, size: Numeric) -> Rule:
        """Return neurons of theta = size."""
        return Rule(neurons.IF(threshold=size, initial=np.asarray(size) / 2))

    def _learned(self, calibration: Calibration, name: str) -> float:
        activation = staircase(calibration.module, calibration.nodes[name])
        if activation is None:
            raise InputError(
                f"convert: layer {name!r}: its activation has no learned threshold: put QCFS in by "
                "training.with_qcfs and train it, or choose another recipe"
            )
        return activation.ceiling
