"""A strip of a scene in Brian2 C++: the class of every pixel, and every spike of some pixels' patches."""

import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..comparison import Agreement, compare
from ..datasets import Patches, Strips
from ..devices import CppStandalone, Reference
from ..network import Network
from ..recording import Recording
from ..simulation import Simulation
from ..sliding import over_scene
from .pixel_recording import recording_of_pixels
from .sites import Site

__all__ = ["Strip", "simulated_strip"]

ROWS, FIRST = 3, 16
"""Rows of the scene that are an image, and the first of these: few rows need less memory."""


@dataclass(frozen=True, eq=False)
class Strip:
    """What a network of patches said of some rows of a scene.

    Attributes
    ----------
    rows
        Of the scene.
    decided : int64 (rows, columns)
        The class of every pixel, after the last step.
    pixels : int64 (patches,)
        Those of test that were looked into, by their numbers in the scene.
    patches : Recording
        Every spike of their patches in Brian2 C++, cut out of the strip: an image a pixel.
    reference : Recording
        The same patches, run in numpy by themselves.
    """

    rows: range
    decided: npt.NDArray[np.int64]
    pixels: npt.NDArray[np.int64]
    patches: Recording
    reference: Recording

    @property
    def agreement(self) -> Agreement:
        """Whether every spike and every output of these patches is equal."""
        return compare({"CppStandalone": self.patches, "Reference": self.reference})

    def inside(self, pixels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the pixels that lie in the strip, in the order of rows."""
        return _between(pixels, self.rows, self.decided.shape[1])

    def said(self, pixels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the classes decided for, of pixels that lie in the strip."""
        said: npt.NDArray[np.int64] = self.decided.ravel()[pixels - self.rows.start * self.decided.shape[1]]
        return said


def simulated_strip(
    network: Network, seen: Site, steps: int, *, images: int = 8, patches: int = 16, progress: bool = True
) -> Strip:
    """Run some rows of a scene, from 48, in Brian2 C++, and the patches of some test pixels there in numpy.

    Parameters
    ----------
    network
        Of patches (1, bands, size, size).
    seen
        The scene as the network sees it.
    steps
        Length T of a window.
    images
        So many times three rows.
    patches
        So many test pixels are looked into, evenly spaced over three rows in the middle.
    progress
        Show a progress bar on stderr.

    Raises
    ------
    DeviceUnavailable
        If g++ or make is missing.
    BudgetExceeded
        If the machine has less memory or disk than the run needs.
    """
    strips, columns = Strips(seen.scene, seen.size, ROWS), seen.scene.labels.shape[1]
    wide = over_scene(network, strips.rows, strips.columns)
    parts, middle = range(FIRST, FIRST + images), FIRST + images // 2
    outputs = _run(wide, steps, strips.images[parts.start : parts.stop], "totals", progress).output()
    spikes = _run(wide, steps, strips.images[middle : middle + 1], "spikes", False)
    there = _between(seen.split.test, range(middle * ROWS, (middle + 1) * ROWS), columns)
    pixels = there[np.linspace(0, len(there) - 1, patches).astype(int)]
    labels = seen.scene.targets(pixels)
    places = [divmod(int(pixel) - middle * ROWS * columns, columns) for pixel in pixels]
    return Strip(
        range(parts.start * ROWS, parts.stop * ROWS),
        outputs[:, -1].argmax(axis=1).reshape(-1, columns),
        pixels,
        recording_of_pixels(network, spikes, 0, places, labels),
        _reference(network, Patches(seen.scene, pixels, seen.size), steps),
    )


def _run(
    wide: Network, steps: int, images: npt.NDArray[np.float32], record: str, progress: bool
) -> Recording:
    """Run parts of a strip; what is recorded is not part of the build."""
    jobs = min(len(images), 2, len(os.sched_getaffinity(0)))
    with Simulation(wide, CppStandalone(), steps, record=record) as simulation:
        return simulation.run(images, jobs=jobs, progress=progress)


def _reference(network: Network, patches: Patches, steps: int) -> Recording:
    with Simulation(network, Reference(), steps, record="spikes") as simulation:
        return simulation.run(patches.images[:], patches.labels, progress=False)


def _between(pixels: npt.NDArray[np.int64], rows: range, columns: int) -> npt.NDArray[np.int64]:
    """Return the pixels of some rows, in the order of rows."""
    return np.sort(pixels[(pixels >= rows.start * columns) & (pixels < rows.stop * columns)])
