"""Recipes by the names that the command line has for them, and which options belong to which."""

import dataclasses
from typing import Any

from neurosim.conversion.recipes.base import Recipe
from neurosim.conversion.recipes.bmif import BMIF
from neurosim.conversion.recipes.burst import Burst
from neurosim.conversion.recipes.data_norm import DataNorm
from neurosim.conversion.recipes.mapping import AugMapping, TerMapping
from neurosim.conversion.recipes.qcfs import QCFS
from neurosim.conversion.recipes.shift import Shift
from neurosim.conversion.recipes.signed_memory import SNM, NeuronNorm
from neurosim.conversion.recipes.threshold_balance import ThresholdBalance
from neurosim.errors import InputError

__all__ = ["RECIPES", "named_recipe"]

RECIPES: dict[str, Any] = {
    "aug-mapping": AugMapping,
    "bmif": BMIF,
    "burst": Burst,
    "data-norm": DataNorm,
    "neuron-norm": NeuronNorm,
    "qcfs": QCFS,
    "snm": SNM,
    "ter-mapping": TerMapping,
    "threshold-balance": ThresholdBalance,
}

DEFAULTS: dict[str, dict[str, Any]] = {"bmif": {"strength": 8}}


def named_recipe(name: str, *, shift: bool = False, **options: Any) -> Recipe:
    """Return the recipe of that name.

    Parameters
    ----------
    name
        A key of `RECIPES`.
    shift
        Whether to wrap it in `Shift`.
    **options
        Its parameters; None stands for the default.

    Raises
    ------
    InputError
        If the name is unknown, or an option belongs to other recipes or is out of its range.
    """
    if name not in RECIPES:
        raise InputError(f"recipe {name!r} is unknown: give one of {', '.join(RECIPES)}")
    given = {option: value for option, value in options.items() if value is not None}
    for option, value in given.items():
        owners = [known for known in RECIPES if option in _parameters(known)]
        if name not in owners:
            words = f"--{option} {_said(value)} belongs to --recipe {' or '.join(owners)}"
            raise InputError(f"{words}: leave it out")
    recipe: Recipe = RECIPES[name](**(DEFAULTS.get(name, {}) | given))
    return Shift(recipe) if shift else recipe


def _said(value: Any) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _parameters(name: str) -> set[str]:
    return {field.name for field in dataclasses.fields(RECIPES[name])}
