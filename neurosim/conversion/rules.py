"""What a recipe says of a module's layers, held to what the module's layers are."""

from collections.abc import Mapping

import numpy as np

from neurosim.conversion.calibration import Calibration
from neurosim.conversion.recipes.base import Recipe, Rule, rule_of
from neurosim.errors import InputError
from neurosim.network import Network
from neurosim.neurons.base import STRENGTH_LIMIT
from neurosim.parameters import Numeric, as_numbers, shown

__all__ = ["rules_of"]

ROUNDING = 1e-9


def rules_of(
    recipe: Recipe, calibration: Calibration, network: Network, ceilings: Mapping[str, float]
) -> dict[str, Rule]:
    """Return what a recipe puts in the place of every rectifier.

    Parameters
    ----------
    recipe
        Asked for the sizes, then once a layer for a rule.
    calibration
        Its `nodes` are those of the layers to be filled.
    network
        The draft, for its maxima.
    ceilings
        Where the module's activation stops rising, of the layers where it does.

    Raises
    ------
    InputError
        If the recipe leaves out a layer, names one that is not there, gives something else than sizes and
        rules, or its neurons go above a ceiling or have maxima taken of counts that cannot be compared.
    """
    sizes = _sizes(recipe, calibration)
    rules = {name: rule_of(recipe, _below(size, ceilings.get(name))) for name, size in sizes.items()}
    _check_ceilings(rules, ceilings)
    _check_pools(network, rules)
    return rules


def _sizes(recipe: Recipe, calibration: Calibration) -> Mapping[str, Numeric]:
    """Return the recipe's size of every layer."""
    sizes, names = recipe.sizes(calibration), calibration.nodes
    where = f"convert: recipe {shown(recipe)}: sizes()"
    if not isinstance(sizes, Mapping):
        raise InputError(f"{where} gives {shown(sizes)}: give a dict with the size of every layer")
    for name in names:
        if name not in sizes:
            raise InputError(f"{where} leaves out layer {name!r}: give one size for each of {_list(names)}")
    for name, size in sizes.items():
        if name not in names:
            raise InputError(f"{where} names {name!r}, which is no layer of neurons: give {_list(names)}")
        if as_numbers(size) is None:
            raise InputError(f"{where} gives {shown(size)} for layer {name!r}: give a positive number")
    return sizes


def _list(names: Mapping[str, object]) -> str:
    return ", ".join(map(repr, names))


def _below(size: Numeric, ceiling: float | None) -> Numeric:
    """Return sizes with rounding errors above the ceiling taken away, a scalar as a float."""
    bounded = size if ceiling is None else np.minimum(size, ceiling)
    return bounded if np.ndim(bounded) else float(bounded)


def _check_pools(network: Network, rules: Mapping[str, Rule]) -> None:
    """Raise InputError where a maximum would compare counts of different thresholds."""
    for projection in network.projections:
        rule = rules.get(projection.source)
        if projection.pools and rule and np.ndim(rule.neuron.threshold) > 1:
            raise InputError(
                f"convert: layer {projection.target!r} takes maxima of layer {projection.source!r}, "
                "whose neurons have thresholds of their own: choose a recipe of one a channel or layer, as "
                "SNM(scope='channel')"
            )


def _check_ceilings(rules: Mapping[str, Rule], ceilings: Mapping[str, float]) -> None:
    """Raise InputError where neurons can say more in a step than the module's activation ever is."""
    for name, ceiling in ceilings.items():
        neuron = rules[name].neuron
        most = float(np.max(neuron.largest_strength * np.asarray(rules[name].unit)))
        unbounded = neuron.largest_strength >= STRENGTH_LIMIT
        reach = "have no largest strength" if unbounded else f"go up to {most:g} a step"
        if most > ceiling * (1 + ROUNDING):
            raise InputError(
                f"convert: layer {name!r}: the module's activation stops at {ceiling:g}, and this recipe's "
                f"{type(neuron).__name__} neurons {reach}: choose one that bounds them by the largest "
                "activation, as BMIF(8)"
            )
