"""Conversion of trained torch modules into spiking networks."""

from neurosim.conversion.calibration import Calibration as Calibration
from neurosim.conversion.calibration import largest_activations as largest_activations
from neurosim.conversion.convert import activation_functions as activation_functions
from neurosim.conversion.convert import activations as activations
from neurosim.conversion.convert import convert as convert
from neurosim.conversion.recipes import BMIF as BMIF
from neurosim.conversion.recipes import QCFS as QCFS
from neurosim.conversion.recipes import SNM as SNM
from neurosim.conversion.recipes import AugMapping as AugMapping
from neurosim.conversion.recipes import Burst as Burst
from neurosim.conversion.recipes import DataNorm as DataNorm
from neurosim.conversion.recipes import NeuronNorm as NeuronNorm
from neurosim.conversion.recipes import Recipe as Recipe
from neurosim.conversion.recipes import Rule as Rule
from neurosim.conversion.recipes import Shift as Shift
from neurosim.conversion.recipes import TerMapping as TerMapping
from neurosim.conversion.recipes import ThresholdBalance as ThresholdBalance
from neurosim.conversion.recipes import named_recipe as named_recipe
from neurosim.conversion.spiking import from_torch as from_torch
