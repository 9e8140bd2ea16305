"""What a neuron tells about the class: mutual information of its response to an image with the label."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..spikes import Spikes
from .counts import Of, summed
from .labels import class_indices
from .latency import first_steps

__all__ = ["count_information", "latency_information"]

CELLS = 2**22
"""Cells of the joint histograms that are held at once."""


def count_information(
    spikes: Spikes, labels: ArrayLike, of: Of = "events", corrected: bool = True
) -> NDArray[np.float64]:
    """Return the information between each neuron's count and the label, float (*shape) [bit].

    I = sum_{c,n} p(c, n) log2(p(c, n) / (p(c) p(n))), with the shares of images for probabilities. From few
    images this is too much, by (sum_c (R_c - 1) - (R - 1)) / (2 M ln 2) in first order, with M images, R
    different counts seen in all and R_c in class c. Corrected, that is taken off; the result may then be
    below 0, where there is no evidence of information. Counts that a class could have given, but did not,
    are missing from R_c: with few images a class, a part of the bias stays. NaN where a neuron never spiked.

    Parameters
    ----------
    spikes
        Of one layer.
    labels : int (images,)
        The class of every image; at least two classes.
    of
        What is summed, as for `count`.
    corrected
        Whether the bias is taken off.

    Raises
    ------
    InputError
        If there is not one label an image, only one class, or `of` is unknown.

    Source: C. E. Shannon 1948; the bias: S. Panzeri, A. Treves 1996, Analytical estimates of limited
    sampling biases in different information measures, Network 7:87, with the responses that were seen for
    those that are possible.
    """
    responses = summed("count_information", spikes, of)
    return _information("count_information", spikes, labels, responses - responses.min(), corrected)


def latency_information(spikes: Spikes, labels: ArrayLike, corrected: bool = True) -> NDArray[np.float64]:
    """Return the information between the step of each neuron's first spike and the label [bit].

    As `count_information`; no spike in the image is a response of its own.
    """
    return _information("latency_information", spikes, labels, first_steps(spikes), corrected)


def _information(
    owner: str, spikes: Spikes, labels: ArrayLike, responses: NDArray[np.int32], corrected: bool
) -> NDArray[np.float64]:
    classes = class_indices(owner, labels, spikes.images)
    responses = responses.reshape(spikes.images, -1)
    number, answers, neurons = int(classes.max()) + 1, int(responses.max()) + 1, responses.shape[1]
    block = max(1, CELLS // (number * answers))
    parts = [
        _bits(_joint(responses[:, start : start + block], classes, number, answers), corrected)
        for start in range(0, neurons, block)
    ]
    spoke = np.bincount(spikes.neuron, minlength=math.prod(spikes.shape)) > 0
    return np.where(spoke, np.concatenate(parts), np.nan).reshape(spikes.shape)


def _joint(
    responses: NDArray[np.int32], classes: NDArray[np.int64], number: int, answers: int
) -> NDArray[np.int64]:
    """Return in how many images each neuron gave each answer to each class, (neurons, classes, answers)."""
    neurons = responses.shape[1]
    cell = (np.arange(neurons) * number + classes[:, None]) * answers + responses
    return np.bincount(cell.ravel(), minlength=neurons * number * answers).reshape(neurons, number, answers)


def _bits(joint: NDArray[np.int64], corrected: bool) -> NDArray[np.float64]:
    """Return the information in joint histograms, (neurons,)."""
    marginal = _entropy(joint.sum(axis=2)) + _entropy(joint.sum(axis=1))
    information: NDArray[np.float64] = marginal - _entropy(joint, (1, 2))
    if not corrected:
        return information
    seen = np.count_nonzero(joint, axis=2) - 1
    freedom = seen.sum(axis=1) - (np.count_nonzero(joint.sum(axis=1), axis=1) - 1)
    bias = freedom / (2 * math.log(2) * int(joint[0].sum()))
    information -= bias
    return information


def _entropy(counts: NDArray[np.int64], axis: int | tuple[int, ...] = 1) -> NDArray[np.float64]:
    """Return the entropy of histograms along an axis [bit]."""
    share = counts / counts.sum(axis=axis, keepdims=True)
    terms = share * np.log2(np.where(counts > 0, share, 1.0))
    entropy: NDArray[np.float64] = -terms.sum(axis=axis)
    return entropy
