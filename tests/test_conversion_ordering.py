"""Conversion of conv-pool-ReLU: the maximum is taken behind the neurons, and says the same."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch_nets import IMAGES, RECIPE, Functional, network, normalised
from torch_spiking import check

from neurosim import conversion
from neurosim.conversion.witness import Witness
from neurosim.errors import Unsupported
from neurosim.neurons import Input

POOL = nn.MaxPool2d(3, 2, 1)
FORMS = {
    "modules": (lambda s, x, pool, relu: relu(pool(s.conv(x)))),
    "batch norm": (lambda s, x, pool, relu: relu(pool(s.norm(s.conv(x))))),
    "dropout": (lambda s, x, pool, relu: relu(pool(s.drop(s.conv(x))))),
}
RELUS = {
    "relu": F.relu,
    "in place": lambda x: F.relu(x, inplace=True),
    "method": lambda x: x.relu(),
    "ceiling": lambda x: F.hardtanh(x, 0, 0.25),
}


def before(form, relu):
    return build(form, lambda x: F.max_pool2d(x, 3, 2, 1), relu)


def behind(form, relu):
    """The same module with its maximum behind the rectifier."""
    return build(form, lambda x: x, lambda x: F.max_pool2d(relu(x), 3, 2, 1))


def build(form, pool, relu):
    modules = {"norm": normalised(4), "drop": nn.Dropout2d(), "small": nn.Linear(16, 3)}
    function = FORMS[form]
    return Functional(lambda s, x: s.small(function(s, x, pool, relu).flatten(1)), **modules).eval()


@pytest.mark.parametrize("relu", RELUS.values(), ids=RELUS)
@pytest.mark.parametrize("form", FORMS)
def test_a_maximum_before_the_relu_is_one_behind_it(form, relu):
    first, second = before(form, relu), behind(form, relu)
    images = torch.tensor(IMAGES)
    assert torch.equal(first(images), second(images))
    net = conversion.convert(first, RECIPE, IMAGES)
    assert net == conversion.convert(second, RECIPE, IMAGES)
    assert [layer.name for layer in net.layers] == ["input", "conv", "max_pool2d", "small"]


def test_its_spikes_are_those_of_the_module_with_the_maximum_behind():
    net = conversion.convert(before("batch norm", F.relu), RECIPE, IMAGES)
    assert check(behind("batch norm", F.relu), net, IMAGES.astype(np.float64)) > 100


def test_modules_in_a_sequence_and_what_they_say():
    """The usual way to write it; activations and the witness speak of the layers that the network has."""
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3)
    ).eval()
    assert len(conversion.convert(module, RECIPE, IMAGES).layers) == 4
    said = conversion.activations(module, IMAGES, dtype=np.float64)
    whole = module.double()(torch.tensor(IMAGES).double())
    np.testing.assert_array_equal(said["4"], whole.detach().numpy())
    assert said["0"].shape == (5, 4, 4, 4)
    pooled = said["0"].reshape(5, 4, 2, 2, 2, 2).max(axis=(3, 5))
    np.testing.assert_array_equal(said["1"], pooled)
    told = Witness(module, (2, 4, 4), Input()).layers(IMAGES)
    np.testing.assert_array_equal(told["0"].activation, said["0"])
    np.testing.assert_array_equal(told["1"].activation, pooled)


@pytest.mark.parametrize(
    "function",
    [
        lambda s, x, z: F.relu(s.pool(z)) + F.max_pool2d(z, 3, 2, 1),
        lambda s, x, z: F.relu(pooled := s.pool(z)) + pooled,
        lambda s, x, z: F.relu(s.pool(z + s.other(x))),
        lambda s, x, z: F.relu(2 * s.pool(z)),
    ],
)
def test_elsewhere_it_stays_refused(function):
    """Where another reads the pixels or the maximum, or the maximum is of something else than weights."""
    with pytest.raises(Unsupported, match="it pools something else than what a ReLU says: put the ReLU"):
        network(lambda s, x: function(s, x, s.conv(x)).flatten(1), other=nn.Conv2d(2, 4, 1), pool=POOL)
