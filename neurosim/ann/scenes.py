"""Networks for aerial scenes (Li et al. 2024, Remote Sens. 16:3200): bases, and with a unit to be pruned.

A variant AS<n> has one unit more than its base at the end of stage n: a 3x3 convolution of the stage's
width, or a basic block. No weights are published; state-dict names are those of torchvision's VGG and
ResNet. The paper's tables do not say whether batch norms stand behind the convolutions: they do here, since
its spiking networks come from networks with batch norm. They show no pooling behind ResNet's first layer.
"""

from collections.abc import Sequence

from torch import nn

from neurosim.ann.resnet import BLOCKS, ResNet
from neurosim.ann.vgg import DEPTHS, VGG

__all__ = ["scene_resnet", "scene_vgg"]


def scene_vgg(depth: int, stage: int = 0, classes: int = 21) -> nn.Module:
    """Build VGG11 or VGG14 with average pooling, for (N, 3, 224, 224).

    Parameters
    ----------
    depth
        11, with two hidden linear layers of 4096, or 14, without.
    stage
        1 to 5: which stage has one convolution more; 0: the base.
    classes
        Number of outputs.
    """
    hidden = {11: 4096, 14: 0}[depth]
    stages = _extended(DEPTHS[depth], stage)
    return VGG(stages, size=224, hidden=hidden, classes=classes, batch_norm=True, pool=nn.AvgPool2d)


def scene_resnet(stage: int = 0, classes: int = 21) -> nn.Module:
    """Build ResNet-18 without max pooling, for (N, 3, 224, 224).

    Parameters
    ----------
    stage
        1 to 4: which stage has one block more; 0: the base.
    classes
        Number of outputs.
    """
    return ResNet(_extended(BLOCKS[18], stage), classes, pooled=False)


def _extended(stages: Sequence[int], stage: int) -> list[int]:
    """Return the units of each stage with one more in the given stage, counted from 1."""
    return [units + (number == stage) for number, units in enumerate(stages, 1)]
