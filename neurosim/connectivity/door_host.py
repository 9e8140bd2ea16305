"""The currents of anybody's Brian2 groups in Python, for the numpy target: the ops' own sums."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..errors import InputError, RunFailed
from ..layers import Projection
from ..ops import Shape
from ..reference import project
from .plan import channels_last

__all__ = ["HostDoor"]


class HostDoor:
    """Who spoke in the last steps, and the currents of whoever asks, as `door.h` has them in C++.

    Parameters
    ----------
    shapes : dict of str to tuple of int
        Every group's shape, by its name.
    projections : sequence of Projection
    dtype : np.float64 or np.float32
    """

    def __init__(
        self, shapes: Mapping[str, Shape], projections: Sequence[Projection], dtype: type[np.floating]
    ) -> None:
        self.shapes, self.projections, self.dtype = shapes, projections, dtype
        self.kept = 1 + max((1 + p.delay for p in projections), default=0)
        self._restart()

    def _restart(self) -> None:
        self.now = 0
        self.said: dict[str, dict[int, np.ndarray]] = {name: {} for name in self.shapes}
        self.made: dict[str, tuple[int, np.ndarray]] = {}

    def _look_at_the_clock(self, step: int) -> None:
        """Begin anew where a script sets time back to 0."""
        if step < self.now:
            if step:
                raise RunFailed(
                    f"time went back from step {self.now} to step {step}, whose spikes are forgotten: "
                    "go back to time 0"
                )
            self._restart()
        self.now = step

    def emit(self, group: str, neuron: np.ndarray, strength: np.ndarray, step: int) -> np.ndarray:
        """Note what some neurons of a group say in this step and return it."""
        self._look_at_the_clock(int(step))
        said = self.said[group]
        for old in [known for known in said if known <= step - self.kept]:
            del said[old]
        shape = self.shapes[group]
        last = said.setdefault(int(step), np.zeros((*shape[1:], shape[0]), self.dtype))
        last.reshape(-1)[_checked(group, last.size, neuron)] += strength
        return np.array(strength, np.float64)

    def current(self, group: str, neuron: np.ndarray, step: int) -> np.ndarray:
        """Return the currents of some neurons of a group."""
        self._look_at_the_clock(int(step))
        if self.made.get(group, (-1,))[0] != step:
            self.made[group] = int(step), self._make(group, int(step))
        currents = self.made[group][1]
        return np.asarray(currents[_checked(group, currents.size, neuron)])

    def _make(self, group: str, step: int) -> np.ndarray:
        shape = self.shapes[group]
        drive = np.zeros((1, *shape), self.dtype)
        for projection in self.projections:
            said = self.said[projection.source].get(step - 1 - projection.delay)
            if projection.target == group and said is not None:
                project(projection.ops, np.moveaxis(said, -1, 0)[None], drive)
        return channels_last(drive[0], len(shape))


def _checked(group: str, size: int, neuron: np.ndarray) -> np.ndarray:
    """Return the indices of neurons; raise InputError where a group has no such neuron."""
    neuron = np.asarray(neuron)
    wrong = neuron[(neuron < 0) | (neuron >= size)]
    if wrong.size:
        raise InputError(f"group {group!r} has no neuron {wrong[0]}: pass i, from 0 to {size - 1}")
    return neuron
