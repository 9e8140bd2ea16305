"""Plates for print: functions that draw into the Axes they are given, and never simulate."""

from neurosim.plotting.accuracy import accuracy_over_time as accuracy_over_time
from neurosim.plotting.bars import conversion_error as conversion_error
from neurosim.plotting.bars import energy as energy
from neurosim.plotting.bars import error_budget as error_budget
from neurosim.plotting.densities import correlation as correlation
from neurosim.plotting.diagrams import network as network
from neurosim.plotting.drawn import drawn as drawn
from neurosim.plotting.joules import joules_by_layer as joules_by_layer
from neurosim.plotting.joules import joules_by_way as joules_by_way
from neurosim.plotting.maps import classification_map as classification_map
from neurosim.plotting.maps import rate_map as rate_map
from neurosim.plotting.matrices import confusion as confusion
from neurosim.plotting.matrices import similarity as similarity
from neurosim.plotting.plates import panels as panels
from neurosim.plotting.plates import plate as plate
from neurosim.plotting.rasters import raster as raster
from neurosim.plotting.saving import save as save
from neurosim.plotting.styles import FILLS as FILLS
from neurosim.plotting.styles import INKS as INKS
from neurosim.plotting.styles import PALETTE as PALETTE
from neurosim.plotting.styles import PRESETS as PRESETS
from neurosim.plotting.styles import style as style
from neurosim.plotting.timing import isi as isi
from neurosim.plotting.timing import latency as latency
from neurosim.plotting.timing import psth as psth
from neurosim.plotting.traces import trace as trace
