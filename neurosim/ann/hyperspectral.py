"""Networks for hyperspectral patches: a small 3-D one, and a hybrid of 3-D and 2-D convolutions.

Both are built as published, and as they are adapted for spikes: a rectifier behind every convolution, no
bias. Datta et al. 2021 (HYPER-SNN, arXiv:2107.11979) call the adapted ones CNN-3D and CNN-32H; what exactly
they changed is not public. Axes are (channels, bands, rows, columns). Up to `flatten` no convolution pads
rows and columns, so that `training.OverScene` can run them over a whole scene.
"""

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["CNN3D", "CNN32H"]


class CNN3D(nn.Module):
    """The network of Ben Hamida et al. 2018, IEEE TGRS 56:4420; 45,196 parameters for 200 bands, 16 classes.

    State-dict names, and which layers are rectified, are those of github.com/nshaud/DeepHyperX
    (`HamidaEtAl`): the pools are strided convolutions along the bands, without a rectifier behind them.

    Takes (N, 1, bands, 5, 5), gives logits (N, classes).

    Parameters
    ----------
    bands
        Spectral bands.
    classes
        Number of outputs.
    adapted
        For spikes: pools are rectified too, no layer has a bias (45,000 parameters).
    """

    def __init__(self, bands: int = 200, classes: int = 16, *, adapted: bool = False) -> None:
        super().__init__()
        narrow, halving = (3, 1, 1), (2, 1, 1)
        same, bias = (1, 0, 0), not adapted
        self.conv1 = nn.Conv3d(1, 20, 3, bias=bias)
        self.pool1 = nn.Conv3d(20, 20, narrow, stride=halving, padding=same, bias=bias)
        self.conv2 = nn.Conv3d(20, 35, 3, padding=same, bias=bias)
        self.pool2 = nn.Conv3d(35, 35, narrow, stride=halving, padding=same, bias=bias)
        self.conv3 = nn.Conv3d(35, 35, narrow, padding=same, bias=bias)
        self.conv4 = nn.Conv3d(35, 35, (2, 1, 1), stride=halving, padding=same, bias=bias)
        self.flatten = nn.Flatten()
        twice_halved = ((bands - 1) // 2 + 1) // 2  # conv1 leaves bands - 2
        self.fc = nn.Linear(35 * (twice_halved // 2 + 1), classes, bias=bias)
        self.adapted = adapted

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self._pooled(self.pool1(F.relu(self.conv1(x))))
        x = self._pooled(self.pool2(F.relu(self.conv2(x))))
        x = F.relu(self.conv4(F.relu(self.conv3(x))))
        logits: torch.Tensor = self.fc(self.flatten(x))
        return logits

    def _pooled(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x) if self.adapted else x


class CNN32H(nn.Module):
    """HybridSN (Roy et al. 2020, IEEE GRSL 17:277); 5,122,176 parameters for 30 bands, 16 classes.

    The published weights are Keras's; state-dict names are those of the layers: ``conv3d1`` to ``conv3d3``,
    ``conv2d``, ``fc1`` to ``fc3``.

    Takes (N, 1, bands, 25, 25), the bands being principal components, gives logits (N, classes).

    Parameters
    ----------
    bands
        Principal components, 13 or more.
    classes
        Number of outputs.
    adapted
        For spikes: no layer has a bias (5,121,656 parameters).
    """

    def __init__(self, bands: int = 30, classes: int = 16, *, adapted: bool = False) -> None:
        super().__init__()
        bias = not adapted
        self.conv3d1 = nn.Conv3d(1, 8, (7, 3, 3), bias=bias)
        self.conv3d2 = nn.Conv3d(8, 16, (5, 3, 3), bias=bias)
        self.conv3d3 = nn.Conv3d(16, 32, (3, 3, 3), bias=bias)
        self.conv2d = nn.Conv2d(32 * (bands - 12), 64, 3, bias=bias)
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(64 * 17 * 17, 256, bias=bias)
        self.drop1 = nn.Dropout(0.4)
        self.fc2 = nn.Linear(256, 128, bias=bias)
        self.drop2 = nn.Dropout(0.4)
        self.fc3 = nn.Linear(128, classes, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.conv3d3(F.relu(self.conv3d2(F.relu(self.conv3d1(x))))))
        x = F.relu(self.conv2d(torch.flatten(x, 1, 2)))
        x = self.drop1(F.relu(self.fc1(self.flatten(x))))
        x = self.drop2(F.relu(self.fc2(x)))
        logits: torch.Tensor = self.fc3(x)
        return logits
