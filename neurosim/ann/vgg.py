"""The VGG networks (Simonyan & Zisserman 2015, arXiv:1409.1556, table 1), at 224 and at 32 pixels.

State-dict names are torchvision's: ``features.<index>``, ``classifier.0``, ``.3`` and ``.6``. The weights for
32 pixels published at github.com/chenyaofo/pytorch-cifar-models have the same names and 512 hidden units.
"""

from collections.abc import Sequence

import torch
from torch import nn

__all__ = ["DEPTHS", "VGG", "WIDTHS"]

WIDTHS = (64, 128, 256, 512, 512)
"""Channels of the five stages."""

DEPTHS = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    14: (2, 2, 3, 3, 3),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
"""Layers with weights -> convolutions a stage; VGG14 is VGG16 with one linear layer instead of three."""


class VGG(nn.Module):
    """Five stages of 3x3 convolutions, each ended by 2x2 pooling, and a classifier.

    Takes (N, 3, S, S), gives logits (N, classes).

    Parameters
    ----------
    stages
        Convolutions of each stage.
    size
        S, a multiple of 32.
    hidden
        Units of each of the two hidden linear layers; 0: the classifier is one linear layer.
    classes
        Number of outputs.
    batch_norm
        Whether every convolution is followed by a batch norm.
    pool
        What ends a stage, `nn.MaxPool2d` or `nn.AvgPool2d`.
    """

    def __init__(
        self,
        stages: Sequence[int],
        *,
        size: int,
        hidden: int,
        classes: int,
        batch_norm: bool = False,
        pool: type[nn.Module] = nn.MaxPool2d,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for width, convolutions in zip(WIDTHS, stages, strict=True):
            for _ in range(convolutions):
                norm = [nn.BatchNorm2d(width)] if batch_norm else []
                layers += [nn.Conv2d(before, width, 3, padding=1), *norm, nn.ReLU()]
                before = width
            layers.append(pool(2))
        self.features = nn.Sequential(*layers)
        self.classifier = _classifier(before * (size // 32) ** 2, hidden, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.classifier(torch.flatten(self.features(x), 1))
        return logits


def _classifier(features: int, hidden: int, classes: int) -> nn.Sequential:
    if not hidden:
        return nn.Sequential(nn.Linear(features, classes))
    first = (nn.Linear(features, hidden), nn.ReLU(), nn.Dropout())
    second = (nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout())
    return nn.Sequential(*first, *second, nn.Linear(hidden, classes))
