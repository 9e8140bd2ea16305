"""A network of patches as one of the whole scene: where patches overlap, each neuron is simulated once."""

from .network import of_pixel as of_pixel
from .network import over_scene as over_scene
