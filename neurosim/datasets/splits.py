"""Which labelled pixels of a scene train a network and which test it."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from neurosim.datasets.scene import Pixels, Scene
from neurosim.errors import InputError
from neurosim.random_numbers import as_key

__all__ = ["Split", "disjoint", "stratified"]

DRAWS = 200
Sides = tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]


class Split(NamedTuple):
    """Pixels that train and pixels that test, both in random order; none is in both."""

    train: Pixels
    test: Pixels


def stratified(scene: Scene, train: float, *, seed: int) -> Split:
    """Split the labelled pixels at random, class by class.

    Pixels side by side look alike and share most of their patches, so that a network is tested on what it was
    trained on: see `disjoint`.

    Parameters
    ----------
    scene
    train
        A share of every class in (0, 1), rounded to whole pixels; or, as an int, so many of every class.
        Of each class at least one pixel trains and, where it has two, one tests.
    seed

    Raises
    ------
    InputError
        If `train` or the seed is none.
    """
    share = isinstance(train, float)
    if not (0 < train < 1 if share else isinstance(train, int) and train is not True and train >= 1):
        raise InputError(f"stratified: train is {train!r}: give a share in (0, 1), or pixels of each class")
    generator = _generator("stratified", seed)
    parts = []
    for label, count in enumerate(scene.counts, start=1):
        wanted = round(train * int(count)) if share else train
        pixels = generator.permutation(np.flatnonzero(scene.labels == label))
        parts.append(np.split(pixels, [max(1, min(int(wanted), int(count) - 1))]))
    return Split(*(generator.permutation(np.concatenate(part)) for part in zip(*parts, strict=True)))


def disjoint(scene: Scene, train: float, *, patch: int, block: int, seed: int) -> Split:
    """Split a scene into square blocks, so that no patch for training shares a pixel with one for testing.

    Blocks are drawn for training until they hold the wanted share of the labelled pixels; then pixels closer
    than half a patch to a block of the other side are left out, so that each patch lies within its own
    side. Of 200 draws, that is taken which leaves most classes on both sides, and of several the one whose
    share is nearest. A class that lies in one place cannot be on both.

    Parameters
    ----------
    scene
    train
        Share of the labelled pixels in the blocks for training, in (0, 1), about that of those that are left.
    patch
        Side of the patches [pixels], odd.
    block
        Side of the blocks [pixels].
    seed

    Raises
    ------
    InputError
        If a parameter is out of range, or no draw leaves pixels on both sides.
    """
    if not isinstance(train, float) or not 0 < train < 1:
        raise InputError(f"disjoint: train is {train!r}: give a share in (0, 1)")
    if patch < 1 or patch % 2 == 0 or block < 1:
        raise InputError(
            f"disjoint: patch is {patch}, block {block}: give an odd side, and one of at least 1"
        )
    generator = _generator("disjoint", seed)
    rows, columns = (np.arange(size) // block for size in scene.labels.shape)
    blocks = rows[:, None] * (columns[-1] + 1) + columns
    draws = (_draw(scene, blocks, train, patch, generator) for _ in range(DRAWS))
    best = max(draws, key=lambda sides: _merit(scene, sides, train))
    split = Split(*(generator.permutation(np.flatnonzero(side).astype(np.int64)) for side in best))
    if not (len(split.train) and len(split.test)):
        raise InputError(
            f"disjoint: blocks of {block} pixels leave one side without pixels: give another block"
        )
    return split


def _draw(
    scene: Scene, blocks: npt.NDArray[np.int64], train: float, patch: int, generator: np.random.Generator
) -> Sides:
    """Return a mask of the pixels of each side, those too near to the other left out."""
    sizes = np.bincount(blocks.ravel(), weights=scene.labels.ravel() > 0)
    order = generator.permutation(len(sizes))
    before = np.cumsum(sizes[order]) - sizes[order]
    mine = np.isin(blocks, order[before < train * sizes.sum()])
    training, testing = (_inner(side, patch) & (scene.labels > 0) for side in (mine, ~mine))
    return training, testing


def _inner(side: npt.NDArray[np.bool_], patch: int) -> npt.NDArray[np.bool_]:
    """Return the pixels whose whole patch lies in a side; beyond the border is everybody's."""
    lowest = ndimage.minimum_filter(side.astype(np.uint8), patch, mode="constant", cval=1)
    return lowest > 0


def _merit(scene: Scene, sides: Sides, train: float) -> tuple[int, float]:
    counts = [np.bincount(scene.labels[side], minlength=len(scene.classes) + 1) for side in sides]
    training, testing = (int(count.sum()) for count in counts)
    shared = int(np.all(counts, axis=0).sum())
    return shared, -abs(training / max(1, training + testing) - train)


def _generator(owner: str, seed: int) -> np.random.Generator:
    as_key(f"{owner}: seed", seed)
    return np.random.default_rng(seed)
