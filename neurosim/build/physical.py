"""Membranes in volts: the units of a population's names, and the code between spikes and volts."""

import re
from collections.abc import Sequence

from ..neurons import PhysicalScale
from ..neurons.physical import potentials
from .populations import Population

__all__ = ["charge_of", "has_membrane", "state_units", "units_of"]


def has_membrane(population: Population, physical: PhysicalScale | None) -> bool:
    """Return whether a population's v is a voltage that neurosim made one."""
    return physical is not None and bool(potentials(population.layers[0].model))


def units_of(made: Sequence[Population], physical: PhysicalScale | None) -> dict[str, str]:
    """Return the units of parameters by name, for those that have one."""
    if physical is None:
        return {}
    volts = {name for population in made for name in potentials(population.layers[0].model)}
    return dict.fromkeys(volts | {"bias", "voltage", "rest"}, "volt") | {"conductance": "siemens"}


def state_units(population: Population, physical: PhysicalScale | None) -> dict[str, str]:
    """Return the units of state variables by name: v, and the current I beside it."""
    return {"v": "volt", "I": "amp"} if has_membrane(population, physical) else {}


def charge_of(population: Population, physical: PhysicalScale | None) -> str:
    """Return a population's charge; with a membrane the drive comes in volts, and I is what it takes."""
    code = population.equations.charge
    if not has_membrane(population, physical):
        return code
    return re.sub(r"\bdrive\b", "(drive*voltage)", code) + "\nI=(drive*voltage+bias)*conductance"
