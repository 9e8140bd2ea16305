"""Plates for print: functions that draw into the Axes they are given, and never simulate."""

from neurosim.plotting.curves import accuracy_over_time as accuracy_over_time
from neurosim.plotting.curves import conversion_error as conversion_error
from neurosim.plotting.plates import panels as panels
from neurosim.plotting.plates import plate as plate
from neurosim.plotting.rasters import raster as raster
from neurosim.plotting.saving import save as save
from neurosim.plotting.styles import PALETTE as PALETTE
from neurosim.plotting.styles import PRESETS as PRESETS
from neurosim.plotting.styles import style as style
