"""Simulations: one network, one device, any number of images."""

from .budget import Estimate as Estimate
from .simulation import Simulation as Simulation
