"""What the readers of all libraries give back: a neuron of ours, and how its module is run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from neurosim.errors import Unsupported
from neurosim.neurons import Neuron
from neurosim.parameters import Numeric

__all__ = ["BATCH_FIRST", "SQUEEZED", "STEP", "TIME_FIRST", "Spiking", "number_of", "refuse"]

STEP = "one step (N, ...) a call"
TIME_FIRST = "all steps at once (T, N, ...)"
BATCH_FIRST = "all steps at once (N, T, ...)"
SQUEEZED = "all steps at once (N * T, ...)"


@dataclass(frozen=True, eq=False)
class Spiking:
    """A spiking module in our terms.

    Attributes
    ----------
    make
        Makes the neuron of the parameters.
    parameters
        By name, in torch's broadcasting against one image.
    layout
        What the module takes: one of the texts above.
    gain
        What the module multiplies its input by.
    factor
        What a spike carries.
    pair
        Whether the module returns its spikes and its membrane.
    """

    make: Callable[..., Neuron]
    parameters: Mapping[str, Any]
    layout: str
    gain: Any = 1.0
    factor: float = 1.0
    pair: bool = field(default=False)

    def neuron(self, shape: tuple[int, ...]) -> Neuron:
        """Return the neuron of a layer of this shape."""
        return self.make(**{name: _fitted(name, value, shape) for name, value in self.parameters.items()})

    def gains(self, shape: tuple[int, ...]) -> Numeric:
        """Return the gain, one for all or one a channel (C,).

        Raises
        ------
        Unsupported
            If it differs within a channel.
        """
        gain = _fitted("gain", self.gain, shape)
        if isinstance(gain, float):
            return gain
        first: np.ndarray = gain.reshape(shape[0], -1)[:, 0]
        if np.any(gain.reshape(shape[0], -1) != first[:, None]):
            raise Unsupported("its input is scaled by another number within a channel: give one a channel")
        return first


def number_of(value: Any) -> npt.NDArray[np.float64]:
    """Return a number or tensor as an array in double precision."""
    return torch.as_tensor(value).detach().to("cpu", torch.float64).numpy()


def refuse(attribute: str, value: Any, remedy: str) -> None:
    """Raise Unsupported for a setting that has no exact form."""
    shown = getattr(value, "__name__", None) or str(value).replace("\n", "")
    raise Unsupported(f"{attribute} is {shown}: {remedy}")


def _fitted(name: str, value: Any, shape: tuple[int, ...]) -> Numeric:
    """Return a scalar, or the value of each neuron, as torch broadcasts it or as it lies flattened."""
    array = np.asarray(value, np.float64)
    if array.size == 1:
        return float(array.item())
    array = array.reshape(array.shape[max(0, array.ndim - len(shape)) :])
    try:
        return np.array(np.broadcast_to(array, shape))
    except ValueError:
        if array.size == np.prod(shape):
            return array.reshape(shape)
    raise Unsupported(f"{name} has shape {array.shape}: the layer has {shape}")
