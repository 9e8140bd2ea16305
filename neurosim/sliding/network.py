"""A network of patches made one of a scene, and what of the scene belongs to a pixel's patch."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..errors import InputError, Unsupported
from ..layers import Layer, Projection
from ..network import Network
from ..neurons.base import numbers
from ..ops import Shape
from ..ops.base import whole_numbers
from ..parameters import Numeric
from .ops import Pixels, chain_over, shape_over

__all__ = ["of_pixel", "over_scene"]


def over_scene(network: Network, rows: int, columns: int) -> Network:
    """Return a network that does for rows x columns pixels at once what `network` does for one patch.

    The last two axes of a layer of three or four are rows and columns; layers of fewer, (C,) or (C, bands),
    are of the patch as a whole. A layer (C, h, w) becomes (C, h + rows - 1, w + columns - 1), a layer (N,)
    becomes (N, rows, columns), and so does an output of N classes. Convolutions without padding and stride
    in space commute with cutting out patches; the linear map behind them becomes a convolution with a kernel
    as large as the patch's map, the maps behind it those of 1x1. Input is the scene with a border on each
    side of half a patch.

    Neuron (c, y, x) of the patch around pixel (row, column) is neuron (c, row + y, column + x) of the scene,
    with the same spikes and, bit by bit, potentials: also where pixels are analogue, for kernels add a
    target's terms in the same order. Two sums are ordered otherwise, which shows in the last bit unless it
    is exact (whole or dyadic weights): that of a `Linear` behind a `Reshape`, and that of a `Linear` alone,
    over several bands, where it is not the first projection into its layer.

    Parameters
    ----------
    network
        Of patches. Neurons and biases must be the same for all neurons of a channel.
    rows, columns
        Pixels whose patches are meant.

    Raises
    ------
    InputError
        If rows or columns is no whole number >= 1.
    Unsupported
        If a layer differs from place to place, or a projection does not commute with cutting out patches.
    """
    (rows,) = whole_numbers("over_scene", "rows", rows, 1, 1)
    (columns,) = whole_numbers("over_scene", "columns", columns, 1, 1)
    pixels = rows, columns
    layers = [_layer_over(layer, pixels) for layer in network.layers]
    projections = [
        _projection_over(projection, network[projection.source].shape, pixels)
        for projection in network.projections
    ]
    return Network(layers, projections)


def of_pixel(values: np.ndarray, shape: Shape, row: int, column: int) -> np.ndarray:
    """Return what a layer of the scene says in the patch of one pixel, (..., *shape).

    Parameters
    ----------
    values : (..., *layer of the scene)
        Spikes, counts, potentials.
    shape
        Of the layer in the network of patches.
    row, column
        The pixel, counted from the first that the scene's network has a patch of.

    Raises
    ------
    InputError
        If the values are of another layer, or have no such pixel.
    """
    whole = shape_over(shape, (1, 1))
    window = slice(row, row + whole[-2]), slice(column, column + whole[-1])
    found = values[(..., *window)] if values.ndim >= len(whole) and min(row, column) >= 0 else values[:0]
    if found.shape[-len(whole) :] != whole:
        raise InputError(
            f"of_pixel: values of shape {values.shape} have no patch {shape} at row {row}, column {column}: "
            "give values of that layer in the scene, and a pixel within it"
        )
    return found.reshape(*values.shape[: -len(whole)], *shape)


def _layer_over(layer: Layer, pixels: Pixels) -> Layer:
    values: Mapping[str, Numeric | None] = {**numbers(layer.neuron), "quantum": layer.quantum}
    for name, value in values.items():
        if value is not None and np.ndim(value) > 1:
            _refuse_layer(layer, f"has {name} one a neuron", "give a scalar or one a channel")
    if getattr(layer.neuron, "seeds", ()):
        _refuse_layer(layer, "draws random numbers, which differ between patches", "leave noise out")
    return replace(layer, shape=shape_over(layer.shape, pixels))


def _refuse_layer(layer: Layer, reason: str, remedy: str) -> None:
    raise Unsupported(f"over_scene: layer {layer.name!r}: {type(layer.neuron).__name__} {reason}: {remedy}")


def _projection_over(projection: Projection, source: Shape, pixels: Pixels) -> Projection:
    if projection.bias is not None and projection.bias.ndim > 1:
        raise Unsupported(f"over_scene: {projection}: bias is one a neuron: give one a channel")
    try:
        return replace(projection, ops=chain_over(projection.ops, source, pixels))
    except Unsupported as error:
        raise Unsupported(f"over_scene: {projection}: {error}") from None
