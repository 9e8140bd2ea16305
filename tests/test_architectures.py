"""The named architectures: shapes, sizes and weight names are those of the published networks."""

import numpy as np
import pytest
import torch
from torch import nn

from neurosim import ann, conversion
from neurosim.neurons import BMIF

torch.set_num_threads(1)  # the machine runs other things too

PUBLISHED = {
    # torchvision's documentation of its weights, "num_params"
    "vgg11": 132_863_336,
    "vgg11_bn": 132_868_840,
    "vgg13": 133_047_848,
    "vgg13_bn": 133_053_736,
    "vgg16": 138_357_544,
    "vgg16_bn": 138_365_992,
    "vgg19": 143_667_240,
    "vgg19_bn": 143_678_248,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    # LeCun et al. 1998 with all maps connected; HybridSN's paper; DeepHyperX's HamidaEtAl, layer by layer
    "lenet5": 61_706,
    "hybridsn": 5_122_176,
    "hamida": 45_196,
    # He et al. 2016, table 6 (0.27 M to 1.7 M), to the last parameter as akamaster's code counts them
    "resnet20": 269_722,
    "resnet32": 464_154,
    "resnet44": 658_586,
    "resnet56": 853_018,
    "resnet110": 1_727_962,
    # kuangliu's code
    "resnet18_32": 11_173_962,
    "resnet34_32": 21_282_122,
}
MILLIONS = {"vgg11_bn_32": 9.76, "vgg13_bn_32": 9.94, "vgg16_bn_32": 15.25, "vgg19_bn_32": 20.57}
"""As chenyaofo/pytorch-cifar-models lists them."""

NAMES = {
    "vgg16": ("features.28.weight", "classifier.6.bias"),
    "vgg16_bn": ("features.41.running_mean", "classifier.3.weight"),
    "vgg16_bn_32": ("features.40.weight", "classifier.6.weight"),
    "vgg14": ("features.28.weight", "classifier.0.weight"),
    "resnet34": ("bn1.weight", "layer3.5.conv2.weight", "layer4.0.downsample.1.running_var", "fc.bias"),
    "resnet18_32": ("layer4.0.shortcut.0.weight", "layer4.1.bn2.bias", "linear.weight"),
    "resnet110": ("layer1.17.conv2.weight", "linear.bias"),
    "hamida": ("pool1.weight", "conv4.bias", "fc.weight"),
    "lenet5": ("conv1.weight", "fc3.bias"),
}


def hollow(name):
    """A network without weights: it tells shapes, and takes neither time nor memory."""
    with torch.device("meta"):
        return ann.architecture(name).build().eval()


def size(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("name", ann.architectures())
def test_an_architecture_maps_its_input_to_its_classes(name):
    architecture = ann.architecture(name)
    images = torch.empty((2, *architecture.input_shape), device="meta")
    assert hollow(name)(images).shape == (2, len(architecture.classes))
    assert architecture.name == name
    assert architecture.input.normalise(np.zeros((1, *architecture.input_shape))).shape == images[:1].shape


def test_sizes_are_the_published_ones():
    assert {name: size(hollow(name)) for name in PUBLISHED} == PUBLISHED
    assert {name: round(size(hollow(name)) / 1e6, 2) for name in MILLIONS} == MILLIONS


def test_every_name_of_the_list_is_there():
    vgg = {f"vgg{d}{norm}{s}" for d in (11, 13, 14, 16, 19) for norm in ("", "_bn") for s in ("", "_32")}
    scenes = {f"{net}_{v}" for net in ("vgg11", "vgg14") for v in ("base", *(f"as{n}" for n in range(1, 6)))}
    scenes |= {f"resnet18_{variant}" for variant in ("base", "as1", "as2", "as3", "as4")}
    own = {"mlp", "mnist_cnn", "digits_cnn", "digits_resnet", "diehl_mnist", "diehl_fashion", "cifar_vgg"}
    own |= {"cnn_3d", "cnn_32h"}
    assert vgg | scenes | PUBLISHED.keys() | own == {*ann.architectures()}


@pytest.mark.parametrize("name", NAMES)
def test_weights_have_the_published_names(name):
    assert {*NAMES[name]} <= hollow(name).state_dict().keys()


def layers(name):
    kinds = (nn.Conv2d, nn.Linear)
    return [tuple(part.weight.shape[:2]) for part in hollow(name).modules() if isinstance(part, kinds)]


@pytest.mark.parametrize("depth", [20, 32, 44, 56, 110])
def test_cifar_resnets_have_their_depth(depth):
    assert len(layers(f"resnet{depth}")) == depth


def test_nets_for_scenes_are_those_of_the_tables():
    """Eight convolutions and three linear layers, thirteen and one; a variant has one unit more."""
    assert [width for width, _ in layers("vgg11_base")] == [64, 128, 256, 256, *[512] * 4, 4096, 4096, 21]
    widths = [64] * 2 + [128] * 2 + [256] * 3 + [512] * 6
    assert [width for width, _ in layers("vgg14_base")] == [*widths, 21]
    for stage, width in enumerate((64, 128, 256, 512, 512), 1):
        extra = 9 * width * width + 3 * width  # weights, biases, batch norm
        for net in ("vgg11", "vgg14"):
            assert size(hollow(f"{net}_as{stage}")) - size(hollow(f"{net}_base")) == extra
    for stage, width in enumerate((64, 128, 256, 512), 1):
        extra = 2 * (9 * width * width + 2 * width)
        assert size(hollow(f"resnet18_as{stage}")) - size(hollow("resnet18_base")) == extra


SMALL = [name for name in ann.architectures() if size(hollow(name)) < 3e6]
ONE_OF_EACH_LARGE_FAMILY = ["vgg14_bn", "vgg16_32", "resnet18", "resnet18_32", "cnn_32h", "vgg14_as3"]


@pytest.mark.parametrize("name", [*SMALL, *ONE_OF_EACH_LARGE_FAMILY])
def test_weights_come_back_from_their_file(name, tmp_path):
    """Random weights; of the large nets one number a tensor, which the file repeats by a stride of 0."""
    torch.manual_seed(1)
    made = {
        key: torch.rand(tensor.shape if name in SMALL else ()).expand(tensor.shape).to(tensor.dtype)
        for key, tensor in hollow(name).state_dict().items()
    }
    torch.save(made, tmp_path / "w.pt")
    module = ann.load_weights(tmp_path / "w.pt", name)
    assert not module.training
    loaded = module.state_dict()
    assert loaded.keys() == made.keys()
    assert all(torch.equal(loaded[key], made[key]) and loaded[key].is_contiguous() for key in made)


def test_loaded_weights_are_nobody_elses(tmp_path):
    """A file may store one tensor for several names, and in another type."""
    one = torch.zeros(()).double()
    state = {key: one.expand(tensor.shape) for key, tensor in hollow("lenet5").state_dict().items()}
    torch.save(state, tmp_path / "w.pt")
    module = ann.load_weights(tmp_path / "w.pt", "lenet5")
    with torch.no_grad():
        module.conv1.bias[0] = 1
    assert [float(parameter.detach().sum()) for parameter in module.parameters()] == [0, 1] + 8 * [0]
    assert {parameter.dtype for parameter in module.parameters()} == {torch.float32}


@pytest.mark.parametrize("name", ["lenet5", "mlp", "resnet20", "hamida", "cnn_3d"])
def test_they_convert(name):
    """`convert` itself compares the result with the module; here: every ReLU has become a layer."""
    torch.manual_seed(2)
    architecture = ann.architecture(name)
    module = architecture.build().eval()
    images = np.random.default_rng(0).random((1, *architecture.input_shape), dtype=np.float32)
    network = conversion.convert(module, conversion.BMIF(8), images, input=architecture.input)
    rectified = {"lenet5": 4, "mlp": 2, "resnet20": 19, "hamida": 4, "cnn_3d": 6}
    assert network.input.shape == architecture.input_shape
    assert sum(isinstance(layer.neuron, BMIF) for layer in network.layers) == rectified[name]
