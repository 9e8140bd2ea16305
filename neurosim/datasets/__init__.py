"""Labelled images, named the same way everywhere."""

from neurosim.datasets.camera import read_events as read_events
from neurosim.datasets.dataset import Dataset as Dataset
from neurosim.datasets.loading import load as load
