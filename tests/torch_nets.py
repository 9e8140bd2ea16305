"""What the tests of conversion share: small torch networks, and formulas to check them by."""

import numpy as np
import torch
from torch import nn

from neurosim import conversion

torch.set_num_threads(1)  # the machine runs other things too

RECIPE = conversion.BMIF(strength=4)
IMAGES = np.random.default_rng(0).random((5, 2, 4, 4), dtype=np.float32)


class Functional(nn.Module):
    """A network whose forward is a given function of itself and the input."""

    def __init__(self, function, **modules):
        super().__init__()
        torch.manual_seed(0)
        self.function = function
        self.conv = nn.Conv2d(2, 4, 3, padding=1)
        self.fc = nn.Linear(64, 3)
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, x):
        return self.function(self, x)


def network(function, images=IMAGES, **modules):
    return conversion.convert(Functional(function, **modules).eval(), RECIPE, images)


def double(parameter):
    return parameter.detach().double().numpy()


def normalised(channels, seed=0):
    """A batch norm that has seen something."""
    torch.manual_seed(seed)
    norm = nn.BatchNorm2d(channels)
    for tensor in (norm.weight.data, norm.running_var):
        tensor.uniform_(0.5, 2)
    for tensor in (norm.bias.data, norm.running_mean):
        tensor.normal_()
    return norm


def fold(norm):
    """g / sqrt(var + eps), and the shift it leaves."""
    scale = double(norm.weight) / np.sqrt(double(norm.running_var) + norm.eps)
    return scale, double(norm.bias) - double(norm.running_mean) * scale


def thresholds(net):
    return {layer.name: layer.neuron.threshold for layer in net.neurons if layer.neuron.spiking}


def trained(architecture):
    """Random weights, and batch norms with statistics that are not those of the start."""
    torch.manual_seed(6)
    module = architecture.build()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, 0, 0.2)
    return module.eval()
