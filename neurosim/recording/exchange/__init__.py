"""Spikes in the forms that other programs read."""

from neurosim.recording.exchange.choice import Chosen as Chosen
from neurosim.recording.exchange.export import FORMATS as FORMATS
from neurosim.recording.exchange.export import export as export
from neurosim.recording.exchange.neo_block import to_neo as to_neo
from neurosim.recording.exchange.pynapple_groups import to_pynapple as to_pynapple
