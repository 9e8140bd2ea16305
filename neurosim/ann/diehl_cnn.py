"""The network for MNIST of Diehl et al. 2015 (IJCNN), with which threshold balancing was introduced."""

from torch import nn

__all__ = ["diehl_cnn"]


def diehl_cnn(classes: int = 10) -> nn.Sequential:
    """Build 12C5-P2-64C5-P2-10: two convolutions without padding, average pooling, no bias anywhere.

    Parameters
    ----------
    classes
        Number of outputs.

    Returns
    -------
    nn.Sequential
        Takes raw pixels (N, 1, 28, 28), gives logits (N, classes); weights sit at indices 0, 3 and 7.
    """
    return nn.Sequential(
        nn.Conv2d(1, 12, 5, bias=False),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Conv2d(12, 64, 5, bias=False),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 4 * 4, classes, bias=False),
    )
