"""The CIFAR residual networks of He et al. 2016 (arXiv:1512.03385, section 4.2), option-A shortcuts.

State-dict names are those of the weights published at github.com/akamaster/pytorch_resnet_cifar10.
"""

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["CifarResNet"]


class PaddedShortcut(nn.Module):
    """Option A: take every second pixel and pad the new channels with zeros; no parameters.

    Parameters
    ----------
    channels
        Number of channels of the output; a quarter of them is padded on each side.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pad = channels // 4

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad), "constant", 0)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with batch norm, added to a shortcut without parameters.

    Parameters
    ----------
    in_channels, channels
        Channels before and after the block.
    stride
        Of the first convolution; 2 makes the shortcut a `PaddedShortcut`.
    """

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        same = stride == 1 and in_channels == channels
        self.shortcut: nn.Module = nn.Identity() if same else PaddedShortcut(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)


class CifarResNet(nn.Module):
    """ResNet of depth 6n + 2 for 32x32 colour images: 16, 32 and 64 channels, n blocks each.

    Parameters
    ----------
    blocks
        n, the number of blocks a stage: 3, 5, 7, 9 for ResNet-20, -32, -44, -56.
    classes
        Number of outputs.
    """

    def __init__(self, blocks: int, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = _stage(16, 16, blocks, stride=1)
        self.layer2 = _stage(16, 32, blocks, stride=2)
        self.layer3 = _stage(32, 64, blocks, stride=2)
        self.linear = nn.Linear(64, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.layer3(self.layer2(self.layer1(out)))
        out = F.avg_pool2d(out, out.size(3))
        logits: torch.Tensor = self.linear(out.view(out.size(0), -1))
        return logits


def _stage(in_channels: int, channels: int, blocks: int, stride: int) -> nn.Sequential:
    rest = [BasicBlock(channels, channels, 1) for _ in range(blocks - 1)]
    return nn.Sequential(BasicBlock(in_channels, channels, stride), *rest)
