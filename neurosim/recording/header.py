"""What a recording knows before its first image."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from neurosim.errors import InputError
from neurosim.recording.levels import Kept, Potential, Shape, known_layer

__all__ = ["Header"]


@dataclass(frozen=True)
class Header:
    """The network and the run, as far as a recording must know them.

    Parameters
    ----------
    layers : dict of str to tuple of int
        The shape of every layer, in the order of the network.
    steps : int
        Steps per image.
    dt : float
        Length of a step [s].
    latency : dict of str to int
        Latency of every layer [steps].
    outputs : tuple of str
        The layers nobody reads.
    record : dict of str to Kept
        What is kept of every layer: `parse_record` gives it.
    classes : tuple of str, optional
        Names of the classes of the output layer.
    graded : tuple of str
        The layers whose spikes have a strength; elsewhere it is always 1.
    provenance : dict
        Anything JSON can hold.
    reach : dict of str to int
        The longest way out of every layer [steps]: of what it says in as many steps at a window's end, not
        all arrives. Empty: not known.

    Raises
    ------
    InputError
        If these contradict each other.
    """

    layers: Mapping[str, Shape]
    steps: int
    dt: float
    latency: Mapping[str, int]
    outputs: tuple[str, ...]
    record: Mapping[str, Kept]
    classes: tuple[str, ...] | None = None
    graded: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    reach: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", {name: tuple(shape) for name, shape in self.layers.items()})
        object.__setattr__(self, "outputs", tuple(self.outputs))
        object.__setattr__(self, "graded", tuple(self.graded))
        if self.steps < 1 or not 0 < self.dt < math.inf:
            raise InputError(f"Header: steps is {self.steps}, dt is {self.dt}; both must be positive")
        for name in ("latency", "record"):
            if getattr(self, name).keys() != self.layers.keys():
                raise InputError(
                    f"Header: {name} names {list(getattr(self, name))}, layers {list(self.layers)}"
                )
        for layer in (*self.outputs, *self.graded):
            known_layer(layer, self.layers)
        self._check_classes()

    def _check_classes(self) -> None:
        if self.classes is None:
            return
        object.__setattr__(self, "classes", tuple(self.classes))
        sizes = [math.prod(self.layers[layer]) for layer in self.outputs]
        if sizes != [len(self.classes)]:
            raise InputError(f"Header: {len(self.classes)} classes; the outputs have {sizes} neurons")

    def to_json(self) -> dict[str, Any]:
        """Return the header in terms of JSON."""
        return {
            "layers": [[name, list(shape)] for name, shape in self.layers.items()],
            "steps": int(self.steps),
            "dt": float(self.dt),
            "latency": {name: int(steps) for name, steps in self.latency.items()},
            "outputs": list(self.outputs),
            "record": {name: _kept_to_json(kept) for name, kept in self.record.items()},
            "classes": None if self.classes is None else list(self.classes),
            "graded": list(self.graded),
            "provenance": dict(self.provenance),
            "reach": {name: int(steps) for name, steps in self.reach.items()},
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        """Return the header that `to_json` described."""
        layers = {str(name): tuple(map(int, shape)) for name, shape in said["layers"]}
        record = {name: _kept_from_json(kept) for name, kept in said["record"].items()}
        return cls(**{**said, "layers": layers, "record": record})


def _kept_to_json(kept: Kept) -> dict[str, Any]:
    neurons = kept.potential and kept.potential.neurons
    return {"level": kept.level, "potential": bool(kept.potential), "neurons": neurons and list(neurons)}


def _kept_from_json(said: Mapping[str, Any]) -> Kept:
    neurons = said["neurons"]
    return Kept(said["level"], Potential(neurons and tuple(neurons)) if said["potential"] else None)
