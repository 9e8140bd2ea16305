"""How alike two layers see the images: linear CKA."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from ..parameters import as_array
from .ratio import ratio

__all__ = ["linear_cka", "similarity"]

Responses = Mapping[str, ArrayLike]
"""By the name of the layer: one response an image and neuron, (images, *shape)."""


def linear_cka(first: ArrayLike, second: ArrayLike) -> float:
    """Return the linear centred kernel alignment of two layers, in [0, 1].

    CKA = |Y^T X|^2 / (|X^T X| |Y^T Y|) in Frobenius norms, X (images, neurons) and Y centred over images. It
    does not change when a layer is rotated, reflected or scaled. NaN where a layer answers all images
    equally. With fewer images than neurons it is biased upwards: compare values from equally many images.

    Parameters
    ----------
    first, second : (images, *shape)
        What each layer says to every image: `count`, `rate` or `first_spike_latency` without NaN of a
        spiking layer, activations of an artificial one. Shapes may differ.

    Raises
    ------
    InputError
        If they are not of the same images, or not finite.

    Source: S. Kornblith, M. Norouzi, H. Lee, G. Hinton 2019, Similarity of neural network representations
    revisited, ICML.
    """
    return float(similarity({"first": first}, {"second": second})[0, 0])


def similarity(first: Responses, second: Responses | None = None) -> NDArray[np.float64]:
    """Return the linear CKA of each layer of the first with each of the second, float (first, second).

    Parameters
    ----------
    first, second
        Responses by layer; None: the first once more. The two may come from different networks, such as the
        spiking one and the artificial one it was made from, shown the same images.

    Raises, source
    --------------
    As `linear_cka`.
    """
    one = _centred(first)
    other = one if second is None else _centred(second)
    _check_images(one | other)
    norms = [np.sqrt([_alignment(x, x) for x in layers.values()]) for layers in (one, other)]
    found = np.array([[_alignment(x, y) for y in other.values()] for x in one.values()])
    size = np.multiply.outer(*norms)
    return ratio(found, size)


def _alignment(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return |Y^T X|^2, by whichever products are smaller: over neurons, or over images."""
    if max(x.shape[1], y.shape[1]) < len(x):
        return float(np.sum((x.T @ y) ** 2))
    return float(np.sum((x @ x.T) * (y @ y.T)))


def _centred(layers: Responses) -> dict[str, NDArray[np.float64]]:
    if not layers:
        raise InputError("similarity: no layer is given; give at least one")
    return {name: _centred_layer(name, values) for name, values in layers.items()}


def _centred_layer(name: str, values: ArrayLike) -> NDArray[np.float64]:
    array: NDArray[Any] = as_array(values)
    if array.dtype.kind not in "fiu" or array.ndim < 2 or not array.size:
        raise InputError(
            f"similarity: layer {name!r} is {array.dtype} {array.shape}; give numbers (images, *shape)"
        )
    if not np.isfinite(array).all():
        raise InputError(f"similarity: layer {name!r} holds NaN or infinity; give finite responses")
    flat = array.reshape(len(array), -1).astype(np.float64)
    flat -= flat[0]  # a constant neuron is then exactly 0
    return np.asarray(flat - flat.mean(axis=0))


def _check_images(layers: Mapping[str, NDArray[np.float64]]) -> None:
    images = {name: len(values) for name, values in layers.items()}
    if len(set(images.values())) > 1:
        raise InputError(f"similarity: the layers hold {images} images; give responses to the same ones")
