"""NIR, the neuromorphic intermediate representation: networks from its files, and into them."""

from .exporting import to_nir as to_nir
from .importing import from_nir as from_nir
