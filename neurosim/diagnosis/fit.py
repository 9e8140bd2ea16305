"""How a network's weights differ from the module's, read from what both make of the same activations.

For each layer d = z - z_net is what the network lacks, and u_p what its projections bring. Three laws are
tried, the one with the fewest numbers first:

    "bias"     d = c            constant over images: a bias that was lost or changed
    "threshold" d = k (sum_p u_p + c0), c0 the bias: one factor on all that arrives, tried where neurons have
                                    a unit of their own: the threshold is not the one that the weights assume
    "scale"    d = sum_s k_s u_s     one factor a source: what its strengths stand for is not what W assumes
    "affine"   d = sum_p k_p u_p + c, one k_p and c a channel: a batch norm that was not folded
    "weights"  anything else
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

__all__ = ["Fit", "Mismatch"]

EXPLAINED = 1e-6
"""Share of the power of d that a law may leave unexplained; sums of squares keep half of the digits."""

NEGLIGIBLE = 1e-9
"""Share of the activation's size below which network and module say the same: rounding."""


@dataclasses.dataclass(frozen=True)
class Mismatch:
    """What kind of difference a layer shows, with the factors 1 + k: one, or of each source if "scale"."""

    kind: str
    factors: tuple[float, ...] = ()


class Fit:
    """Sums of products over a stream of images, from which the laws are fitted.

    Memory does not grow with images: two numbers a neuron, and (projections + 1)^2 a channel.

    Parameters
    ----------
    shape : tuple of int
        The layer's.
    sources : sequence of str
        Of each projection into the layer.
    own_unit : bool
        Whether potentials are in other units than activations, so that a threshold can miss the weights.
    """

    def __init__(self, shape: tuple[int, ...], sources: Sequence[str], own_unit: bool) -> None:
        columns, channels = len(sources) + 1, shape[0]
        self._own_unit = own_unit
        self.sources = tuple(dict.fromkeys(sources))
        self._merge = np.array([[s == name for name in self.sources] for s in sources], float)
        self._gram = np.zeros((channels, columns, columns))
        self._cross = np.zeros((channels, columns))
        self._power = np.zeros(channels)
        self._drive = np.zeros(2)
        self._sum, self._squares = np.zeros(shape), np.zeros(shape)
        self._images = 0
        self._samples = 0

    def add(self, lacking: np.ndarray, drive: np.ndarray, parts: Sequence[np.ndarray]) -> None:
        """Take further images: d, z_net and the u_p, each (images, *shape)."""
        columns = [_by_channel(part) for part in (*parts, np.ones_like(lacking))]
        x, d = np.stack(columns, axis=1), _by_channel(lacking)
        self._gram += x @ x.transpose(0, 2, 1)
        self._cross += np.einsum("cpn,cn->cp", x, d)
        self._power += np.einsum("cn,cn->c", d, d)
        self._drive += [np.vdot(drive, lacking), np.vdot(drive, drive)]
        self._sum += lacking.sum(axis=0)
        self._squares += (lacking**2).sum(axis=0)
        self._images += len(lacking)
        self._samples += d.shape[1]

    def mismatch(self) -> Mismatch:
        """Return the simplest law that explains the difference; there must be one."""
        power = self._power.sum()
        if self._images > 1 and (self._squares - self._sum**2 / self._images).sum() <= EXPLAINED * power:
            return Mismatch("bias")
        along, size = self._drive
        if self._own_unit and power * size - along**2 <= EXPLAINED * power * size:
            return Mismatch("threshold", (1 + along / size,))
        gram = self._merge.T @ self._gram[:, :-1, :-1].sum(axis=0) @ self._merge
        cross = self._merge.T @ self._cross[:, :-1].sum(axis=0)
        scales = np.linalg.lstsq(gram, cross)[0]
        if power - scales @ cross <= EXPLAINED * power:
            return Mismatch("scale", tuple(1 + scales))
        if self._samples > self._cross.shape[1] + 1 and self._affine() <= EXPLAINED * power:
            return Mismatch("affine")
        return Mismatch("weights")

    def _affine(self) -> float:
        """Return the power that is left by one factor a projection and one constant, for each channel."""
        left = 0.0
        for gram, cross, power in zip(self._gram, self._cross, self._power, strict=True):
            left += max(0.0, float(power - np.linalg.lstsq(gram, cross)[0] @ cross))
        return left


def _by_channel(values: np.ndarray) -> np.ndarray:
    """Return (images, C, ...) as (C, samples)."""
    return np.moveaxis(values, 1, 0).reshape(values.shape[1], -1)
