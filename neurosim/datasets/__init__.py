"""Labelled images, named the same way everywhere, and the hyperspectral scenes they are cut from."""

from neurosim.datasets.bands import BandMap as BandMap
from neurosim.datasets.bands import principal_components as principal_components
from neurosim.datasets.bands import standardisation as standardisation
from neurosim.datasets.camera import read_events as read_events
from neurosim.datasets.dataset import Dataset as Dataset
from neurosim.datasets.indian_pines import indian_pines as indian_pines
from neurosim.datasets.loading import load as load
from neurosim.datasets.patches import Patches as Patches
from neurosim.datasets.scene import Scene as Scene
from neurosim.datasets.scene_files import read_scene as read_scene
from neurosim.datasets.splits import Split as Split
from neurosim.datasets.splits import disjoint as disjoint
from neurosim.datasets.splits import stratified as stratified
from neurosim.datasets.strips import Strips as Strips
