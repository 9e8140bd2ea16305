"""The networks that are timed, with random weights.

Weights are multiples of 1/256, pixels and thresholds of 1/64, so that sums are exact in single precision and
every engine must count the same spikes, whatever the order of its sums.
"""

import math

import numpy as np

from neurosim import IF, AvgPool, Conv, Identity, Input, Layer, Linear, Network, Projection
from neurosim.ops import Op

__all__ = ["chain", "images", "resnet", "resnet18", "resnet34", "single", "vgg11", "vgg16"]

GRID, FRAME_GRID = 256, 64
VGG11 = (64, "pool", 128, "pool", 256, 256, "pool", 512, 512, "pool", 512, 512, "pool")
VGG16 = (64, 64, "pool", 128, 128, "pool", *(256,) * 3, "pool", *(512,) * 3, "pool", *(512,) * 3, "pool")


class Growing:
    """A network under construction: IF layers with He weights, thresholds still to be set."""

    def __init__(self, shape: tuple[int, ...], seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.layers = [Layer("input", shape, Input())]
        self.projections: list[Projection] = []
        self.shapes = {"input": shape}

    def weight(self, *shape: int) -> np.ndarray:
        he = self.random.standard_normal(shape) * math.sqrt(2 / math.prod(shape[1:]))
        return np.round(he * GRID) / GRID

    def conv(self, source: str, channels: int, kernel: int = 3, stride: int = 1) -> Conv:
        inputs = self.shapes[source][0]
        return Conv(self.weight(channels, inputs, kernel, kernel), stride, kernel // 2)

    def add(self, *sources: tuple[str, tuple[Op, ...]]) -> str:
        """Add a layer that sums what chains of ops bring from their sources; return its name."""
        name = f"layer{len(self.layers)}"
        shape = self.shapes[sources[0][0]]
        for op in sources[0][1]:
            shape = op.output_shape(shape)
        self.shapes[name] = shape
        self.layers.append(Layer(name, shape, IF()))
        self.projections += [Projection(source, name, ops) for source, ops in sources]
        return name

    def network(self) -> Network:
        return Network(self.layers, self.projections)


def images(count: int, shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Return pictures of coarse patches with fine noise on them, in [0, 1], (count, *shape)."""
    random = np.random.default_rng(seed)
    patches = random.random((count, shape[0], *(size // 4 for size in shape[1:]))).repeat(4, 2).repeat(4, 3)
    return np.floor((0.7 * patches + 0.3 * random.random(patches.shape)) * FRAME_GRID) / FRAME_GRID


def vgg11(seed: int = 0) -> Network:
    """Return VGG11 for 3x32x32 pixels, with average pooling."""
    return vgg(VGG11, seed)


def vgg16(seed: int = 0) -> Network:
    """Return VGG16 for 3x32x32 pixels, with average pooling."""
    return vgg(VGG16, seed)


def vgg(plan: tuple[int | str, ...], seed: int) -> Network:
    """Return a VGG network; average pooling belongs to the projection that follows it."""
    net, source, pool = Growing((3, 32, 32), seed), "input", ()
    for item in plan:
        if item == "pool":
            pool = (AvgPool(2),)
        else:
            source, pool = net.add((source, (*pool, net.conv(source, int(item))))), ()
    net.add((source, (*pool, Linear(net.weight(10, net.shapes[source][0])))))
    return net.network()


def resnet18(seed: int = 0) -> Network:
    """Return ResNet18 for 3x32x32 pixels."""
    net = Growing((3, 32, 32), seed)
    return resnet(net, net.add(("input", (net.conv("input", 64),))), (2, 2, 2, 2), ())


def resnet34(seed: int = 0) -> Network:
    """Return ResNet34 for 3x224x224 pixels, with average pooling after its first layer."""
    net = Growing((3, 224, 224), seed)
    stem = net.add(("input", (net.conv("input", 64, kernel=7, stride=2),)))
    return resnet(net, stem, (3, 4, 6, 3), (AvgPool(3, 2, 1),))


def resnet(net: Growing, source: str, blocks: tuple[int, ...], pool: tuple[Op, ...]) -> Network:
    """Grow basic blocks and a readout behind a stem; `pool` stands before the first block."""
    for stage, count in enumerate(blocks):
        for number in range(count):
            source = _block(net, source, 64 * 2**stage, 2 if stage and not number else 1, pool)
            pool = ()
    mean = AvgPool(net.shapes[source][1])
    net.add((source, (mean, Linear(net.weight(10, net.shapes[source][0])))))
    return net.network()


def _block(net: Growing, source: str, channels: int, stride: int, pool: tuple[Op, ...]) -> str:
    inner = net.add((source, (*pool, net.conv(source, channels, stride=stride))))
    same = stride == 1 and net.shapes[source][0] == channels
    shortcut = Identity() if same else net.conv(source, channels, kernel=1, stride=stride)
    return net.add((inner, (net.conv(inner, channels),)), (source, (*pool, shortcut)))


def single(channels: int, size: int, seed: int = 0) -> Network:
    """Return two layers: a source that fires at the rates of its pixels, and a 3x3 convolution of it."""
    net = Growing((channels, size, size), seed)
    source = net.add(("input", (Identity(),)))
    net.add((source, (net.conv(source, channels),)))
    return net.network()


def chain(depth: int, seed: int = 0) -> Network:
    """Return `depth` convolutions of at most ten distinct geometries."""
    net, source = Growing((3, 16, 16), seed), "input"
    for number in range(depth):
        source = net.add((source, (net.conv(source, 8 * (1 + 5 * number // depth)),)))
    return net.network()
