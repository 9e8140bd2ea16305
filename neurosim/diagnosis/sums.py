"""What is kept of a layer while images stream by: sums, of which none grows with the number of images."""

import numpy as np

from .fit import NEGLIGIBLE, Fit
from .grid import Grid
from .layer_error import LayerError
from .terms import CAUSES, OWN, Split

__all__ = ["LayerSums"]

TERMS = ("total", *CAUSES)


class LayerSums:
    """The sums of one layer.

    Parameters
    ----------
    name : str
    shape : tuple of int
    fit : Fit
        Of the projections into the layer.
    grid : Grid, optional
        None: the layer accumulates or pools.
    keep : bool
        Keep every neuron's terms.

    Attributes
    ----------
    cut_off : float
        |max(0, a - ceiling)| / |a|: what clipping takes from the ANN's activations themselves.
    levels, fill : float
        Mean over images of the largest a / quantum, and of the largest a / ceiling, which is 0 where
        strengths are not limited; both 0 without grid.
    """

    def __init__(self, name: str, shape: tuple[int, ...], fit: Fit, grid: Grid | None, keep: bool) -> None:
        self.name, self._shape, self._grid, self._keep = name, shape, grid, keep
        self.fit = fit
        self._squares = {term: np.zeros(shape[0]) for term in TERMS}
        self._products = dict.fromkeys(CAUSES, 0.0)
        self._kept: dict[str, list[np.ndarray]] = {term: [np.zeros((0, *shape))] for term in TERMS}
        self._moments = np.zeros(5)
        self._size, self._largest = np.zeros(shape[0]), 0.0
        self._own = self._cut = self._levels = self._fill = 0.0
        self._spoke, self._active = np.zeros(shape, bool), np.zeros(shape, bool)
        self._saturated = self._negative = self._images = 0
        self._left: list[np.ndarray] = []

    def add(self, terms: Split, activation: np.ndarray, said: np.ndarray) -> None:
        """Take the terms, activation and read-out of further images, each (images, *shape)."""
        values = {term: getattr(terms, term) for term in TERMS}
        for term, value in values.items():
            self._squares[term] += _channel_sums(value**2)
            if self._keep:
                self._kept[term].append(value)
        for cause in CAUSES:
            self._products[cause] += float(np.vdot(values[cause], terms.total))
        self._own += float((sum(values[term] for term in OWN) ** 2).sum())
        x, y = activation.ravel(), said.ravel()
        self._moments += [x.sum(), y.sum(), x @ x, y @ y, x @ y]
        self._size += _channel_sums(activation**2)
        self._largest = max(self._largest, float(np.abs(activation).max()))
        self._spoke |= (said != 0).any(axis=0)
        self._active |= (activation > 0).any(axis=0)
        self._images += len(said)
        if self._grid:
            ceiling = self._grid.ceiling
            self._cut += float((np.maximum(activation - ceiling, 0) ** 2).sum())
            self._fill += _largest(activation / ceiling)
            self._levels += _largest(activation / self._grid.unit)

    def count(self, sums: np.ndarray, drive: np.ndarray) -> None:
        """Take the sums of strengths and mean drives of neurons with a threshold, each (images, *shape)."""
        assert self._grid is not None
        self._saturated += int((sums >= self._grid.highest).sum())
        self._negative += int(((sums > 0) & (drive < 0)).sum())

    def leave(self, potentials: np.ndarray) -> None:
        """Take what is left on membranes [quanta], (images, neurons chosen)."""
        self._left.append(potentials)

    @property
    def differs(self) -> bool:
        """Whether the network says something else than the module of the same activations."""
        count = self._images * self._places
        error = np.sqrt(self._squares["mapping"].sum() / (count * self._shape[0]))
        return bool(error > NEGLIGIBLE * max(self._largest, 1e-300))

    @property
    def cut_off(self) -> float:
        """See the class."""
        return _ratio(self._cut, self._size.sum())

    @property
    def levels(self) -> float:
        """See the class."""
        return self._levels / self._images

    @property
    def fill(self) -> float:
        """See the class."""
        return self._fill / self._images

    @property
    def _places(self) -> int:
        return int(np.prod(self._shape[1:]))

    def finish(self, accuracy: float) -> LayerError:
        """Return what the sums come to."""
        count = self._images * self._places
        power = float(self._squares["total"].sum())
        neurons = self._images * int(np.prod(self._shape))
        with np.errstate(divide="ignore", invalid="ignore"):
            snr = float(10 * np.log10(self._size.sum() / np.float64(power)))
            shares = {cause: float(self._products[cause] / np.float64(power)) for cause in CAUSES}
        kept = {term: np.concatenate(parts) for term, parts in self._kept.items()}
        return LayerError(
            self.name,
            **kept,
            rms={term: np.sqrt(squares / count) for term, squares in self._squares.items()},
            size=np.sqrt(self._size / count),
            shares=shares,
            own=_ratio(self._own, self._size.sum()),
            saturated=self._saturated / neurons,
            dead=float((self._active & ~self._spoke).mean()),
            negative=self._negative / neurons,
            snr=snr,
            correlation=_correlation(neurons, *self._moments),
            residual=float(np.sqrt(np.mean(np.concatenate(self._left) ** 2))) if self._left else float("nan"),
            accuracy=accuracy,
        )


def _channel_sums(values: np.ndarray) -> np.ndarray:
    """Sum (images, C, ...) to (C,)."""
    total: np.ndarray = np.moveaxis(values, 1, 0).reshape(values.shape[1], -1).sum(axis=1)
    return total


def _largest(values: np.ndarray) -> float:
    """Sum the largest value of each image."""
    return float(values.reshape(len(values), -1).max(axis=1).sum())


def _ratio(squares: float, size: float) -> float:
    return float(np.sqrt(squares / size)) if size else float("nan")


def _correlation(n: int, x: float, y: float, xx: float, yy: float, xy: float) -> float:
    """Pearson's correlation from sums; NaN where a side is constant."""
    spread = (xx - x * x / n) * (yy - y * y / n)
    return float((xy - x * y / n) / np.sqrt(spread)) if spread > 0 else float("nan")
