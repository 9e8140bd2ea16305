"""A small residual network for the 8x8 digits of scikit-learn: the specimen that ships with neurosim."""

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["DigitsResNet"]


class Block(nn.Module):
    """Two 3x3 convolutions with batch norm and a shortcut: identity, or a 1x1 convolution with batch norm.

    Parameters
    ----------
    in_channels, channels
        Channels before and after the block; where they differ the shortcut has weights.
    stride
        Of the first convolution; where it is not 1 the shortcut has it too, and weights.
    """

    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, channels, 1, stride=stride, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.shortcut(x))


class DigitsResNet(nn.Module):
    """Eleven weighted layers: a stem, two blocks at 8x8, average pooling, two blocks at 4x4, a classifier.

    Takes (N, 1, 8, 8), gives logits (N, 10).
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(Block(16, 16), Block(16, 16))
        self.pool1 = nn.AvgPool2d(2)
        self.layer2 = nn.Sequential(Block(16, 32), Block(32, 32))
        self.pool2 = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(32, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.layer2(self.pool1(self.layer1(out)))
        logits: torch.Tensor = self.linear(torch.flatten(self.pool2(out), 1))
        return logits
