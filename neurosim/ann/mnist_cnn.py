"""The bias-free MNIST network that sinabs publishes for conversion (github.com/synsense/sinabs)."""

from torch import nn

__all__ = ["mnist_cnn"]


def mnist_cnn() -> nn.Sequential:
    """Build the network: three convolutions with average pooling, two linear layers, no bias anywhere.

    Returns
    -------
    nn.Sequential
        Takes raw pixels (N, 1, 28, 28), gives (N, 10); weights sit at indices 0, 3, 6, 10 and 12.
    """
    return nn.Sequential(
        nn.Conv2d(1, 20, 5, bias=False),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Conv2d(20, 32, 5, bias=False),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Conv2d(32, 128, 3, bias=False),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(128, 500, bias=False),
        nn.ReLU(),
        nn.Linear(500, 10, bias=False),
    )
