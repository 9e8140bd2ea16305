"""Conversion of trained torch modules into spiking networks."""

from neurosim.conversion.convert import activations as activations
from neurosim.conversion.convert import convert as convert
from neurosim.conversion.recipes import BMIF as BMIF
from neurosim.conversion.recipes import Recipe as Recipe
from neurosim.conversion.recipes import ThresholdBalance as ThresholdBalance
from neurosim.conversion.spiking import from_torch as from_torch
