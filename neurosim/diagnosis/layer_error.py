"""The error of one layer: its terms neuron by neuron, and what they come to."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from .terms import CAUSES

__all__ = ["LayerError"]


@dataclasses.dataclass(frozen=True, eq=False)
class LayerError:
    """How far the read-out of a layer is from the ANN's activation, and why.

    total = mapping + inherited + clipping + quantisation + timing for every image and neuron (see
    `diagnosis.terms`); mapping is zero where network and module agree.

    Attributes
    ----------
    name : str
    total, mapping, inherited, clipping, quantisation, timing : array, shape (images, *shape)
        In the units of the activation; of no images where the layer was not to be kept.
    rms : dict of str to array, shape (C,)
        Of "total" and every term, root of the mean square over images and places of a channel.
    size : array, shape (C,)
        The same of the activation.
    shares : dict of str to float
        Of every term, sum(term total) / sum(total^2): they sum to 1. Negative: the term makes up for others.
        NaN where the error is zero throughout.
    own : float
        Relative size of what the layer adds itself: |clipping + quantisation + timing| / |activation|.
    saturated : float
        Share of images and neurons whose sum of strengths is the largest possible.
    dead : float
        Share of neurons that are silent on all images although the ANN's are not.
    negative : float
        Share of images and neurons that spoke although what arrived was negative in the mean.
    snr : float
        Signal-to-noise ratio sum(a^2) / sum(total^2) [dB].
    correlation : float
        Between read-out and activation over images and neurons; NaN where one of them is constant.
    residual : float
        Root mean square of the membrane potentials at the end of the window [quanta], over at most 64 neurons
        spread over the layer; NaN of layers without threshold.
    accuracy : float
        Share of images decided rightly if this layer and all before it said what the ANN says; NaN if that
        was not asked for.
    """

    name: str
    total: np.ndarray
    mapping: np.ndarray
    inherited: np.ndarray
    clipping: np.ndarray
    quantisation: np.ndarray
    timing: np.ndarray
    rms: Mapping[str, np.ndarray]
    size: np.ndarray
    shares: Mapping[str, float]
    own: float
    saturated: float
    dead: float
    negative: float
    snr: float
    correlation: float
    residual: float
    accuracy: float = float("nan")

    def relative(self, term: str) -> float:
        """Return |term| / |activation| over all images and neurons, the term "total" or a cause.

        NaN where the activation is zero throughout.
        """
        size = float(np.sqrt(np.mean(self.size**2)))
        return float(np.sqrt(np.mean(self.rms[term] ** 2))) / size if size else float("nan")

    def row(self) -> dict[str, Any]:
        """Return the layer as a row of plain numbers: relative sizes, shares, and the rest."""
        return {
            "layer": self.name,
            **{term: self.relative(term) for term in ("total", *CAUSES)},
            **{f"share_{cause}": self.shares[cause] for cause in CAUSES},
            "snr_db": self.snr,
            "correlation": self.correlation,
            "saturated": self.saturated,
            "dead": self.dead,
            "negative": self.negative,
            "residual": self.residual,
            "accuracy_if_exact": self.accuracy,
        }
