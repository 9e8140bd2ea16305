"""What a run leaves behind: one HDF5 file, written in chunks of images and read lazily."""

from neurosim.recording.chunk import Chunk as Chunk
from neurosim.recording.header import Header as Header
from neurosim.recording.levels import LEVELS as LEVELS
from neurosim.recording.levels import Kept as Kept
from neurosim.recording.levels import Potential as Potential
from neurosim.recording.levels import Record as Record
from neurosim.recording.levels import parse_record as parse_record
from neurosim.recording.packed import PackedSpikes as PackedSpikes
from neurosim.recording.packed import counts_type as counts_type
from neurosim.recording.packed import events_type as events_type
from neurosim.recording.packed import neuron_type as neuron_type
from neurosim.recording.packed import strength_type as strength_type
from neurosim.recording.recording import Recording as Recording
