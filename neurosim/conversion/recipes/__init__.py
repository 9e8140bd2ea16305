"""Recipes: what takes the place of a ReLU, given how large its activation gets. One paper a file."""

from neurosim.conversion.recipes.base import Recipe as Recipe
from neurosim.conversion.recipes.base import Rule as Rule
from neurosim.conversion.recipes.bmif import BMIF as BMIF
from neurosim.conversion.recipes.burst import Burst as Burst
from neurosim.conversion.recipes.data_norm import DataNorm as DataNorm
from neurosim.conversion.recipes.mapping import AugMapping as AugMapping
from neurosim.conversion.recipes.mapping import TerMapping as TerMapping
from neurosim.conversion.recipes.naming import RECIPES as RECIPES
from neurosim.conversion.recipes.naming import named_recipe as named_recipe
from neurosim.conversion.recipes.qcfs import QCFS as QCFS
from neurosim.conversion.recipes.shift import Shift as Shift
from neurosim.conversion.recipes.signed_memory import SNM as SNM
from neurosim.conversion.recipes.signed_memory import NeuronNorm as NeuronNorm
from neurosim.conversion.recipes.threshold_balance import ThresholdBalance as ThresholdBalance
