"""What an extra is: a frozen object that makes another network of a network."""

import abc
import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from ..errors import InputError
from ..network import Network
from ..parameters import Value, parameters, shown

__all__ = ["Extra", "checked_extras", "checked_whole", "extended"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Extra(Value, abc.ABC):
    """Something that tissue or chips add."""

    rank: ClassVar[int]
    """Extras act in ascending order: on weights and parameters, then on a step from its end to its start."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, _ in parameters(self):
            if np.ndim(getattr(self, name)):
                raise InputError(
                    f"{type(self).__name__}.{name} is {shown(getattr(self, name))}: give one number"
                )

    @property
    def substeps(self) -> int:
        """How many steps are made of one."""
        return 1

    @abc.abstractmethod
    def apply(self, network: Network) -> Network:
        """Return the network with this extra; raise InputError where it cannot be."""


def checked_extras(extras: Any) -> tuple[Extra, ...]:
    """Return extras in the order in which they act.

    Raises
    ------
    InputError
        If there is anything else among them, or two of a kind.
    """
    given = tuple(extras) if isinstance(extras, Sequence) else (extras,)
    for extra in given:
        if not isinstance(extra, Extra):
            raise InputError(f"Simulation: extras hold {shown(extra)}: give objects such as Refractory(2)")
    kinds = [type(extra).__name__ for extra in given]
    for kind in kinds:
        if kinds.count(kind) > 1:
            raise InputError(f"Simulation: extras hold {kind} {kinds.count(kind)} times: give one of a kind")
    return tuple(sorted(given, key=lambda extra: extra.rank))


def extended(network: Network, extras: Iterable[Extra]) -> Network:
    """Return a network with some extras, which act in this order."""
    for extra in extras:
        network = extra.apply(network)
    return network


def checked_whole(name: str, value: Any, least: int) -> int:
    """Return a whole number, or raise InputError if it is less than `least` or anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise InputError(f"{name} is {shown(value)}: give a whole number >= {least}")
    return int(value)
