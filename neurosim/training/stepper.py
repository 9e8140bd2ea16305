"""One step of gradient descent."""

from collections.abc import Callable, Iterable

import torch
from torch import nn

from neurosim.errors import RunFailed
from neurosim.training.membranes import Membrane

__all__ = ["Loss", "MakeOptimiser", "Schedule", "Stepper"]

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
MakeOptimiser = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]
Schedule = Callable[[float], float]


class Stepper:
    """A network with all that changes its weights.

    Parameters
    ----------
    module
        Trained in place, on the device its parameters are on.
    make_optimiser
        Makes the optimiser from the parameters.
    loss
        Of outputs and labels; a mean over the batch.
    schedule
        Factor on the optimiser's learning rates, as a function of progress in [0, 1).
    """

    def __init__(
        self, module: nn.Module, make_optimiser: MakeOptimiser, loss: Loss, schedule: Schedule
    ) -> None:
        self.module = module
        self.optimiser = make_optimiser(module.parameters())
        self._loss = loss
        self._membranes = [part for part in module.modules() if isinstance(part, Membrane)]
        self._schedule = schedule
        self._rates = [float(group["lr"]) for group in self.optimiser.param_groups]
        self._device = next(module.parameters()).device

    def step(self, images: torch.Tensor, labels: torch.Tensor, progress: float) -> tuple[float, int]:
        """Learn from one batch.

        Returns
        -------
        loss : float
            Mean over the batch.
        correct : int
            Images whose largest output was their label.

        Raises
        ------
        RunFailed
            If the loss is not finite, or a threshold no longer positive.
        """
        self._set_rates(self._schedule(progress))
        labels = labels.to(self._device)
        outputs = self.module(images.to(self._device))
        loss = self._loss(outputs, labels)
        if not torch.isfinite(loss):
            raise RunFailed(
                f"fit: the loss is {loss.item()} at {progress:.1%} of the training: lower the rate"
            )
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        for membrane in self._membranes:
            membrane.constrain()
        return loss.item(), _correct(outputs, labels)

    def _set_rates(self, factor: float) -> None:
        for group, rate in zip(self.optimiser.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor


def _correct(outputs: torch.Tensor, labels: torch.Tensor) -> int:
    """Return how many images had their label as the largest output, summed over steps where it has them."""
    accumulated = outputs.flatten(2).sum(dim=2) if outputs.ndim > 2 else outputs
    return int((accumulated.argmax(dim=1) == labels).sum())
