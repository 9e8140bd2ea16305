"""What a training went through, epoch by epoch."""

from dataclasses import dataclass

__all__ = ["Epoch", "History"]


@dataclass(frozen=True)
class Epoch:
    """One pass over the training images.

    Attributes
    ----------
    loss
        Mean over the images.
    accuracy
        Share of training images classified rightly, augmented and while the weights still changed.
    validation
        Share of validation images classified rightly after the epoch; None without such images.
    """

    loss: float
    accuracy: float
    validation: float | None

    def __str__(self) -> str:
        validation = "" if self.validation is None else f", validation {self.validation:.2%}"
        return f"loss {self.loss:.4f}, accuracy {self.accuracy:.2%}{validation}"


@dataclass(frozen=True)
class History:
    """The epochs of a training, in order; those before a resume included."""

    epochs: tuple[Epoch, ...] = ()

    def __len__(self) -> int:
        return len(self.epochs)

    def __add__(self, epoch: Epoch) -> "History":
        return History((*self.epochs, epoch))
