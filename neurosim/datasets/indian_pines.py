"""Indian Pines: farmland in Indiana on 12 June 1992, 145x145 pixels of 20 m, 200 bands of 0.4 to 2.5 um.

M. F. Baumgardner, L. L. Biehl, D. A. Landgrebe, "220 Band AVIRIS Hyperspectral Image Data Set: June 12, 1992
Indian Pine Test Site 3", Purdue University Research Repository (2015), doi:10.4231/R7RX991C, CC BY 3.0.
Without the 20 bands in which water absorbs; it comes with the package tensorly.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from neurosim.datasets.bands import BandMap, principal_components, standardisation
from neurosim.datasets.dataset import UNBOUNDED
from neurosim.datasets.patches import Patches
from neurosim.datasets.reader import Raw, Request
from neurosim.datasets.scene import Pixels, Scene
from neurosim.datasets.splits import stratified
from neurosim.errors import FileError

__all__ = ["indian_pines", "read_components", "read_spectra"]

CLASSES = (
    "Alfalfa",
    "Corn-notill",
    "Corn-mintill",
    "Corn",
    "Grass-pasture",
    "Grass-trees",
    "Grass-pasture-mowed",
    "Hay-windrowed",
    "Oats",
    "Soybean-notill",
    "Soybean-mintill",
    "Soybean-clean",
    "Wheat",
    "Woods",
    "Buildings-Grass-Trees-Drives",
    "Stone-Steel-Towers",
)
TRAIN, SEED, COMPONENTS = 0.3, 0, 30


def indian_pines() -> Scene:
    """Return the scene: uint16 (145, 145, 200), 16 classes, 10,249 labelled pixels.

    Raises
    ------
    FileError
        If tensorly is not installed.
    """
    try:
        from tensorly.datasets import load_indian_pines
    except ImportError as error:
        raise FileError(
            "data 'indian-pines': it comes with tensorly, which is not installed: "
            "pip install 'neurosim-brian2[data]'"
        ) from error
    found = load_indian_pines()
    cube, labels = np.asarray(found.tensor), np.asarray(found.ticks[0])
    return Scene("indian-pines", cube.astype(np.uint16), labels, CLASSES)


def read_spectra(request: Request) -> Raw:
    """Read `indian-pines`: patches of 5x5 pixels, all 200 bands, standardised on the training pixels."""
    return _patches(request, standardisation, 5)


def read_components(request: Request) -> Raw:
    """Read `indian-pines-pca`: patches of 25x25 pixels, 30 whitened components of the training pixels."""
    return _patches(request, partial(principal_components, count=COMPONENTS), 25)


def _patches(request: Request, fit: Callable[[Scene, Pixels], BandMap], size: int) -> Raw:
    scene = indian_pines()
    split = stratified(scene, TRAIN, seed=SEED)
    parts = {"train": split.train, "test": split.test, None: np.concatenate(split)}
    patches = Patches(fit(scene, split.train)(scene), parts[request.name.split], size)
    return Raw(patches.images, patches.labels, patches.classes, UNBOUNDED)
