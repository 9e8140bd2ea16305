"""A scene as the networks of an architecture and a split see it: mapped bands, training and test pixels."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

from .. import datasets
from ..datasets.bands import BandMap
from ..datasets.scene import Pixels, Scene
from ..datasets.splits import Split

__all__ = ["Site", "site"]


@dataclass(frozen=True)
class View:
    """How the networks of one architecture are shown a scene.

    Attributes
    ----------
    size
        Side of a patch [pixels].
    block
        Side of the blocks of a disjoint split [pixels].
    bands
        Makes the map of spectra from scene and training pixels.
    """

    size: int
    block: int
    bands: Callable[[Scene, Pixels], BandMap]


VIEWS = {
    "cnn_3d": View(5, 8, datasets.standardisation),
    "cnn_32h": View(25, 37, partial(datasets.principal_components, count=30)),
}

SPLITS: dict[str, Callable[[Scene, View, int], Split]] = {
    "random": lambda scene, known, seed: datasets.stratified(scene, 0.3, seed=seed),
    "tenth": lambda scene, known, seed: datasets.stratified(scene, 0.1, seed=seed),
    "disjoint": lambda scene, known, seed: datasets.disjoint(
        scene, 0.3, patch=known.size, block=known.block, seed=seed
    ),
}
"""Training pixels: 30 % of each class, 10 % of each, or in blocks that no patch of a test pixel touches."""


@dataclass(frozen=True, eq=False)
class Site:
    """The scene as the networks of one architecture and split see it.

    Attributes
    ----------
    scene
        With mapped spectra.
    split
        Training and test pixels.
    size
        Side of a patch [pixels].
    """

    scene: Scene
    split: Split
    size: int

    @cached_property
    def train(self) -> datasets.Patches:
        """Patches of the training pixels, in the split's order."""
        return datasets.Patches(self.scene, self.split.train, self.size)

    @cached_property
    def test(self) -> datasets.Patches:
        """Patches of the test pixels, in the split's order."""
        return datasets.Patches(self.scene, self.split.test, self.size)


def site(net: str, split: str, seed: int, pixels: int | None = None) -> Site:
    """Return Indian Pines as an architecture's networks of a split see it; bands fitted on training pixels.

    Parameters
    ----------
    net
        "cnn_3d" or "cnn_32h".
    split
        "random", "tenth" or "disjoint".
    seed
        Of the split.
    pixels
        Only so many of training and of test; None: all.

    Raises
    ------
    FileError
        If tensorly is not installed.
    """
    known, scene = VIEWS[net], datasets.indian_pines()
    chosen = Split(*(side[:pixels] for side in SPLITS[split](scene, known, seed)))
    return Site(known.bands(scene, chosen.train)(scene), chosen, known.size)
