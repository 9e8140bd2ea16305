"""ResNet-18 and ResNet-34 as they are used for 32x32 images: a 3x3 stem and no pooling behind it.

State-dict names are those of github.com/kuangliu/pytorch-cifar: ``conv1``, ``layer2.0.shortcut.0`` and
``linear``.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from neurosim.ann.digits_resnet import Block

__all__ = ["ResNet32"]


class ResNet32(nn.Module):
    """A 3x3 convolution, four stages of blocks with 64 to 512 channels, average pooling, a classifier.

    Takes (N, 3, 32, 32), gives logits (N, classes).

    Parameters
    ----------
    blocks
        Blocks of each of the four stages.
    classes
        Number of outputs.
    """

    def __init__(self, blocks: Sequence[int], classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = _stage(64, 64, blocks[0], stride=1)
        self.layer2 = _stage(64, 128, blocks[1], stride=2)
        self.layer3 = _stage(128, 256, blocks[2], stride=2)
        self.layer4 = _stage(256, 512, blocks[3], stride=2)
        self.linear = nn.Linear(512, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.layer4(self.layer3(self.layer2(self.layer1(out))))
        logits: torch.Tensor = self.linear(torch.flatten(F.avg_pool2d(out, 4), 1))
        return logits


def _stage(in_channels: int, channels: int, blocks: int, stride: int) -> nn.Sequential:
    rest = [Block(channels, channels) for _ in range(blocks - 1)]
    return nn.Sequential(Block(in_channels, channels, stride), *rest)
