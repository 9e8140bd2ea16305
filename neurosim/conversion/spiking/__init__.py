"""Modules that spike already: read by their settings, lowered like others, and proven against themselves."""

from neurosim.conversion.spiking.from_torch import from_torch as from_torch
