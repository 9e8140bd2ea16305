"""A small VGG-type network for CIFAR-10 with batch norm and average pooling, small enough for one core."""

from torch import nn

__all__ = ["cifar_vgg"]

STAGES = ((32,), (64,), (128, 128), (256,))


def cifar_vgg(classes: int = 10) -> nn.Sequential:
    """Build 32-P-64-P-128-128-P-256-P4-10: 3x3 convolutions without bias, batch norm, ReLU; 24 M products.

    After VGG (Simonyan, Zisserman 2015, arXiv:1409.1556), with the average pooling that a conversion
    carries over exactly.

    Parameters
    ----------
    classes
        Number of outputs.

    Returns
    -------
    nn.Sequential
        Takes normalised pixels (N, 3, 32, 32), gives logits (N, classes).
    """
    modules: list[nn.Module] = []
    channels = 3
    for stage in STAGES:
        for width in stage:
            modules += [
                nn.Conv2d(channels, width, 3, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            ]
            channels = width
        modules.append(nn.AvgPool2d(2 if stage is not STAGES[-1] else 4))
    return nn.Sequential(*modules, nn.Flatten(), nn.Linear(channels, classes))
