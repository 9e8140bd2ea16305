"""How much of every layer is kept."""

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from neurosim.errors import InputError

__all__ = ["LEVELS", "Kept", "Potential", "Record", "Shape", "known_layer", "parse_record"]

LEVELS = ("totals", "counts", "spikes")
"""Spikes per image, per image and neuron, or each with its step; a higher level answers the lower ones."""

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Potential:
    """Keep the membrane potential after every step.

    Parameters
    ----------
    neurons : tuple of int, or None
        C-order indices into the layer's shape; None keeps every neuron.
    """

    neurons: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.neurons is None:
            return
        neurons = tuple(map(int, self.neurons))
        if not neurons or min(neurons) < 0 or len(set(neurons)) < len(neurons):
            raise InputError(
                f"Potential: neurons is {self.neurons}; give different indices >= 0, or None for all"
            )
        object.__setattr__(self, "neurons", neurons)

    def count(self, shape: Shape) -> int:
        """Return the number of chosen neurons in a layer of this shape."""
        return math.prod(shape) if self.neurons is None else len(self.neurons)


Record = str | Mapping[str, str | Potential | tuple[str | Potential, ...]]


@dataclass(frozen=True)
class Kept:
    """What is kept of one layer: one of LEVELS, and perhaps the potential."""

    level: str = "totals"
    potential: Potential | None = None


def parse_record(record: Record, layers: Mapping[str, Shape]) -> dict[str, Kept]:
    """Return what is kept of every layer.

    Parameters
    ----------
    record
        A level for all layers, or a dict of layer to level, `Potential`, or a tuple of both; "totals" of
        the layers that it does not name.
    layers
        The shape of every layer by name.

    Raises
    ------
    InputError
        If a layer or level is unknown, or a chosen neuron is not in its layer.
    """
    if not isinstance(record, (str, Mapping)):
        raise InputError(
            f"record: {record!r}: give a level, or a dict of layer to level or Potential(neurons)"
        )
    if isinstance(record, str):
        return dict.fromkeys(layers, Kept(_check_level(record)))
    named = {known_layer(layer, layers): _parse_kept(layer, wanted) for layer, wanted in record.items()}
    kept = {layer: named.get(layer, Kept()) for layer in layers}
    for layer, shape in layers.items():
        _check_neurons(layer, kept[layer].potential, math.prod(shape))
    return kept


def known_layer(layer: str, layers: Iterable[str]) -> str:
    """Return `layer` if it is among `layers`, else raise InputError with the nearest name."""
    names = list(layers)
    if layer in names:
        return layer
    near = difflib.get_close_matches(str(layer), names, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"the layers are {', '.join(names)}"
    raise InputError(f"recording: there is no layer {layer!r}; {hint}")


def _parse_kept(layer: str, wanted: Any) -> Kept:
    parts = wanted if isinstance(wanted, tuple) else (wanted,)
    potentials = [part for part in parts if isinstance(part, Potential)]
    levels = [_check_level(part) for part in parts if not isinstance(part, Potential)]
    if len(potentials) > 1 or len(levels) > 1:
        raise InputError(f"record: layer {layer!r} has {wanted!r}; give at most one level and one Potential")
    return Kept(levels[0] if levels else "totals", potentials[0] if potentials else None)


def _check_level(level: object) -> str:
    if level not in LEVELS:
        raise InputError(
            f"record: {level!r} is no level; give one of {', '.join(LEVELS)} or Potential(neurons)"
        )
    return str(level)


def _check_neurons(layer: str, potential: Potential | None, size: int) -> None:
    highest = max((potential and potential.neurons) or (0,))
    if highest >= size:
        raise InputError(
            f"record: Potential of layer {layer!r} names neuron {highest}; give indices in 0..{size - 1}"
        )
