"""Networks of patches, evaluated over a whole scene: where patches overlap, convolutions are done once."""

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from neurosim.errors import InputError

__all__ = ["OverScene", "PixelNumbers"]

Pixels = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PixelNumbers:
    """Pixels of a scene to train `OverScene` on: as images their numbers, (N, 1), and their labels, (N,)."""

    images: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]


class OverScene(nn.Module):
    """A network of patches that takes numbers of pixels and cuts its patches out of maps of features.

    Convolutions without padding and stride commute with cutting out patches: done once over the scene, with
    its border of zeros, they give each pixel's features, and the layers behind `nn.Flatten` take the windows
    around the pixels that are asked for. Outputs and gradients are those of the patches, sums being ordered
    otherwise; so are the spikes of neurons with one threshold and one leak a layer. For HybridSN on Indian
    Pines a pass over the scene costs as much as 46 patches.

    Parameters
    ----------
    module
        A network of (N, 1, bands, size, size) in evaluation mode, also `Unrolled`, with one `nn.Flatten`.
        Its parameters are shared: training this trains the module, which stays one of patches.
    cube : (H, W, bands)
        What the network sees of the scene.
    size
        Side of a patch [pixels], odd.
    mirrored
        In training mode, turn the scene's rows round with a probability of one half, and its columns, at
        every batch.

    Attributes
    ----------
    module
        The network over the scene.

    Raises
    ------
    InputError
        If the module has not one `nn.Flatten`, or says something else of a patch than of the scene.
    """

    padded: torch.Tensor

    def __init__(
        self, module: nn.Module, cube: npt.NDArray[Any], size: int, *, mirrored: bool = False
    ) -> None:
        super().__init__()
        if size < 1 or size % 2 == 0:
            raise InputError(f"OverScene: size is {size}: give an odd one, the pixel being in the middle")
        half = size // 2
        wide = np.pad(cube.astype(np.float32), ((half, half), (half, half), (0, 0)))
        self.register_buffer("padded", torch.from_numpy(np.moveaxis(wide, 2, 0).copy())[None, None], False)
        self.module, self._windows = _with_windows(module, cube.shape[1])
        self.shape, self.mirrored = cube.shape[:2], mirrored
        _check(module, size, cube.shape[2])

    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        """Return the network's outputs for pixels given by row * W + column, (N, 1)."""
        turned = torch.rand(2) < (0.5 if self.mirrored and self.training else 0)
        places = list(torch.unravel_index(numbers.flatten().long(), self.shape))
        axes = turned.nonzero().flatten().tolist()
        for axis in axes:
            places[axis] = self.shape[axis] - 1 - places[axis]
        self._windows.pixels = places[0] * self.shape[1] + places[1]
        said: torch.Tensor = self.module(torch.flip(self.padded, [3 + axis for axis in axes]))
        return said


class _Windows(nn.Module):
    """Cut maps (1, ..., H', W') into the windows of some pixels, flattened: (N, C * side * side)."""

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.columns = columns
        self.pixels = torch.zeros(1, dtype=torch.long)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        maps = maps.flatten(1, -3)  # bands that are left count as channels
        wide = maps.shape[3]
        offset = torch.arange(wide - self.columns + 1, device=maps.device)
        corner = self.pixels // self.columns * wide + self.pixels % self.columns
        chosen = corner[:, None, None] + offset[:, None] * wide + offset
        places = maps[0].flatten(1).T  # a row holds the channels of a place: what lies together stays so
        found = places.index_select(0, chosen.flatten()).view(len(corner), -1, places.shape[1])
        return found.transpose(1, 2).flatten(1)


def _with_windows(module: nn.Module, columns: int) -> tuple[nn.Module, _Windows]:
    """Return a copy that shares all parameters, its Flatten replaced, and what replaces it."""
    flattens = [path for path, part in module.named_modules() if type(part) is nn.Flatten]
    if len(flattens) != 1:
        raise InputError(
            f"OverScene: {type(module).__name__} has {len(flattens)} nn.Flatten: one must stand between its "
            "convolutions and its linear layers"
        )
    shared = {id(parameter): parameter for parameter in module.parameters()}
    made, windows = copy.deepcopy(module, memo=dict(shared)), _Windows(columns)
    made.set_submodule(flattens[0], windows)
    return made, windows


def _check(module: nn.Module, size: int, bands: int) -> None:
    """Compare patches and scene on a scene of two by two pixels."""
    numbers = torch.arange(4)
    running = copy.deepcopy(module).double()
    made, windows = _with_windows(running, 2)
    windows.pixels = numbers
    scene = torch.from_numpy(np.random.default_rng(0).normal(size=(1, 1, bands, size + 1, size + 1)))
    places = [(row, column) for row in (0, 1) for column in (0, 1)]
    patches = [scene[0, :, :, row : row + size, column : column + size] for row, column in places]
    with torch.no_grad():
        try:
            over, apart = made(scene), running(torch.stack(patches))
        except RuntimeError as error:
            raise InputError(f"OverScene: {type(module).__name__}: {str(error).splitlines()[0]}") from error
    if over.shape != apart.shape or not torch.allclose(over, apart, rtol=1e-9, atol=1e-9):
        raise InputError(
            f"OverScene: {type(module).__name__} says something else of a patch than of the scene: before "
            "its nn.Flatten only layers without padding, stride and sight of the whole image may stand"
        )
