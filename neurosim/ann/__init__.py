"""Artificial networks in torch: the architectures, their weight files, and running them."""

from neurosim.ann.architectures import Architecture as Architecture
from neurosim.ann.architectures import architecture as architecture
from neurosim.ann.architectures import architectures as architectures
from neurosim.ann.inference import accuracy as accuracy
from neurosim.ann.inference import predict as predict
from neurosim.ann.initial import initial as initial
from neurosim.ann.saving import save_weights as save_weights
from neurosim.ann.weights import load_weights as load_weights
