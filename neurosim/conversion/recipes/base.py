"""What `convert` asks of a recipe, and the checks that recipes share."""

import inspect
import math
import numbers
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from neurosim.conversion.calibration import Calibration
from neurosim.errors import InputError
from neurosim.neurons import BMIF, IF, LIF
from neurosim.parameters import Numeric, shown

__all__ = [
    "Firing",
    "Recipe",
    "Rule",
    "check_flag",
    "check_percentile",
    "check_positive",
    "check_recipe",
    "check_scope",
    "check_strength",
    "rule_of",
]


Firing = IF | LIF | BMIF
"""What may take a ReLU's place."""


@dataclass(frozen=True)
class Rule:
    """What takes a ReLU's place.

    Attributes
    ----------
    neuron
        Whose strengths stand for multiples of its threshold.
    quantum
        What a strength of 1 stands for in the module's units, where that is not the threshold: a scalar or
        (C,). The weights and biases into the layer are then multiplied by threshold / quantum.
    """

    neuron: Firing
    quantum: Numeric | None = None

    @property
    def unit(self) -> Numeric:
        """What a strength of 1 stands for."""
        return self.neuron.threshold if self.quantum is None else self.quantum


@runtime_checkable
class Recipe(Protocol):
    """What `convert` asks of a recipe."""

    def sizes(self, calibration: Calibration) -> dict[str, Numeric]:
        """Return how large each layer's activation gets: > 0, one for all, a channel or a neuron."""

    def rule(self, size: Numeric) -> Rule:
        """Return what takes the place of a ReLU whose activation gets as large as `size`."""


def check_recipe(owner: str, recipe: Any, wanted: str) -> None:
    """Raise InputError unless it is a recipe; its class, which is easily taken for it, is none."""
    if not isinstance(recipe, Recipe):
        raise InputError(f"{owner} is {shown(recipe)}: give {wanted}")
    if isinstance(recipe, type):
        needed = [p.name for p in inspect.signature(recipe).parameters.values() if p.default is p.empty]
        made = f"{recipe.__name__}({', '.join(needed)})"
        raise InputError(f"{owner} is the class {recipe.__name__}: give {made}")


def rule_of(recipe: Recipe, size: Numeric) -> Rule:
    """Return the rule of a recipe for a size.

    Raises
    ------
    InputError
        If it gives something else.
    """
    rule = recipe.rule(size)
    if not isinstance(rule, Rule):
        raise InputError(f"recipe {shown(recipe)}: rule() gives {shown(rule)}: give Rule(neuron)")
    return rule


def check_percentile(owner: str, percentile: Any) -> None:
    """Raise InputError unless it is a number in (0, 100]."""
    if not _is_number(percentile) or not 0 < percentile <= 100:  # also true of NaN
        raise InputError(f"{owner}.percentile is {shown(percentile)}: give a number in (0, 100]")


def check_scope(owner: str, scope: Any, *known: str) -> None:
    """Raise InputError unless it is one of the known words."""
    if not isinstance(scope, str) or scope not in known:
        words = " or ".join(map(repr, known))
        raise InputError(f"{owner}.scope is {shown(scope)}: give {words}")


def check_strength(owner: str, strength: Any) -> None:
    """Raise InputError unless it is a whole number of at least 1."""
    if not isinstance(strength, numbers.Integral) or isinstance(strength, bool) or strength < 1:
        raise InputError(f"{owner}.strength is {shown(strength)}: give a whole number of at least 1")


def check_positive(owner: str, field: str, value: Any) -> None:
    """Raise InputError unless it is a positive finite number."""
    if not _is_number(value) or not 0 < value < math.inf:
        raise InputError(f"{owner}.{field} is {shown(value)}: give a positive number")


def check_flag(owner: str, field: str, value: Any) -> None:
    """Raise InputError unless it is True or False."""
    if not isinstance(value, bool):
        raise InputError(f"{owner}.{field} is {shown(value)}: give True or False")


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
