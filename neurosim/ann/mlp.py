"""The fully connected network of the first conversion studies (Diehl et al. 2015, IJCNN): 784-1200-1200-10.

State-dict names are those of the layers: ``fc1``, ``fc2``, ``fc3``.
"""

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["MLP"]


class MLP(nn.Module):
    """Two hidden layers of 1200 rectified units, without biases, as in the study.

    Takes (N, 1, 28, 28), gives logits (N, 10).
    """

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(784, 1200, bias=False)
        self.fc2 = nn.Linear(1200, 1200, bias=False)
        self.fc3 = nn.Linear(1200, 10, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        logits: torch.Tensor = self.fc3(F.relu(self.fc2(x)))
        return logits
