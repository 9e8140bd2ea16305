"""A small network for the 8x8 digits without biases and batch norms, as spiking ones are trained."""

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["DigitsCNN"]


class DigitsCNN(nn.Module):
    """Two 3x3 convolutions with an average between them, and a classifier; 3,088 weights.

    Takes (N, 1, 8, 8), gives logits (N, 10).
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1, bias=False)
        self.pool = nn.AvgPool2d(2)
        self.conv2 = nn.Conv2d(16, 16, 3, bias=False)
        self.drop = nn.Dropout(0.1)
        self.fc = nn.Linear(64, 10, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(F.relu(self.conv1(x)))
        x = self.drop(F.relu(self.conv2(x)))
        logits: torch.Tensor = self.fc(torch.flatten(x, 1))
        return logits
