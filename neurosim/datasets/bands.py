"""From the bands of a sensor to what a network sees: maps of spectra, fitted on training pixels only."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neurosim.datasets.scene import Pixels, Scene
from neurosim.errors import DeviceUnavailable, InputError

__all__ = ["BandMap", "principal_components", "standardisation"]


@dataclass(frozen=True, eq=False)
class BandMap:
    """An affine map of spectra: (spectrum - mean) @ matrix, in double precision.

    Parameters
    ----------
    mean : (bands,) float64
    matrix : (bands, new bands) float64
    """

    mean: npt.NDArray[np.float64]
    matrix: npt.NDArray[np.float64]

    def __call__(self, scene: Scene) -> Scene:
        """Return the scene with mapped spectra, rounded to float32.

        Raises
        ------
        InputError
            If the scene has another number of bands.
        """
        if scene.bands != len(self.mean):
            raise InputError(f"BandMap of {len(self.mean)} bands: scene {scene.name!r} has {scene.bands}")
        cube = ((scene.cube - self.mean) @ self.matrix).astype(np.float32)
        return Scene(scene.name, cube, scene.labels, scene.classes)


def standardisation(scene: Scene, pixels: Pixels) -> BandMap:
    """Return the map that gives each band mean 0 and standard deviation 1 over some pixels.

    A band that is constant there becomes 0.

    Parameters
    ----------
    scene
    pixels
        Those of training.

    Raises
    ------
    InputError
        If they are no labelled pixels of the scene.
    """
    scene.check("standardisation", pixels)
    spectra = scene.spectra(pixels).astype(np.float64)
    deviation = spectra.std(axis=0)
    scale = np.divide(1, deviation, out=np.zeros_like(deviation), where=deviation > 0)
    return BandMap(spectra.mean(axis=0), np.diag(scale))


def principal_components(scene: Scene, pixels: Pixels, count: int, *, whiten: bool = True) -> BandMap:
    """Return the map to the first principal components of the spectra of some pixels.

    Usually the components of a whole scene are taken, test pixels included; here only those of training
    speak. By scikit-learn's PCA with its full singular value decomposition and signs that do not depend on
    the machine.

    Parameters
    ----------
    scene
    pixels
        Those of training.
    count
        How many components.
    whiten
        Bring each to variance 1 over these pixels.

    Raises
    ------
    InputError
        If they are no labelled pixels of the scene, or their spectra have not so many components.
    DeviceUnavailable
        If scikit-learn is not installed.
    """
    try:
        from sklearn.decomposition import PCA
    except ImportError:
        raise DeviceUnavailable(
            "principal_components: scikit-learn is not installed: pip install 'neurosim-brian2[data]'"
        ) from None
    scene.check("principal_components", pixels)
    spectra = scene.spectra(pixels).astype(np.float64)
    rank = int(np.linalg.matrix_rank(spectra - spectra.mean(axis=0)))
    if not 1 <= count <= rank:
        raise InputError(
            f"principal_components: count is {count}: the spectra of {len(pixels)} pixels have 1 to {rank}"
        )
    fitted = PCA(count, svd_solver="full").fit(spectra)
    scale = 1 / np.sqrt(fitted.explained_variance_) if whiten else np.ones(count)
    return BandMap(fitted.mean_, fitted.components_.T * scale)
