"""What neurons with trainable parameters share: a state that is forgotten, a threshold, a neuron of ours."""

from abc import abstractmethod

import torch
from torch import nn

from neurosim.errors import InputError, RunFailed
from neurosim.neurons import Neuron

__all__ = ["Membrane", "Stateful", "restart"]


class Stateful(nn.Module):
    """A module that remembers something from one step to the next."""

    @abstractmethod
    def restart(self) -> None:
        """Forget it."""


def restart(module: nn.Module) -> None:
    """Put every part that remembers something into the state it has before an image."""
    for part in module.modules():
        if isinstance(part, Stateful):
            part.restart()


class Membrane(Stateful):
    """A layer of spiking neurons with one threshold; a call is one step, the membrane is kept between.

    Parameters
    ----------
    threshold
        Where it starts, > 0.
    learn_threshold
        Whether it is trained; if not it stays as it is, in the state dict all the same.

    Raises
    ------
    InputError
        If the threshold is not positive.
    """

    def __init__(self, threshold: float, learn_threshold: bool) -> None:
        super().__init__()
        if not 0 < threshold < float("inf"):
            raise InputError(f"{type(self).__name__}.threshold is {threshold:g}: give a positive number")
        self.threshold = nn.Parameter(torch.tensor(float(threshold)), requires_grad=learn_threshold)

    @property
    @abstractmethod
    def neuron(self) -> Neuron:
        """The neuron of `neurosim.neurons` that it is, with the very same numbers."""

    @property
    @abstractmethod
    def carried(self) -> float:
        """What a strength of 1 carries to the next weights."""

    def constrain(self) -> None:
        """Bring parameters back into their range after an update.

        Raises
        ------
        RunFailed
            If the threshold is no longer positive.
        """
        if not self.threshold.item() > 0:
            raise RunFailed(
                f"{type(self).__name__}: its threshold became {self.threshold.item():g}: lower the rate"
            )

    def extra_repr(self) -> str:
        """Say the neuron, as torch prints a module."""
        return repr(self.neuron)
