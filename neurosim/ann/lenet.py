"""LeNet-5 (LeCun et al. 1998, Proc. IEEE 86:2278) with rectified units and every map connected to every map.

State-dict names are those of the layers: ``conv1``, ``conv2``, ``fc1``, ``fc2``, ``fc3``.
"""

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["LeNet5"]


class LeNet5(nn.Module):
    """Two 5x5 convolutions, each with 2x2 average pooling, and three linear layers; 61,706 parameters.

    Takes (N, 1, 28, 28), which the first convolution pads to 32x32, gives logits (N, 10).
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.avg_pool2d(F.relu(self.conv1(x)), 2)
        x = F.avg_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        logits: torch.Tensor = self.fc3(F.relu(self.fc2(x)))
        return logits
